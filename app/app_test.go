package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

const origin = "https://app.example.com"

func settings(t *testing.T, change map[string]string) *config.Config {
	t.Helper()
	valkey := dbtest.ValkeySettings(t)
	environment := map[string]string{
		"APP_ENV":         "development",
		"HTTP_ADDR":       "127.0.0.1:0",
		"SHUTDOWN_DELAY":  "0",
		"DATABASE_URL":    dbtest.URL(t),
		"REDIS_HOST":      valkey.Host,
		"REDIS_PORT":      strconv.Itoa(valkey.Port),
		"REDIS_TLS":       "false",
		"CACHE_PREFIX":    "app-test",
		"AUTH_JWT_SECRET": strings.Repeat("0123456789abcdef", 4),
		"WH_SECRET":       strings.Repeat("0123456789abcdef", 4),
		"CORS_ORIGINS":    origin,
		"LOG_LEVEL":       "error",
	}
	for name, value := range change {
		environment[name] = value
	}
	loaded, err := config.Load(environment)
	require.NoError(t, err)
	return loaded
}

// start runs a server process and returns its address.
func start(t *testing.T, settings *config.Config) string {
	t.Helper()
	var server *httpserver.Server
	process := fx.New(app.Options(settings), fx.Populate(&server))
	require.NoError(t, process.Err())
	require.NoError(t, process.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, process.Stop(context.Background())) })
	return "http://" + server.Addr().String()
}

func TestTheWholeGraphCanBeBuilt(t *testing.T) {
	t.Parallel()
	require.NoError(t, fx.ValidateApp(app.Options(settings(t, nil))))
}

func TestRoutesBesideRPC(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, nil))

	for path, want := range map[string]string{
		"/health": `{"status":"ok","redis":"connected","database":"connected"}`,
		"/ready":  `{"ready":true}`,
	} {
		status, body, _ := call(t, http.MethodGet, base+path, nil, "")
		require.Equal(t, http.StatusOK, status)
		require.JSONEq(t, want, body)
	}

	t.Run("VersionNamesTheBuild", func(t *testing.T) {
		t.Parallel()
		_, body, _ := call(t, http.MethodGet, base+"/version", nil, "")
		var version map[string]string
		require.NoError(t, json.Unmarshal([]byte(body), &version))
		require.NotEmpty(t, version["version"])
		require.NotEmpty(t, version["build"])
	})

	t.Run("MetricsCountCalls", func(t *testing.T) {
		t.Parallel()
		_, _, _ = call(t, http.MethodGet, base+"/auth/me", nil, "")
		_, body, _ := call(t, http.MethodGet, base+"/metrics", nil, "")
		require.Contains(t, body, `chefcloud_rpc_total{code="unauthenticated",procedure="/chefcloud.auth.v1.AuthService/GetMe"}`)
		require.Contains(t, body, "chefcloud_db_pool_max")
	})

	t.Run("PreflightOfConnectWebPasses", func(t *testing.T) {
		t.Parallel()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, base+"/chefcloud.franchise.v1.FranchiseService/GetOverview", nil)
		require.NoError(t, err)
		request.Header.Set("Origin", origin)
		request.Header.Set("Access-Control-Request-Method", "POST")
		request.Header.Set("Access-Control-Request-Headers", "authorization,connect-protocol-version,content-type,idempotency-key")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, origin, response.Header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, strings.ToLower(response.Header.Get("Access-Control-Allow-Headers")), "connect-protocol-version")
	})

	t.Run("BrowsersMayReadTheLimit", func(t *testing.T) {
		t.Parallel()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/auth/me", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		exposed := strings.ToLower(response.Header.Get("Access-Control-Expose-Headers"))
		for _, name := range []string{"RateLimit", "RateLimit-Policy", "Retry-After"} {
			require.Contains(t, strings.Split(strings.ReplaceAll(exposed, " ", ""), ","), strings.ToLower(name))
		}
		require.Equal(t, `"address";q=1200;w=60`, response.Header.Get("RateLimit-Policy"))
	})

	t.Run("ARequestIdComesBack", func(t *testing.T) {
		t.Parallel()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/ready", nil)
		require.NoError(t, err)
		request.Header.Set("X-Request-Id", "till-7")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, "till-7", response.Header.Get("X-Request-Id"))
	})
}

func TestMetricsCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, map[string]string{"ENABLE_METRICS": "false"}))
	status, body, _ := call(t, http.MethodGet, base+"/metrics", nil, "")
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, body, `"not_found"`)
}

func TestBadInputIsAClearErrorAndNeverOurs(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, map[string]string{"HTTP_MAX_BODY_BYTES": "2048"}))
	const login = "/chefcloud.auth.v1.AuthService/Login"
	for name, c := range map[string]struct {
		path, contentType, body string
		status                  int
		says                    string
	}{
		"malformed_json":                 {login, "application/json", `{"email":`, http.StatusBadRequest, "invalid_argument"},
		"malformed_json_over_rest":       {"/auth/login", "application/json", `{"email":`, http.StatusBadRequest, ""},
		"an_unknown_field":               {login, "application/json", `{"emial":"a@b.c"}`, http.StatusBadRequest, "emial"},
		"an_unknown_field_over_rest":     {"/auth/login", "application/json", `{"emial":"a@b.c"}`, http.StatusBadRequest, "emial"},
		"a_missing_field":                {login, "application/json", `{"email":"a@b.c"}`, http.StatusBadRequest, "password"},
		"a_missing_field_over_rest":      {"/auth/login", "application/json", `{"email":"a@b.c"}`, http.StatusBadRequest, "password"},
		"a_wrong_content_type":           {login, "text/xml", `<a/>`, http.StatusUnsupportedMediaType, ""},
		"a_wrong_content_type_over_rest": {"/auth/login", "text/plain", `x`, http.StatusUnsupportedMediaType, `"message":"`},
		"an_oversized_body":              {login, "application/json", `{"email":"` + strings.Repeat("a", 4096) + `"}`, http.StatusRequestEntityTooLarge, "2048"},
		"an_unknown_route":               {"/franchise/nothing", "application/json", `{}`, http.StatusNotFound, "not_found"},
		"no_credentials":                 {"/procurement/purchase-orders/receive", "application/json", `{"poId":"PO","items":[{"itemId":"I","quantity":1}]}`, http.StatusUnauthorized, ""},
		"a_forged_token":                 {"/orders", "application/json", `{}`, http.StatusUnauthorized, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body, _ := call(t, http.MethodPost, base+c.path, strings.NewReader(c.body), c.contentType)
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.says)
		})
	}
}

func TestSpansAreExportedWhenThereIsAnEndpoint(t *testing.T) {
	t.Parallel()
	exported := make(chan string, 16)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { exported <- r.URL.Path }))
	t.Cleanup(collector.Close)
	var server *httpserver.Server
	process := fx.New(app.Options(settings(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL})), fx.Populate(&server))
	require.NoError(t, process.Start(t.Context()))
	_, _, _ = call(t, http.MethodGet, "http://"+server.Addr().String()+"/auth/me", nil, "")
	require.NoError(t, process.Stop(t.Context())) // sends what is left
	require.Equal(t, "/v1/traces", <-exported)
}

func TestAnUnknownParameterIsAClearError(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, nil))
	for path, says := range map[string]string{
		"/franchise/overview?rnge=today":   "rnge",
		"/orders?pageSize=many":            "page_size",
		"/inventory/items?page_size=1&x=1": "x",
	} {
		status, body, _ := call(t, http.MethodGet, base+path, nil, "")
		require.Equal(t, http.StatusBadRequest, status, body)
		require.Contains(t, body, says)
		require.True(t, json.Valid([]byte(body)), body)
	}
}

func TestReadyTurnsFalseAndTheProcessEndsWhenItIsTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	configured := settings(t, nil)
	go func() { ended <- app.Serve(ctx, configured) }()
	stop()
	require.NoError(t, <-ended)
}

func TestAnAddressThatIsTakenFailsTheStart(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, nil))
	err := app.Serve(t.Context(), settings(t, map[string]string{"HTTP_ADDR": strings.TrimPrefix(base, "http://")}))
	require.ErrorContains(t, err, "HTTP_ADDR")
}

func TestTheServiceStaysUpWithoutValkey(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, map[string]string{"REDIS_PORT": "1"}))
	status, body, _ := call(t, http.MethodGet, base+"/health", nil, "")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status":"degraded","redis":"disconnected","database":"connected"}`, body)
}

func TestHealthIsDownWithoutPostgreSQL(t *testing.T) {
	t.Parallel()
	base := start(t, settings(t, map[string]string{"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none?sslmode=disable&connect_timeout=1"}))
	status, body, _ := call(t, http.MethodGet, base+"/health", nil, "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, `"database":"disconnected"`)
	status, body, _ = call(t, http.MethodPost, base+"/auth/login", strings.NewReader(`{"email":"a@b.c","password":"x"}`), "application/json")
	require.Equal(t, http.StatusServiceUnavailable, status, body)
	require.NotContains(t, body, "127.0.0.1")
}

func call(t *testing.T, method, url string, body io.Reader, contentType string) (status int, answer string, header http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var read bytes.Buffer
	_, err = read.ReadFrom(response.Body)
	require.NoError(t, err)
	return response.StatusCode, read.String(), response.Header
}
