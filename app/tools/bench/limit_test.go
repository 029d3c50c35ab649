package bench_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// BenchmarkLimitedCalls compares the product with the same product without its limiter: a read that the cache answers, and one
// that the database answers.
func BenchmarkLimitedCalls(b *testing.B) {
	databaseURL := dbtest.URL(b)
	sell(b, dbtest.Open(b, databaseURL))
	cached := map[string]string{"E22_OVERVIEW_TTL": "3600"}
	limited := serve(b, databaseURL, cached)
	unchecked := serve(b, databaseURL, cached, fx.Decorate(func(*ratelimit.Limiter) *ratelimit.Limiter { return nil }))
	token := signIn(b, limited, ownerEmail, ownerPassword)
	for _, c := range []struct{ name, procedure, body string }{
		{"CachedOverview", franchisev1connect.FranchiseServiceGetOverviewProcedure, `{"period":"2024-11"}`},
		{"DatabaseRead", authv1connect.AuthServiceGetMeProcedure, `{}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			calls := func(address string) side {
				return newRawClient(b, address, rawRequest(address, c.procedure, token, "json", []byte(c.body))).call
			}
			compare(b, calls(limited), calls(unchecked))
		})
	}
}

// BenchmarkLimiter compares decisions with the least that a count in Valkey can cost, one INCR each over the same connection.
func BenchmarkLimiter(b *testing.B) {
	connection, prefix := dbtest.Valkey(b)
	limiter := ratelimit.New(prefix, ratelimit.Limits{}, connection, clock.System, ratelimit.NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
	limiter.Start(b.Context())
	b.Cleanup(limiter.Stop)
	client, err := connection.Client()
	require.NoError(b, err)
	subject := func(worker int) ratelimit.Subject {
		return ratelimit.OfCaller(ratelimit.Plan, caller.Caller{Kind: caller.KindUser, OrgID: "ORG_BENCH", UserID: "usr_" + strconv.Itoa(worker)})
	}
	increments := workers(func(b *testing.B, worker int) {
		if err := client.Do(context.Background(), client.B().Incr().Key(prefix+".count:"+strconv.Itoa(worker)).Build()).Error(); err != nil {
			b.Error(err)
		}
	})
	b.Run("Admitted", func(b *testing.B) {
		compare(b, workers(func(b *testing.B, worker int) {
			if !limiter.Allow(context.Background(), subject(worker), 1e9).Admitted {
				b.Error("refused")
			}
		}), increments)
	})
	b.Run("RefusedByMemory", func(b *testing.B) {
		for worker := range connections {
			for limiter.Allow(b.Context(), subject(worker+connections), 1).Admitted {
				continue
			}
		}
		compare(b, workers(func(b *testing.B, worker int) {
			if d := limiter.Allow(context.Background(), subject(worker+connections), 1); d.Admitted && d.Source != ratelimit.SourceValkey {
				b.Error("admitted from memory")
			}
		}), increments)
	})
}

// workers shares n calls out among as many goroutines as there are callers.
func workers(do func(b *testing.B, worker int)) side {
	return func(b *testing.B, n int) time.Duration {
		b.Helper()
		var running sync.WaitGroup
		start := time.Now()
		for worker := range connections {
			running.Go(func() {
				for range share(n, worker, connections) {
					do(b, worker)
				}
			})
		}
		running.Wait()
		return time.Since(start)
	}
}
