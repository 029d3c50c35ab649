package stream

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app"
	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/kpi"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

const (
	// unlimited is a limit that no benchmark reaches: it is counted as ever, and nothing is refused.
	unlimited     = "1000000000"
	ownerPassword = "correct horse battery staple"
)

func orgID(i int) string { return fmt.Sprintf("ORG_%d", i) }

// environment are the settings of the product on a database.
func environment(b *testing.B, databaseURL string) []string {
	b.Helper()
	valkey := dbtest.ValkeySettings(b)
	secret := strings.Repeat("0123456789abcdef", 4)
	return []string{
		"APP_ENV=development", "LOG_LEVEL=error", "HTTP_ADDR=127.0.0.1:0", "SHUTDOWN_DELAY=0", "REDIS_TLS=false",
		"AUTH_JWT_SECRET=" + secret, "WH_SECRET=" + secret, "DATABASE_URL=" + databaseURL, "DB_POOL_MAX=16",
		"REDIS_HOST=" + valkey.Host, "REDIS_PORT=" + strconv.Itoa(valkey.Port), "CACHE_PREFIX=" + rand.Text(),
		"PLAN_LIMIT_ENT=" + unlimited, "SSE_CONCURRENCY_PER_USER=" + unlimited, "SSE_RATE_LIMIT_PER_MIN=" + unlimited,
	}
}

// found makes the organisations, and returns their owners.
func found(b *testing.B, db *postgres.DB) []caller.Caller {
	b.Helper()
	cheap := password.Recommended() // the benchmark isn't of passwords
	cheap.Memory, cheap.Iterations = 64, 1
	hasher, err := password.NewHasher(cheap, 1)
	require.NoError(b, err)
	owners := make([]caller.Caller, *organisations)
	for i := range owners {
		owner, err := auth.CreateOrganisation(b.Context(), db, hasher, clock.System, auth.NewOrganisation{
			Currency: "UGX", ID: orgID(i), Name: orgID(i), OwnerEmail: orgID(i) + "@example.com", OwnerPassword: ownerPassword, Plan: "ENT",
		})
		require.NoError(b, err)
		owners[i] = caller.Caller{Kind: caller.KindUser, OrgID: owner.OrgID, Role: caller.RoleOwner, UserID: owner.ID}
	}
	return owners
}

// signIn returns an access token of each organisation's owner.
func signIn(b *testing.B, s *server) []string {
	b.Helper()
	tokens := make([]string, *organisations)
	client := authv1connect.NewAuthServiceClient(http.DefaultClient, "http://"+s.address)
	for i := range tokens {
		in, err := client.Login(b.Context(), &authv1.LoginRequest{Email: orgID(i) + "@example.com", Password: ownerPassword})
		require.NoError(b, err)
		tokens[i] = in.GetAccessToken()
	}
	return tokens
}

// targetOf returns where the product streams an organisation's figures, with the rest of the request's head.
func targetOf(organisation int, token string) string {
	return fmt.Sprintf("%s?orgId=%s HTTP/1.1\r\nAuthorization: Bearer %s", kpi.Path, orgID(organisation), token)
}

// serveProduct is the whole product.
func serveProduct(ctx context.Context) (served, error) { return run(ctx) }

// serveHub is the whole product, whose live figures come from here.
func serveHub(ctx context.Context) (served, error) {
	f := &figures{}
	s, err := run(ctx, fx.Decorate(func(settings *config.Config, streams *auth.Streams, log zerolog.Logger) *kpi.Broker {
		return kpi.NewBroker(kpi.Dependencies{
			Access: streams, Changes: f, Heartbeat: settings.SSE.HeartbeatInterval.Duration(), Interval: time.Nanosecond, Log: log,
			Registerer: prometheus.NewRegistry(), Source: f, WriteTimeout: kpi.WriteTimeout,
		})
	}))
	s.publish = f.publish
	return s, err
}

func run(ctx context.Context, options ...fx.Option) (served, error) {
	settings, err := config.Load(env.ToMap(os.Environ()))
	if err != nil {
		return served{}, err
	}
	var listening *httpserver.Server
	process := fx.New(app.Options(settings), fx.Options(options...), fx.Populate(&listening))
	if err := process.Start(ctx); err != nil {
		return served{}, err
	}
	return served{address: listening.Addr().String()}, nil
}

// figures are all organisations' live figures. They tell and show the hubs what was published.
type figures struct {
	revenue atomic.Int64

	mu    sync.Mutex
	heard []func(cache.Change)
}

func (f *figures) publish(revenue int64) {
	f.revenue.Store(revenue)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, heard := range f.heard {
		heard(cache.Replaced)
	}
}

// Current implements the broker's source.
func (f *figures) Current(_ context.Context, _, stamp string) bool {
	return stamp == strconv.FormatInt(f.revenue.Load(), 10)
}

// Read implements the broker's source.
func (f *figures) Read(context.Context, string) (kpi.Reading, error) {
	revenue := f.revenue.Load()
	stamp := strconv.FormatInt(revenue, 10)
	return kpi.Reading{Stamp: stamp, StandingAsOf: time.Now(), Until: time.Now().Add(time.Hour), Kpis: &kpiv1.Kpis{
		Currency: "UGX", Id: stamp, Timestamp: timestamppb.Now(), Total: &kpiv1.KpiFigures{
			Revenue: revenue, Orders: 45, AverageCheck: proto.Int64(1300), Discounts: 1000, ServiceLevelBp: proto.Int64(9000), OpenOrders: 7,
			StockAtRisk: 3, BudgetAttainmentBp: proto.Int64(9800),
		},
	}}, nil
}

// Listen implements the broker's changes.
func (f *figures) Listen(ctx context.Context, _ string, _ cache.Report, heard func(cache.Change)) error {
	f.mu.Lock()
	f.heard = append(f.heard, heard)
	f.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

// Turn implements the broker's changes.
func (f *figures) Turn(context.Context, string, cache.Report, time.Duration) (end func(), mine bool) {
	return func() {}, true
}

// median returns the middle of an odd number of values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
