package observability

import (
	"fmt"
	"io"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

// AccessLog writes a line for each request:
//
//	203.0.113.7 - - [08/Nov/2024:09:00:00 +0000] GET /franchise/overview HTTP/1.1 200 2410 3.1ms req_01…
//
// The request stands unquoted, so that path is field 7 and `HTTP/1.1 5..` can be searched for.
type AccessLog struct{ out io.WriteCloser }

// NewAccessLog opens ACCESS_LOG_FILE; without one, access lines are dropped, since calls are counted by metrics.
func NewAccessLog(settings config.Observability) (*AccessLog, error) {
	out, err := open(settings.AccessLogFile, io.Discard)
	if err != nil {
		return nil, fmt.Errorf("open ACCESS_LOG_FILE: %w", err)
	}
	return &AccessLog{out: out}, nil
}

// Close closes the file.
func (l *AccessLog) Close() error { return l.out.Close() }

// Enabled reports whether lines go anywhere.
func (l *AccessLog) Enabled() bool {
	discard, ok := l.out.(nopCloser)
	return !ok || discard.Writer != io.Discard
}

// Access is a request that was answered.
type Access struct {
	Address   string
	Bytes     int64
	Method    string
	Path      string // without the query, which can carry what nobody should read in a log
	Proto     string
	RequestID string
	Start     time.Time
	Status    int
}

// Write writes the line of a request.
func (l *AccessLog) Write(a Access) {
	_, _ = fmt.Fprintf(l.out, "%s - - [%s] %s %s %s %d %d %s %s\n", a.Address, a.Start.UTC().Format("02/Jan/2006:15:04:05 -0700"),
		a.Method, a.Path, a.Proto, a.Status, a.Bytes, time.Since(a.Start).Round(10*time.Microsecond), a.RequestID)
}
