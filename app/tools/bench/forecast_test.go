package bench_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
)

// BenchmarkForecastRun foresees 2,500 series of two years, from reading what was used to storing points and accuracy: one
// hundred branches of twenty-five items. 50,000 series take twenty times as long; branches don't know of each other.
func BenchmarkForecastRun(b *testing.B) {
	const branches, items, days = 100, 25, 730
	db := dbtest.New(b)
	owner := factory.Organisation(b, db, factory.OrgOpts{})
	for _, sql := range []string{
		`INSERT INTO branches (org_id, id, name, time_zone, opened_on, created_at)
		 SELECT $1, 'br_' || n, 'Branch', 'Africa/Kampala', '2015-01-01', now() FROM generate_series(1, $2::integer) n WHERE $3::integer + $4::integer > 0`,
		`INSERT INTO inventory_items (org_id, id, name, base_unit, created_at, updated_at)
		 SELECT $1, 'item_' || n, 'Item', 'kg', now(), now() FROM generate_series(1, $3::integer) n WHERE $2::integer + $4::integer > 0`,
		`INSERT INTO branch_day_sales (org_id, branch_id, business_date, currency, orders)
		 SELECT $1, 'br_' || n, date '2024-11-08' - d, 'UGX', 1 FROM generate_series(1, $2::integer) n, generate_series(1, $4::integer) d WHERE $3::integer > 0`,
		`INSERT INTO stock_days (org_id, branch_id, item_id, business_date, used, moved)
		 SELECT $1, 'br_' || n, 'item_' || i, date '2024-11-08' - d, u.used, -u.used
		 FROM generate_series(1, $2::integer) n, generate_series(1, $3::integer) i, generate_series(1, $4::integer) d,
		   LATERAL (SELECT round((20 + i + (d % 7) * 3 + 8 * random())::numeric, 3) AS used) u`,
	} {
		_, err := db.Exec(context.Background(), sql, owner.OrgID, branches, items, days)
		require.NoError(b, err)
	}
	_, err := db.Exec(context.Background(), "ANALYZE")
	require.NoError(b, err)
	runner := forecast.NewRunner(db, clock.Fixed(time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)))
	series := 0
	b.ResetTimer()
	for b.Loop() {
		summary, err := runner.Run(context.Background(), owner.OrgID, forecast.RunArgs{}, func(int, int) {})
		require.NoError(b, err)
		require.Zero(b, summary.Insufficient)
		series += summary.Series
	}
	b.ReportMetric(float64(series)/b.Elapsed().Seconds(), "series/s")
}
