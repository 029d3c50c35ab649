package bench_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/demo"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// ordersVariable says how many orders the larger organisation has, for want of it a million. Ten million take minutes to load
// and some ten gigabytes.
const ordersVariable = "BENCH_ORDERS"

const (
	fewOrders   = 100_000
	manyOrders  = 1_000_000
	seedDays    = 365
	seedOrgID   = "ORG_BENCH"
	sitesSeeded = 200
)

// BenchmarkUncachedOverview times the overview of last month for 200 branches that sold for a year, without a cache.
func BenchmarkUncachedOverview(b *testing.B) {
	many := int64(manyOrders)
	if text := os.Getenv(ordersVariable); text != "" {
		var err error
		many, err = strconv.ParseInt(text, 10, 64)
		require.NoError(b, err, ordersVariable)
	}
	small, large := overviewOf(b, fewOrders), overviewOf(b, many)
	for _, side := range []struct {
		orders int64
		call   func(*testing.B) time.Duration
	}{{fewOrders, small}, {many, large}} {
		b.Run(short(side.orders), func(b *testing.B) {
			for b.Loop() {
				side.call(b)
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		var few, lots []time.Duration
		for b.Loop() {
			few = append(few, small(b))
			lots = append(lots, large(b))
		}
		b.ReportMetric(median(few).Seconds()*1e3, "ms_"+short(fewOrders))
		b.ReportMetric(median(lots).Seconds()*1e3, "ms_"+short(many))
		b.ReportMetric(median(lots).Seconds()/median(few).Seconds(), "ratio")
		b.ReportMetric(0, "ns/op") // two calls in turn
	})
}

// overviewOf loads an organisation into a database of its own, serves it, and returns a call that says how long it took.
func overviewOf(b *testing.B, orders int64) func(*testing.B) time.Duration {
	b.Helper()
	databaseURL := dbtest.URL(b)
	db := dbtest.Open(b, databaseURL)
	seeded, err := demo.Seed(b.Context(), db, demo.SeedOptions{
		Branches: sitesSeeded, Days: seedDays, Now: clock.System(), Orders: orders, OrgID: seedOrgID, Progress: os.Stderr, Seed: 1,
	})
	require.NoError(b, err)
	// What autovacuum would have done by the time that anybody looks.
	_, err = db.Exec(b.Context(), "VACUUM ANALYZE branch_day_sales")
	require.NoError(b, err)

	address := serve(b, databaseURL, map[string]string{"E22_OVERVIEW_TTL": "0"})
	token := signIn(b, address, seeded.ManagerEmail, demo.Password)
	client := franchisev1connect.NewFranchiseServiceClient(clientOf(b, token, 1), "http://"+address)
	last := civil.DateOf(clock.System()).MonthOf().AddMonths(-1)
	request := &franchisev1.GetOverviewRequest{Period: last.String()}
	call := func(b *testing.B) time.Duration {
		start := time.Now()
		answer, err := client.GetOverview(b.Context(), request)
		took := time.Since(start)
		require.NoError(b, err)
		require.Positive(b, answer.GetSummary().GetOrders())
		return took
	}
	for range 10 { // statements are prepared, pages are in memory
		call(b)
	}
	return call
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// short writes 100000 as 100k.
func short(orders int64) string {
	switch {
	case orders%1_000_000 == 0:
		return fmt.Sprintf("%dM", orders/1_000_000)
	case orders%1_000 == 0:
		return fmt.Sprintf("%dk", orders/1_000)
	}
	return strconv.FormatInt(orders, 10)
}
