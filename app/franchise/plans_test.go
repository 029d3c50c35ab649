package franchise_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/budgets"
	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/overview"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// TestReportsReadByIndex proves on a few years of data that each report reads its tables by ranges of the index that was
// made for it, and nothing besides: no scan of a table and no row that a filter throws away.
func TestReportsReadByIndex(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.New(t))
	b.years(t)
	o, err := organisation.Load(t.Context(), b.db, b.owner.OrgID)
	require.NoError(t, err)

	cases := map[string]struct {
		load func(ctx context.Context, db postgres.Querier) error
		// want is the index by which each table is read.
		want map[string]string
	}{
		"Overview": {
			load: func(ctx context.Context, db postgres.Querier) error {
				q, err := overview.Resolve(o, b.owner, noon, &franchisev1.GetOverviewRequest{Period: "2024-10"})
				require.NoError(t, err)
				_, err = overview.NewService(db, b.clock.Now).Load(ctx, q)
				return err
			},
			want: map[string]string{"branch_day_sales": "branch_day_sales_pkey"},
		},
		"Rankings": {
			load: func(ctx context.Context, db postgres.Querier) error {
				q, err := rankings.Resolve(o, b.owner, noon, &franchisev1.GetRankingsRequest{Period: "2024-10"})
				require.NoError(t, err)
				_, err = rankings.NewService(db, b.clock.Now).Load(ctx, q)
				return err
			},
			want: map[string]string{
				"branch_day_sales": "branch_day_sales_pkey", "franchise_ranks": "idx_franchise_rank_org_period_rank",
			},
		},
		"Budgets": {
			load: func(ctx context.Context, db postgres.Querier) error {
				q, err := budgets.Resolve(o, b.owner, noon, &franchisev1.ListBudgetsRequest{})
				require.NoError(t, err)
				_, err = budgets.NewService(db, b.clock.Now).Load(ctx, q)
				return err
			},
			want: map[string]string{"branch_budgets": "idx_branch_budget_org_period", "branch_day_sales": "branch_day_sales_pkey"},
		},
		"Forecast": {
			load: func(ctx context.Context, db postgres.Querier) error {
				q, err := forecast.Resolve(o, b.owner, noon, &franchisev1.ListForecastItemsRequest{StartDate: "2024-11-05", EndDate: "2024-11-11"})
				require.NoError(t, err)
				_, err = forecast.NewService(db, b.clock.Now).Load(ctx, q)
				return err
			},
			want: map[string]string{
				"forecast_points": "idx_forecast_point_org_item_date", "stock_days": "stock_days_pkey",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plans := &explainer{DB: b.db, t: t}
			require.NoError(t, tc.load(t.Context(), plans))
			got := map[string]string{}
			for _, scan := range plans.scans {
				if scan.Relation == "inventory_items" { // the whole table is wanted
					continue
				}
				require.Contains(t, []string{"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}, scan.Node, scan.Relation)
				require.Zero(t, scan.Removed, "%s reads rows that it doesn't want", scan.Relation)
				if scan.Index != "" {
					got[scan.Relation] = scan.Index
				}
			}
			require.Equal(t, tc.want, got)
		})
	}
}

// years fills the organisation, and two beside it, with so much data that reading tables whole doesn't pay.
func (b *testBundle) years(t *testing.T) {
	t.Helper()
	b.branches(t, 20, 1_000)
	for _, sql := range []string{
		`INSERT INTO branch_budgets (org_id, branch_id, period, revenue, cogs, waste, updated_by, updated_at)
		 SELECT org_id, id, to_char(m, 'YYYY-MM'), 1, 1, 1, 'test', now()
		 FROM branches, generate_series(timestamp '2010-01-01', '2024-12-01', '1 month') m WHERE org_id = $1`,
		`INSERT INTO franchise_ranks (org_id, period, branch_id, rank, score, partial, net_sales, weight_revenue, weight_margin, weight_waste,
		   weight_service, currency, computed_at)
		 SELECT org_id, to_char(m, 'YYYY-MM'), id, 1, 50, false, 1, .4, .3, .2, .1, 'UGX', '2000-01-01'
		 FROM branches, generate_series(timestamp '2010-01-01', '2024-12-01', '1 month') m WHERE org_id = $1`,
		`INSERT INTO inventory_items (org_id, id, name, base_unit, created_at, updated_at)
		 SELECT $1, 'item_' || n, 'Item', 'kg', now(), now() FROM generate_series(1, 10) n`,
		`INSERT INTO forecast_points (org_id, branch_id, item_id, date, quantity, method, generated_at)
		 SELECT b.org_id, b.id, i.id, date '2024-11-30' - d, 1, 'MA', now()
		 FROM branches b JOIN inventory_items i USING (org_id), generate_series(0, 364) d WHERE b.org_id = $1`,
		`INSERT INTO stock_days (org_id, branch_id, item_id, business_date, used, moved)
		 SELECT b.org_id, b.id, i.id, date '2024-11-30' - d, 1, -1
		 FROM branches b JOIN inventory_items i USING (org_id), generate_series(0, 364) d WHERE b.org_id = $1`,
	} {
		_, err := b.db.Exec(t.Context(), sql, b.owner.OrgID)
		require.NoError(t, err)
	}
	_, err := b.db.Exec(t.Context(), `VACUUM ANALYZE`)
	require.NoError(t, err)
}

// explainer notes how each statement reads its tables before it runs it.
type explainer struct {
	*postgres.DB
	scans []scan
	t     *testing.T
}

// scan is a node of a plan that reads a table.
type scan struct {
	Index    string  `json:"Index Name"`
	Node     string  `json:"Node Type"`
	Plans    []scan  `json:"Plans"`
	Relation string  `json:"Relation Name"`
	Removed  float64 `json:"Rows Removed by Filter"`
}

// Query implements [postgres.Querier].
func (e *explainer) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	var text []byte
	require.NoError(e.t, e.DB.QueryRow(ctx, "EXPLAIN (ANALYZE, FORMAT JSON) "+sql, args...).Scan(&text))
	var plans []struct{ Plan scan }
	require.NoError(e.t, json.Unmarshal(text, &plans))
	e.note(plans[0].Plan, "")
	return e.DB.Query(ctx, sql, args...)
}

// note walks a whole plan: a scan may hide below any node. Index scans of a bitmap don't say which table they are for.
func (e *explainer) note(s scan, relation string) {
	if s.Relation != "" {
		relation = s.Relation
	} else if s.Index != "" {
		s.Relation = relation
	}
	if s.Relation != "" {
		e.scans = append(e.scans, s)
	}
	for _, child := range s.Plans {
		e.note(child, relation)
	}
}
