package httpserver_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"connectrpc.com/connect"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/observability"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

// health is what a dependency says of itself.
type health struct{ err error }

// Healthy implements [httpserver.Checker].
func (h health) Healthy(context.Context) error { return h.err }

// menu takes any dish.
type menu struct {
	menuv1connect.UnimplementedMenuServiceHandler
}

// UpsertMenuItem implements [menuv1connect.MenuServiceHandler].
func (menu) UpsertMenuItem(_ context.Context, req *menuv1.UpsertMenuItemRequest) (*menuv1.UpsertMenuItemResponse, error) {
	return &menuv1.UpsertMenuItemResponse{MenuItem: req.GetMenuItem()}, nil
}

// plain keeps no encodings.
type plain struct{}

// Encoded implements [rpc.Encodings].
func (plain) Encoded(any, string, func() ([]byte, error)) ([]byte, bool, error) {
	return nil, false, nil
}

// mount serves the menu without interceptors, and beside it handlers that fail.
func mount(next http.Handler) (http.Handler, error) {
	services := []rpc.Service{{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(menu{}, options...)
		},
	}}
	rpcs, err := rpc.Mount(services, rpc.Codecs(plain{}), next)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", rpcs)
	mux.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic("hunter2") })
	mux.HandleFunc("GET /busy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	return mux, nil
}

// routes are the routes of a process that is well; change may say otherwise.
func routes(t *testing.T, change func(*httpserver.Routes)) http.Handler {
	t.Helper()
	access, err := observability.NewAccessLog(config.Observability{})
	require.NoError(t, err)
	r := httpserver.Routes{
		Access:    access,
		Build:     observability.Build{Revision: "abc", Version: "1.2.0"},
		Dashboard: httpserver.Dashboard(fstest.MapFS{"index.html": {Data: []byte("<title>ChefCloud</title>")}}, true),
		Database:  health{},
		HTTP:      config.HTTP{MaxBodyBytes: 1024},
		Log:       zerolog.Nop(),
		Ready:     &httpserver.Readiness{},
		Services:  []string{menuv1connect.MenuServiceName},
		Valkey:    health{},
	}
	if change != nil {
		change(&r)
	}
	handler, err := r.Handler(mount)
	require.NoError(t, err)
	return handler
}

func TestHealth(t *testing.T) {
	t.Parallel()
	away := health{errors.New("dial tcp 10.1.2.3:5432: connection refused")}
	for name, c := range map[string]struct {
		database, valkey health
		status           int
		want             string
	}{
		"all_is_well":       {health{}, health{}, http.StatusOK, `{"status":"ok","redis":"connected","database":"connected"}`},
		"without_valkey":    {health{}, away, http.StatusOK, `{"status":"degraded","redis":"disconnected","database":"connected"}`},
		"without_postgres":  {away, health{}, http.StatusServiceUnavailable, `{"status":"down","redis":"connected","database":"disconnected"}`},
		"without_any_of_it": {away, away, http.StatusServiceUnavailable, `{"status":"down","redis":"disconnected","database":"disconnected"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := routes(t, func(r *httpserver.Routes) { r.Database, r.Valkey = c.database, c.valkey })
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
			require.Equal(t, c.status, w.Code)
			require.JSONEq(t, c.want, w.Body.String())
		})
	}
}

// TestABodyIsMeasuredUnpacked sends what is small only as long as it is packed.
func TestABodyIsMeasuredUnpacked(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(routes(t, nil))
	t.Cleanup(server.Close)
	send := func(path string, body []byte) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, bytes.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Content-Encoding", "gzip")
		response, err := server.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	pack := func(size int) []byte {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write([]byte(`{"menuItem":{"name":"` + strings.Repeat("a", size) + `"}}`))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return packed.Bytes()
	}
	for _, path := range []string{"/menu/items", menuv1connect.MenuServiceUpsertMenuItemProcedure} {
		require.Less(t, len(pack(100_000)), 1024)
		require.Equal(t, http.StatusRequestEntityTooLarge, send(path, pack(100_000)), path)
		require.NotEqual(t, http.StatusRequestEntityTooLarge, send(path, pack(100)), path)
		require.Equal(t, http.StatusBadRequest, send(path, []byte("not gzip")), path)
	}
}

func TestBodiesAreLimited(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(routes(t, nil))
	t.Cleanup(server.Close)
	send := func(t *testing.T, path string, size int, declared bool) (int, string) {
		t.Helper()
		var body io.Reader = strings.NewReader(`{"menuItem":{"name":"` + strings.Repeat("a", size) + `"}}`)
		if !declared {
			body = io.MultiReader(body) // hides its length, so that it goes out in chunks
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, body)
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(answer)
	}
	for name, path := range map[string]string{"RPC": menuv1connect.MenuServiceUpsertMenuItemProcedure, "REST": "/menu/items"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, _ := send(t, path, 512, false)
			require.Equal(t, http.StatusOK, status)
			status, answer := send(t, path, 2048, true)
			require.Equal(t, http.StatusRequestEntityTooLarge, status)
			require.Contains(t, answer, "at most 1024 bytes")
			status, answer = send(t, path, 2048, false)
			require.Equal(t, http.StatusTooManyRequests, status, answer) // Connect's status of resource_exhausted
			require.True(t, json.Valid([]byte(answer)), answer)
		})
	}
}

func TestAPanicOutsideOfRPCIsAJSONError(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	handler := routes(t, func(r *httpserver.Routes) { r.Log = zerolog.New(&log) })
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/panics", nil)
	r.Header.Set(observability.RequestIDHeader, "till-7")
	handler.ServeHTTP(w, r)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.JSONEq(t, `{"code":"internal","message":"internal error"}`, w.Body.String())
	require.Contains(t, log.String(), "hunter2")
	require.Contains(t, log.String(), `"request_id":"till-7"`)
}

// The searches of section 5.4 of the operators' checklist, as grep and awk read them.
func TestTheAccessLogAnswersTheOperatorsSearches(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.log")
	access, err := observability.NewAccessLog(config.Observability{AccessLogFile: path})
	require.NoError(t, err)
	handler := routes(t, func(r *httpserver.Routes) { r.Access = access })
	for _, target := range []string{
		"GET /version", "GET /nothing?token=hidden", "GET /busy", "GET /panics", "POST /webhooks/billing?token=hidden", "GET /stream/kpis", "GET /with%20space",
	} {
		method, url, _ := strings.Cut(target, " ")
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, url, nil))
	}
	require.NoError(t, access.Close())

	search := func(pattern string) (paths []string) {
		content, err := os.Open(path)
		require.NoError(t, err)
		defer content.Close() //nolint:errcheck // read to its end
		lines := bufio.NewScanner(content)
		for lines.Scan() {
			require.NotContains(t, lines.Text(), "hidden", "queries can carry secrets")
			if regexp.MustCompile(pattern).MatchString(lines.Text()) {
				paths = append(paths, strings.Fields(lines.Text())[6]) // awk '{print $7}'
			}
		}
		require.NoError(t, lines.Err())
		return paths
	}
	require.Equal(t, []string{"/busy", "/panics"}, search(`HTTP/[0-9.]+ 5[0-9]{2}`))
	require.Equal(t, []string{"/nothing", "/webhooks/billing", "/stream/kpis", "/with%20space"}, search(`HTTP/[0-9.]+ 4[0-9]{2}`))
	require.Equal(t, []string{"/webhooks/billing"}, search(`POST /webhooks.*HTTP/[0-9.]+ [45][0-9]{2}`))
	require.Equal(t, []string{"/stream/kpis"}, search(`GET /stream.*HTTP/[0-9.]+ [45][0-9]{2}`))
	require.Len(t, search(`^192\.0\.2\.1 - - \[.+\] (GET|POST) \S+ HTTP/1\.1 \d{3} \d+ \S+ req_\S+$`), 7)
}

func TestTheAccessLogHoldsTheAddressBehindTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ trusted, want string }{
		"spoofed":        {"", "192.0.2.1"}, // as httptest calls its clients
		"behind_a_proxy": {"192.0.2.0/24", "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "access.log")
			access, err := observability.NewAccessLog(config.Observability{AccessLogFile: path})
			require.NoError(t, err)
			settings, err := config.Load(map[string]string{
				"APP_ENV": "development", "AUTH_JWT_SECRET": strings.Repeat("s", 32), "DATABASE_URL": "postgres://db/chefcloud",
				"HTTP_TRUSTED_PROXIES": c.trusted, "WH_SECRET": strings.Repeat("s", 32),
			})
			require.NoError(t, err)
			handler := routes(t, func(r *httpserver.Routes) { r.Access, r.HTTP = access, settings.HTTP })
			r := httptest.NewRequest(http.MethodGet, "/version", nil)
			r.Header.Set("X-Forwarded-For", "203.0.113.7")
			handler.ServeHTTP(httptest.NewRecorder(), r)
			require.NoError(t, access.Close())
			line, err := os.ReadFile(path)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(string(line), c.want+" - - ["), string(line))
		})
	}
}

func TestReadyTurnsFalseWhileACallIsStillInFlight(t *testing.T) {
	t.Parallel()
	ready := &httpserver.Readiness{}
	arrived, release := make(chan struct{}), make(chan struct{})
	all := routes(t, func(r *httpserver.Routes) { r.Ready = ready })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-release
		}
		all.ServeHTTP(w, r)
	})
	isReady := func() int {
		w := httptest.NewRecorder()
		all.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/ready", nil))
		return w.Code
	}
	server := httpserver.New(config.HTTP{Addr: "127.0.0.1:0", ShutdownTimeout: 10}, handler, ready, zerolog.Nop())
	require.Equal(t, http.StatusServiceUnavailable, isReady(), "before the start")
	require.NoError(t, server.Start(t.Context()))
	require.Equal(t, http.StatusOK, isReady())
	address := server.Addr().String()
	answered := make(chan error, 1)
	go func() {
		response, err := http.Get("http://" + address + "/slow")
		if err == nil {
			err = response.Body.Close()
		}
		answered <- err
	}()
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- server.Stop(context.Background()) }()
	require.NoError(t, <-server.Served())
	require.Equal(t, http.StatusServiceUnavailable, isReady())
	_, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.Error(t, err, "no new connection is taken")
	close(release)
	require.NoError(t, <-answered)
	require.NoError(t, <-stopped)
}

func TestStopCutsOffWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})
	server := httpserver.New(config.HTTP{Addr: "127.0.0.1:0", ShutdownTimeout: 1}, handler, &httpserver.Readiness{}, zerolog.Nop())
	require.NoError(t, server.Start(t.Context()))
	answered := make(chan error, 1)
	go func() {
		response, err := http.Get("http://" + server.Addr().String() + "/")
		if err == nil {
			err = response.Body.Close()
		}
		answered <- err
	}()
	<-arrived
	require.NoError(t, server.Stop(t.Context()))
	require.Error(t, <-answered)
}
