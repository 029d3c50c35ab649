package httpserver

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/observability"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		remote, forwarded, want string
	}{
		"a_stranger_is_not_believed":          {"203.0.113.7:1", "198.51.100.1", "203.0.113.7"},
		"a_proxy_is_believed":                 {"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		"what_the_client_wrote_itself_is_not": {"10.0.0.1:1", "127.0.0.1, 198.51.100.1", "198.51.100.1"},
		"proxies_in_a_row_are_passed":         {"10.0.0.1:1", "198.51.100.1, 10.0.0.2", "198.51.100.1"},
		"a_zone_is_dropped":                   {"10.0.0.1:1", "fe80::1%eth0 - [x] GET / HTTP/1.1 500", "fe80::1"},
		"nonsense_ends_the_walk":              {"10.0.0.1:1", "198.51.100.1, x", "10.0.0.1"},
		"ipv4_in_ipv6_is_ipv4":                {"[::ffff:203.0.113.7]:1", "", "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.remote
			r.Header.Set("X-Forwarded-For", c.forwarded)
			require.Equal(t, c.want, proxies.clientAddress(r))
		})
	}
}

func TestAccessLogAnswersTheOperatorsSearches(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.log")
	access, err := observability.NewAccessLog(config.Observability{AccessLogFile: path})
	require.NoError(t, err)
	handler := identify(zerolog.Nop(), access, nil, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/webhooks/billing?token=hidden", nil))
	require.NoError(t, access.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	line := string(content)
	require.Regexp(t, `HTTP/[0-9.]+ 5[0-9]{2}`, line)
	require.Regexp(t, `POST /webhooks.*HTTP/[0-9.]+ [45][0-9]{2}`, line)
	require.Equal(t, "/webhooks/billing", strings.Fields(line)[6], "field 7 is the path")
	require.NotContains(t, line, "hidden")
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"index.html": {Data: []byte("<title>ChefCloud</title>")}, "assets/a.js": {Data: []byte("1")}}
	handler := Dashboard(files, true)
	for name, c := range map[string]struct {
		path, accept string
		status       int
		says         string
	}{
		"the_index":                     {"/", "", http.StatusOK, "ChefCloud"},
		"a_file":                        {"/assets/a.js", "", http.StatusOK, "1"},
		"a_link_into_it":                {"/rankings", "text/html", http.StatusOK, "ChefCloud"},
		"what_no_browser_asks_for":      {"/franchise/nothing", "application/json", http.StatusNotFound, "not_found"},
		"nothing_outside_of_the_folder": {"/../../etc/passwd", "", http.StatusNotFound, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
			r.URL.Path = c.path
			r.Header.Set("Accept", c.accept)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			require.Equal(t, c.status, w.Code)
			require.Contains(t, w.Body.String(), c.says)
		})
	}
	w := httptest.NewRecorder()
	Dashboard(fstest.MapFS{}, false).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Contains(t, w.Body.String(), "task web:build")
}

func TestAPanicIsAnInternalError(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	recoverPanics(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "secret")
}

func TestStopLetsACallFinish(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	ready := &Readiness{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", ready.serveReady)
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = io.WriteString(w, "done")
	})
	server := New(config.HTTP{Addr: "127.0.0.1:0", ShutdownTimeout: 10}, mux, ready, zerolog.Nop())
	require.NoError(t, server.Start(t.Context()))
	answers := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + server.Addr().String() + "/slow")
		if err != nil {
			answers <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answers <- string(body)
	}()
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop(context.Background()) }()
	require.NoError(t, <-server.Served(), "no new connection is taken")
	require.False(t, ready.ready.Load())
	close(release)
	require.Equal(t, "done", <-answers)
	require.NoError(t, <-stopped)
}
