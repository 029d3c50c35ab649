package alerts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing/alerts"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
)

// noon in Kampala, a Friday.
var noon = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)

type testBundle struct {
	branch, other string
	client        endpointsv1connect.ThresholdServiceClient
	clock         *clock.Manual
	db            *postgres.DB
	endpoints     *outgoing.Service
	job           jobs.Definition
	owner         caller.Caller
	server        *rpctest.Server
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(noon), db: dbtest.New(t)}
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	b.branch = factory.Branch(t, b.db, b.owner, factory.BranchOpts{ID: "A"})
	b.other = factory.Branch(t, b.db, b.owner, factory.BranchOpts{ID: "B"})
	runner, err := jobs.NewRunner(b.db, b.clock.Now)
	require.NoError(t, err)
	emitter := outgoing.NewEmitter(runner, b.clock.Now)
	b.endpoints = outgoing.NewService(config.Outgoing{}, emitter, b.clock.Now)
	b.job = alerts.Job(b.db, emitter, b.clock.Now)
	b.server = rpctest.New(t, alerts.Registration(alerts.NewHandler(b.db, alerts.NewService(b.clock.Now))))
	b.client = b.as(b.owner)
	return b
}

func (b *testBundle) as(c caller.Caller) endpointsv1connect.ThresholdServiceClient {
	return endpointsv1connect.NewThresholdServiceClient(b.server.As(c), b.server.URL)
}

func (b *testBundle) subscribe(t *testing.T, events ...string) {
	t.Helper()
	require.NoError(t, b.db.InTx(caller.With(t.Context(), b.owner), func(ctx context.Context, tx postgres.Querier) error {
		_, err := b.endpoints.Create(ctx, tx, outgoing.Subscription{Events: events, URL: "https://example.com/"})
		return err
	}))
}

// sell books figures of a branch's date in place of what was there.
func (b *testBundle) sell(t *testing.T, branch, date string, orders, net, cogs, waste int64) {
	t.Helper()
	_, err := b.db.Exec(t.Context(), `INSERT INTO branch_day_sales (org_id, branch_id, business_date, currency, orders, gross, cogs, waste_cost) VALUES ($1, $2, $3, 'UGX', $4, $5, $6, $7)
		ON CONFLICT (org_id, branch_id, business_date) DO UPDATE SET orders = excluded.orders, gross = excluded.gross, cogs = excluded.cogs, waste_cost = excluded.waste_cost`,
		b.owner.OrgID, branch, date, orders, net, cogs, waste)
	require.NoError(t, err)
}

func (b *testBundle) run(t *testing.T) alerts.Told {
	t.Helper()
	told, err := b.job.Work(t.Context(), b.owner.OrgID, struct{}{})
	require.NoError(t, err)
	return told.(alerts.Told)
}

// told returns the data of all events so far, in the order in which they were written.
func told[T any](t *testing.T, b *testBundle, kind outgoing.Type) []T {
	t.Helper()
	rows, err := b.db.Query(t.Context(), "SELECT data FROM endpoint_events WHERE type = $1 ORDER BY created_at, id", string(kind))
	require.NoError(t, err)
	var all []T
	for rows.Next() {
		var encoded []byte
		require.NoError(t, rows.Scan(&encoded))
		var data T
		require.NoError(t, json.Unmarshal(encoded, &data))
		all = append(all, data)
	}
	require.NoError(t, rows.Err())
	return all
}

func (b *testBundle) set(t *testing.T, req *endpointsv1.SetKpiThresholdRequest) *endpointsv1.KpiThreshold {
	t.Helper()
	resp, err := b.client.SetKpiThreshold(t.Context(), req)
	require.NoError(t, err)
	return resp.GetThreshold()
}

func TestBudgetsAreToldOncePerBranchMetricAndMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.subscribe(t, "budget.exceeded")
	for _, branch := range []string{b.branch, b.other} {
		_, err := b.db.Exec(t.Context(), `INSERT INTO branch_budgets (org_id, branch_id, period, revenue, cogs, waste, updated_by, updated_at)
			SELECT $1, $2, p, 100000, 1000, 100, 'test', now() FROM unnest(ARRAY['2024-11', '2024-12']) p`, b.owner.OrgID, branch)
		require.NoError(t, err)
	}
	b.sell(t, b.branch, "2024-11-06", 5, 5000, 1000, 100)
	require.Equal(t, alerts.Told{}, b.run(t), "on target is not over it")
	b.sell(t, b.branch, "2024-11-07", 5, 5000, 1, 0)
	require.Equal(t, alerts.Told{Budgets: 1}, b.run(t))
	require.Equal(t, alerts.Told{}, b.run(t))
	b.sell(t, b.branch, "2024-11-07", 5, 5000, 50, 1)
	b.sell(t, b.other, "2024-11-07", 5, 5000, 1001, 0)
	b.sell(t, b.other, "2024-11-08", 5, 5000, 0, 9999) // today isn't over
	require.Equal(t, alerts.Told{Budgets: 2}, b.run(t))

	got := told[outgoing.BudgetExceeded](t, b, outgoing.TypeBudgetExceeded)
	require.Len(t, got, 3)
	require.Equal(t, outgoing.BudgetExceeded{
		BranchID: "A", Period: "2024-11", Metric: "COGS", Currency: "UGX", Target: 1000, Actual: 1001, AsOf: noon,
	}, got[0])
	require.ElementsMatch(t, []string{"A WASTE", "B COGS"}, []string{got[1].BranchID + " " + got[1].Metric, got[2].BranchID + " " + got[2].Metric})

	b.clock.Set(time.Date(2024, time.December, 10, 9, 0, 0, 0, time.UTC))
	b.sell(t, b.branch, "2024-12-02", 5, 5000, 1001, 0)
	require.Equal(t, alerts.Told{Budgets: 1}, b.run(t), "another month")
}

func TestThresholdsAreToldWhenTheyAreCrossed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.subscribe(t, "kpi.threshold")
	food := b.set(t, &endpointsv1.SetKpiThresholdRequest{
		BranchId: b.branch, Metric: endpointsv1.KpiMetric_KPI_METRIC_FOOD_COST_BP, Direction: endpointsv1.KpiDirection_KPI_DIRECTION_ABOVE, Value: 3500,
	})
	sales := b.set(t, &endpointsv1.SetKpiThresholdRequest{
		ThresholdId: "sales", Metric: endpointsv1.KpiMetric_KPI_METRIC_NET_SALES, Direction: endpointsv1.KpiDirection_KPI_DIRECTION_ABOVE, Value: 20_000,
	})
	require.Equal(t, alerts.Told{}, b.run(t), "no figures yet")
	b.sell(t, b.branch, "2024-11-08", 4, 10_000, 3600, 0)
	b.sell(t, b.other, "2024-11-08", 4, 10_000, 9000, 0)
	require.Equal(t, alerts.Told{Thresholds: 1}, b.run(t))
	require.Equal(t, alerts.Told{}, b.run(t))
	b.sell(t, b.other, "2024-11-08", 5, 10_001, 9000, 0)
	b.clock.Advance(time.Minute)
	require.Equal(t, alerts.Told{Thresholds: 1}, b.run(t), "both branches together")

	got := told[outgoing.KpiThreshold](t, b, outgoing.TypeKpiThreshold)
	require.Equal(t, "A", got[0].BranchID)
	require.Equal(t, []any{food.GetId(), "FOOD_COST_BP", "ABOVE", int64(3500), int64(3600), "2024-11-08", noon},
		[]any{got[0].ThresholdID, got[0].Metric, got[0].Direction, got[0].Threshold, got[0].Value, got[0].BusinessDate.String(), got[0].AsOf})
	require.Equal(t, []any{sales.GetId(), "", int64(20_001)}, []any{got[1].ThresholdID, got[1].BranchID, got[1].Value})

	b.sell(t, b.branch, "2024-11-08", 4, 10_000, 3500, 0)
	require.Equal(t, alerts.Told{}, b.run(t))
	b.sell(t, b.branch, "2024-11-08", 4, 10_000, 3501, 0)
	require.Equal(t, alerts.Told{Thresholds: 1}, b.run(t), "it had been back")
	b.clock.Advance(24 * time.Hour)
	b.sell(t, b.branch, "2024-11-09", 4, 10_000, 3501, 0)
	require.Equal(t, alerts.Told{Thresholds: 1}, b.run(t), "another date")

	listed, err := b.client.ListKpiThresholds(t.Context(), &endpointsv1.ListKpiThresholdsRequest{})
	require.NoError(t, err)
	require.Equal(t, "2024-11-09", listed.GetThresholds()[0].GetToldOn())
	require.True(t, listed.GetThresholds()[0].GetCrossed())
}

func TestTheNumberOfStatementsDoesNotGrow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.subscribe(t, "*")
	count := func(sold int64) int64 {
		b.sell(t, b.branch, "2024-11-08", 1, sold, 1, 1)
		ctx, statements := postgres.CountStatements(t.Context())
		_, err := b.job.Work(ctx, b.owner.OrgID, struct{}{})
		require.NoError(t, err)
		return statements.Count()
	}
	set := func(id string) {
		b.set(t, &endpointsv1.SetKpiThresholdRequest{
			ThresholdId: id, Metric: endpointsv1.KpiMetric_KPI_METRIC_NET_SALES, Direction: endpointsv1.KpiDirection_KPI_DIRECTION_ABOVE, Value: 50,
		})
	}
	// Each time the thresholds are crossed anew. The first COPY of a connection looks its table up besides.
	least := func() int64 {
		found := int64(1 << 30)
		for range 4 {
			count(1)
			found = min(found, count(100))
		}
		return found
	}
	set("first")
	one := least()
	for i := range 50 {
		set(fmt.Sprintf("more%d", i))
	}
	require.Equal(t, one, least())
}

func TestTheJobIsDueWhereSomebodyListens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	due := func() string {
		_, key, err := b.job.Due(t.Context(), b.db, b.owner.OrgID, noon.Add(7*time.Minute))
		require.NoError(t, err)
		return key
	}
	require.Empty(t, due())
	b.subscribe(t, "order.closed")
	require.Empty(t, due())
	b.subscribe(t, "kpi.threshold")
	require.Equal(t, "2024-11-08T09:05:00Z", due())
}

func TestThresholdsAreChecked(t *testing.T) {
	t.Parallel()
	good := func() *endpointsv1.SetKpiThresholdRequest {
		return &endpointsv1.SetKpiThresholdRequest{
			Metric: endpointsv1.KpiMetric_KPI_METRIC_NET_SALES, Direction: endpointsv1.KpiDirection_KPI_DIRECTION_BELOW, Value: 1,
		}
	}

	t.Run("BadInputsNameTheField", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		cases := map[string]struct {
			change func(*endpointsv1.SetKpiThresholdRequest)
			field  string
		}{
			"no_metric":             {func(r *endpointsv1.SetKpiThresholdRequest) { r.Metric = 0 }, "metric"},
			"an_unknown_metric":     {func(r *endpointsv1.SetKpiThresholdRequest) { r.Metric = 99 }, "metric"},
			"no_direction":          {func(r *endpointsv1.SetKpiThresholdRequest) { r.Direction = 0 }, "direction"},
			"a_negative_value":      {func(r *endpointsv1.SetKpiThresholdRequest) { r.Value = -1 }, "value"},
			"a_value_too_large":     {func(r *endpointsv1.SetKpiThresholdRequest) { r.Value = 1_000_000_000_000_001 }, "value"},
			"an_id_that_is_none":    {func(r *endpointsv1.SetKpiThresholdRequest) { r.ThresholdId = "a b" }, "threshold_id"},
			"an_id_too_long":        {func(r *endpointsv1.SetKpiThresholdRequest) { r.ThresholdId = strings.Repeat("a", 65) }, "threshold_id"},
			"a_branch_that_is_none": {func(r *endpointsv1.SetKpiThresholdRequest) { r.BranchId = "a b" }, "branch_id"},
		}
		for name, tc := range cases {
			req := good()
			tc.change(req)
			_, err := b.client.SetKpiThreshold(t.Context(), req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, name)
			require.Equal(t, []string{tc.field}, fields, name)
		}
		req := good()
		req.BranchId = "nowhere"
		_, err := b.client.SetKpiThreshold(t.Context(), req)
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
		listed, err := b.client.ListKpiThresholds(t.Context(), &endpointsv1.ListKpiThresholdsRequest{})
		require.NoError(t, err)
		require.Empty(t, listed.GetThresholds())
	})

	t.Run("TheirNumberIsBoundedAndOneIsReplacedInItsPlace", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i := range 100 {
			req := good()
			req.ThresholdId = fmt.Sprintf("t%d", i)
			b.set(t, req)
		}
		_, err := b.client.SetKpiThreshold(t.Context(), good())
		_, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, "THRESHOLD_LIMIT", reason)
		req := good()
		req.ThresholdId, req.Value = "t5", 77
		require.Equal(t, int64(77), b.set(t, req).GetValue())
	})

	t.Run("OnlyOwnersChangeThemManagersSeeThemAndStrangersDoNot", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.set(t, good()).GetId()
		manager, stranger := b.as(factory.As(b.owner, caller.RoleManager, "")), b.as(factory.Organisation(t, b.db, factory.OrgOpts{}))
		listed, err := manager.ListKpiThresholds(t.Context(), &endpointsv1.ListKpiThresholdsRequest{})
		require.NoError(t, err)
		require.Len(t, listed.GetThresholds(), 1)
		_, err = manager.SetKpiThreshold(t.Context(), good())
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		_, err = manager.DeleteKpiThreshold(t.Context(), &endpointsv1.DeleteKpiThresholdRequest{ThresholdId: id})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		listed, err = stranger.ListKpiThresholds(t.Context(), &endpointsv1.ListKpiThresholdsRequest{})
		require.NoError(t, err)
		require.Empty(t, listed.GetThresholds())
		_, err = stranger.DeleteKpiThreshold(t.Context(), &endpointsv1.DeleteKpiThresholdRequest{ThresholdId: id})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
		_, err = b.client.DeleteKpiThreshold(t.Context(), &endpointsv1.DeleteKpiThresholdRequest{ThresholdId: id})
		require.NoError(t, err)
	})
}
