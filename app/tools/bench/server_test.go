package bench_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
)

// unlimited is a limit that no benchmark reaches: calls are counted as ever, and none is refused.
const unlimited = "1000000000"

// serve runs the whole product on a database until the benchmark ends, and returns its address.
func serve(b *testing.B, databaseURL string, change map[string]string, options ...fx.Option) (address string) {
	b.Helper()
	valkey := dbtest.ValkeySettings(b)
	secret := strings.Repeat("0123456789abcdef", 4)
	environment := map[string]string{
		"APP_ENV":              "development",
		"AUTH_JWT_SECRET":      secret,
		"CACHE_PREFIX":         rand.Text(),
		"DATABASE_URL":         databaseURL,
		"DB_POOL_MAX":          "16",
		"HTTP_ADDR":            "127.0.0.1:0",
		"INGEST_LIMIT_PER_MIN": unlimited,
		"LOG_LEVEL":            "error",
		"PLAN_LIMIT_ENT":       unlimited,
		"REDIS_HOST":           valkey.Host,
		"REDIS_PORT":           strconv.Itoa(valkey.Port),
		"REDIS_TLS":            "false",
		"WH_SECRET":            secret,
	}
	for name, value := range change {
		environment[name] = value
	}
	settings, err := config.Load(environment)
	require.NoError(b, err)
	var server *httpserver.Server
	process := fx.New(app.Options(settings), fx.Options(options...), fx.Populate(&server))
	require.NoError(b, process.Start(b.Context()))
	b.Cleanup(func() { require.NoError(b, process.Stop(context.Background())) })
	return server.Addr().String()
}

// signIn returns an access token.
func signIn(b *testing.B, address, email, password string) string {
	b.Helper()
	signedIn, err := authv1connect.NewAuthServiceClient(http.DefaultClient, "http://"+address).
		Login(b.Context(), &authv1.LoginRequest{Email: email, Password: password})
	require.NoError(b, err)
	return signedIn.GetAccessToken()
}

// bearer adds an access token to requests.
type bearer struct {
	token string
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+t.token)
	return t.next.RoundTrip(r)
}

// clientOf returns a client of one address whose connections stay open.
func clientOf(b *testing.B, token string, connections int) *http.Client {
	b.Helper()
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: connections}
	b.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: bearer{token, transport}}
}
