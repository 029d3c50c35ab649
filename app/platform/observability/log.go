package observability

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

const logFileMode = 0o640

// levels are the words that operators search console logs for.
var levels = map[string]string{
	zerolog.LevelDebugValue: "DEBUG",
	zerolog.LevelErrorValue: "ERROR",
	zerolog.LevelFatalValue: "FATAL",
	zerolog.LevelInfoValue:  "INFO",
	zerolog.LevelPanicValue: "FATAL",
	zerolog.LevelTraceValue: "TRACE",
	zerolog.LevelWarnValue:  "WARN",
}

// zerolog keeps the form of times in globals, which must not change while anything logs.
func init() {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
}

// NewLogger returns the logger of the settings and what closes its file.
func NewLogger(settings config.Observability) (zerolog.Logger, io.Closer, error) {
	out, err := open(settings.LogFile, os.Stderr)
	if err != nil {
		return zerolog.Nop(), nil, fmt.Errorf("open LOG_FILE: %w", err)
	}
	level, err := zerolog.ParseLevel(settings.LogLevel)
	if err != nil {
		return zerolog.Nop(), nil, fmt.Errorf("parse LOG_LEVEL: %w", err)
	}
	var format io.Writer = out
	if settings.LogFormat == "console" {
		format = console(out)
	}
	return zerolog.New(format).Level(level).With().Timestamp().Logger(), out, nil
}

// console writes lines such as `2024-11-08T09:00:00.000Z INFO order closed order_id=ord_1`.
func console(out io.Writer) zerolog.ConsoleWriter {
	return zerolog.ConsoleWriter{
		Out: out, NoColor: true, TimeFormat: zerolog.TimeFieldFormat,
		FormatLevel: func(level any) string {
			if word, ok := levels[fmt.Sprint(level)]; ok {
				return word
			}
			return strings.ToUpper(fmt.Sprint(level))
		},
		FormatTimestamp: func(at any) string { return fmt.Sprint(at) },
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func open(path string, otherwise io.Writer) (io.WriteCloser, error) {
	if path == "" {
		return nopCloser{otherwise}, nil
	}
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, logFileMode)
}
