package observability_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/observability"
)

// logged returns the lines that write leaves in LOG_FILE.
func logged(t *testing.T, settings config.Observability, write func(t *testing.T, settings config.Observability)) []string {
	t.Helper()
	settings.LogFile = filepath.Join(t.TempDir(), "app.log")
	write(t, settings)
	content, err := os.ReadFile(settings.LogFile)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

func everyLevel(t *testing.T, settings config.Observability) {
	t.Helper()
	log, file, err := observability.NewLogger(settings)
	require.NoError(t, err)
	log.Debug().Str("query", "OrderGet").Float64("db_query_ms", 1.25).Msg("statement")
	log.Info().Str("order_id", "ord_1").Msg("order closed")
	log.Warn().Msg("cache is away")
	log.Error().Msg("call failed")
	require.NoError(t, file.Close())
}

func TestLog(t *testing.T) {
	t.Parallel()

	t.Run("JSONIsOneDocumentALine", func(t *testing.T) {
		t.Parallel()
		lines := logged(t, config.Observability{LogFormat: "json", LogLevel: "info"}, everyLevel)
		require.Len(t, lines, 3)
		var first map[string]string
		require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
		at, err := time.Parse("2006-01-02T15:04:05.000Z", first["time"])
		require.NoError(t, err, "times are UTC, in milliseconds")
		require.WithinDuration(t, time.Now(), at, time.Minute)
		delete(first, "time")
		require.Equal(t, map[string]string{"level": "info", "message": "order closed", "order_id": "ord_1"}, first)
	})

	t.Run("ConsoleAnswersTheOperatorsSearches", func(t *testing.T) {
		t.Parallel()
		lines := logged(t, config.Observability{LogFormat: "console", LogLevel: "debug"}, everyLevel)
		require.Len(t, lines, 4)
		const at = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z `
		require.Regexp(t, at+`DEBUG statement db_query_ms=1\.25 query=OrderGet$`, lines[0])
		// grep db_query_ms | awk -F'[=]' '{print $2}' | sort -n
		require.True(t, strings.HasPrefix(strings.Split(lines[0], "=")[1], "1.25 "))
		require.Regexp(t, at+`INFO order closed order_id=ord_1$`, lines[1])
		require.Regexp(t, at+`WARN cache is away$`, lines[2])
		require.Regexp(t, at+`ERROR call failed$`, lines[3]) // grep -E "(ERROR|FATAL|cache_bust)"
	})

	t.Run("LevelsBelowTheSettingAreLeftOut", func(t *testing.T) {
		t.Parallel()
		lines := logged(t, config.Observability{LogFormat: "console", LogLevel: "error"}, everyLevel)
		require.Len(t, lines, 1)
		require.Contains(t, lines[0], "ERROR call failed")
	})

	t.Run("ARestartAppends", func(t *testing.T) {
		t.Parallel()
		lines := logged(t, config.Observability{LogFormat: "json", LogLevel: "error"}, func(t *testing.T, settings config.Observability) {
			t.Helper()
			everyLevel(t, settings)
			everyLevel(t, settings)
		})
		require.Len(t, lines, 2)
	})

	t.Run("AFileThatCannotBeOpenedIsNamedByItsVariable", func(t *testing.T) {
		t.Parallel()
		missing := filepath.Join(t.TempDir(), "nowhere", "app.log")
		_, _, err := observability.NewLogger(config.Observability{LogFile: missing, LogLevel: "info"})
		require.ErrorContains(t, err, "LOG_FILE")
		_, err = observability.NewAccessLog(config.Observability{AccessLogFile: missing})
		require.ErrorContains(t, err, "ACCESS_LOG_FILE")
	})
}

func TestAccessLogIsOffWithoutAFile(t *testing.T) {
	t.Parallel()
	access, err := observability.NewAccessLog(config.Observability{})
	require.NoError(t, err)
	require.False(t, access.Enabled())
	require.NoError(t, access.Close())
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given string
		kept  bool
	}{
		"a_sane_one":     {"till-7:0001", true},
		"the_longest":    {strings.Repeat("r", 128), true},
		"none":           {"", false},
		"too_long":       {strings.Repeat("r", 129), false},
		"a_line_break":   {"a\nb", false},
		"a_space":        {"a b", false},
		"no_plain_ascii": {"é", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, id := observability.WithRequestID(t.Context(), c.given)
			require.Equal(t, id, observability.RequestID(ctx))
			if c.kept {
				require.Equal(t, c.given, id)
				return
			}
			require.Regexp(t, `^req_[A-Za-z0-9]+$`, id)
		})
	}
	require.Empty(t, observability.RequestID(t.Context()))
}

func TestMetricsNameTheBuild(t *testing.T) {
	t.Parallel()
	registry := observability.NewRegistry(observability.Build{Revision: "abc", Version: "1.2.0"})
	w := httptest.NewRecorder()
	observability.MetricsHandler(registry).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), `chefcloud_build_info{build="abc",version="1.2.0"} 1`)
}

func TestTracingIsOff(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]config.Observability{
		"without_an_endpoint":      {Tracing: true},
		"when_it_is_not_asked_for": {OTLPEndpoint: "http://collector:4318"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tracing, err := observability.NewTracing(t.Context(), settings, observability.Build{})
			require.NoError(t, err)
			require.False(t, tracing.Enabled())
			require.Nil(t, tracing.Interceptor)
			require.NoError(t, tracing.Close(t.Context()))
		})
	}
}
