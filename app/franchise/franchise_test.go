package franchise_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// noon of the worked day in UTC: 2024-11-08, 15:00 in Kampala and 2024-11-09, 01:00 in Auckland, before the cut-off.
var noon = time.Date(2024, time.November, 8, 12, 0, 0, 0, time.UTC)

// testBundle is an organisation of its own, with nothing in it, on a database that the subtests of a test share.
type testBundle struct {
	clock   *clock.Manual
	db      *postgres.DB
	handler *franchise.Handler
	owner   caller.Caller
	server  *rpctest.Server
}

func setup(t *testing.T, db *postgres.DB) *testBundle {
	t.Helper()
	now := clock.NewManual(noon)
	runner, err := jobs.NewRunner(db, now.Now)
	require.NoError(t, err)
	handler := franchise.NewHandler(db, organisation.NewStore(db), cache.Disabled(), now.Now, runner)
	return &testBundle{
		clock:   now,
		db:      db,
		handler: handler,
		owner:   factory.Organisation(t, db, factory.OrgOpts{}),
		server: rpctest.New(t, rpc.Service{
			Name: franchisev1connect.FranchiseServiceName,
			Build: func(options ...connect.HandlerOption) (string, http.Handler) {
				return franchisev1connect.NewFranchiseServiceHandler(handler, options...)
			},
		}),
	}
}

// client returns a client of the organisation's owner.
func (b *testBundle) client() franchisev1connect.FranchiseServiceClient { return b.as(b.owner) }

func (b *testBundle) as(c caller.Caller) franchisev1connect.FranchiseServiceClient {
	return franchisev1connect.NewFranchiseServiceClient(b.server.As(c), b.server.URL)
}

// branch inserts a branch that has been open for years, unless o says otherwise.
func (b *testBundle) branch(t *testing.T, o factory.BranchOpts) string {
	t.Helper()
	return factory.Branch(t, b.db, b.owner, o)
}

// book adds figures to a branch day.
func (b *testBundle) book(t *testing.T, branchID, day string, f daysales.Figures) {
	t.Helper()
	require.NoError(t, daysales.Add(t.Context(), b.db, daysales.Delta{
		BranchID: branchID, Currency: "UGX", Date: date(t, day), Figures: f, OrgID: b.owner.OrgID,
	}))
}

// branches inserts many branches at once, `br_001` and so on, with the same sales on each of the days up to the worked day.
func (b *testBundle) branches(t testing.TB, n, days int) {
	t.Helper()
	for _, sql := range []string{
		`INSERT INTO branches (org_id, id, name, time_zone, opened_on, created_at)
		 SELECT $1, 'br_' || lpad(n::text, 3, '0'), 'Branch ' || n, 'Africa/Kampala', '2020-01-01', now()
		 FROM generate_series(1, $2::integer) n WHERE $3::integer > 0`,
		`INSERT INTO branch_day_sales (
		   org_id, branch_id, business_date, currency, orders, covers, gross, discounts, cogs, waste_cost, tickets, tickets_on_time
		 )
		 SELECT $1, 'br_' || lpad(n::text, 3, '0'), date '2024-11-08' - d, 'UGX', 100, 230, 1000000 + n * 1000 + d, 20000, 350000, 9000, 180, 160
		 FROM generate_series(1, $2::integer) n, generate_series(0, $3::integer - 1) d`,
	} {
		_, err := b.db.Exec(context.Background(), sql, b.owner.OrgID, n, days)
		require.NoError(t, err)
	}
}

func ptr[T any](v T) *T { return &v }

func date(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.ParseDate(s)
	require.NoError(t, err)
	return d
}

// requireFault checks how a call failed: its code, its reason and the fields that it names.
func requireFault(t *testing.T, err error, code connect.Code, reason string, fields ...string) {
	t.Helper()
	require.Error(t, err)
	gotCode, gotReason, gotFields := rpctest.Fault(t, err)
	require.Equal(t, code, gotCode, err)
	require.Equal(t, reason, gotReason, err)
	require.Equal(t, fields, gotFields, err)
}

func TestStatementsDoNotGrowWithBranches(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	few, many := setup(t, db), setup(t, db)
	few.branches(t, 3, 70)
	many.branches(t, 300, 70)

	for name, tc := range reads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := func(b *testBundle) int64 {
				ctx, statements := postgres.CountStatements(caller.With(t.Context(), b.owner))
				require.NoError(t, tc.call(ctx, b.handler))
				return statements.Count()
			}
			require.Equal(t, tc.statements, count(few))
			require.Equal(t, tc.statements, count(many))
		})
	}
}
