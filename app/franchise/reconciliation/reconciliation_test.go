package reconciliation_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/reconciliation"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
)

func TestReconciliationFindsWhatDiffers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	owner := factory.Organisation(t, db, factory.OrgOpts{ID: "ORG"})
	branch, item := factory.Branch(t, db, owner, factory.BranchOpts{}), factory.Item(t, db, owner)
	day := civil.NewDate(2020, time.January, 1)
	batch := factory.Batch(t, db, owner, factory.BatchOpts{BranchID: branch, ItemID: item, Quantity: "5", UnitCost: "100"})
	registry := prometheus.NewRegistry()
	job := reconciliation.Job(db, registry)
	args := reconciliation.Args{From: day, To: day}
	found, err := job.Work(t.Context(), "ORG", args)
	require.NoError(t, err)
	require.Equal(t, reconciliation.Summary{From: "2020-01-01", To: "2020-01-01"}, found)

	for _, corruption := range []string{
		"INSERT INTO branch_day_sales (org_id, branch_id, business_date, currency, gross) SELECT org_id, id, '2020-01-01', 'UGX', 7 FROM branches",
		"UPDATE stock_days SET moved = 4",
		"UPDATE stock_batches SET remaining_qty = 3",
	} {
		_, err := db.Exec(t.Context(), corruption)
		require.NoError(t, err)
	}
	found, err = job.Work(t.Context(), "ORG", args)
	require.NoError(t, err)
	require.Equal(t, reconciliation.Summary{Batches: 1, From: "2020-01-01", Sales: 1, StockDays: 1, To: "2020-01-01"}, found)
	count, err := testutil.GatherAndCount(registry, "chefcloud_reconciliation_differences")
	require.NoError(t, err)
	require.Equal(t, 3, count)
	report, err := reconciliation.Run(t.Context(), db, "ORG", args)
	require.NoError(t, err)
	require.Equal(t, 3, report.Count())
	require.Contains(t, report.Lines()[0], "branch="+branch)
	require.Contains(t, report.Lines()[2], batch)
	_, err = reconciliation.Run(t.Context(), db, "ORG", reconciliation.Args{From: day, To: day.AddDays(-1)})
	require.ErrorContains(t, err, "from")
}
