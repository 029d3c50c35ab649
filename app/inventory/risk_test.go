package inventory_test

import (
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

func (b *testBundle) policy(t *testing.T, branch, item string, reorderLevel float64) {
	t.Helper()
	_, err := b.client.UpsertStockPolicies(t.Context(), &inventoryv1.UpsertStockPoliciesRequest{
		Policies: []*inventoryv1.StockPolicy{{BranchId: branch, ItemId: item, ReorderLevel: reorderLevel}},
	})
	require.NoError(t, err)
}

func TestStockAtRiskOfAllBranches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	late := factory.Branch(t, b.db, b.owner, factory.BranchOpts{ID: "a", TimeZone: "America/New_York"})
	b.clock.Set(time.Date(2024, time.November, 9, 0, 59, 59, 0, time.UTC)) // the last second of the 8th in Kampala
	empty, owed, retired, plenty := factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner)
	b.policy(t, b.branch, empty, 1)
	b.policy(t, b.branch, retired, 1)
	b.policy(t, b.branch, plenty, 1)
	b.policy(t, b.branch, owed, 4)
	b.policy(t, b.branch, b.item, 1) // there is 1.5 that can be used up to the 8th
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: plenty, Quantity: "1.001", UnitCost: "1"})
	_, err := b.db.Exec(t.Context(), "UPDATE inventory_items SET is_active = false WHERE org_id = $1 AND id = $2", b.owner.OrgID, retired)
	require.NoError(t, err)
	beef := b.item
	b.item = owed
	b.short(t, "2.5")
	b.item = beef
	for _, branch := range []string{b.branch, late} {
		_, err := b.client.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{BranchId: branch, ItemId: b.item, Quantity: 1.5, UnitCost: "333.5", ExpiresOn: "2024-11-08"})
		require.NoError(t, err)
	}

	var got []string
	request := &inventoryv1.ListStockAtRiskRequest{PageSize: 2}
	for pages := 1; ; pages++ {
		resp, err := b.client.ListStockAtRisk(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, "UGX", resp.GetCurrency())
		for _, r := range resp.GetRisks() {
			got = append(got, fmt.Sprint(r.GetBranchId(), r.GetItemId(), r.GetReason(), r.GetQuantity(), r.GetReorderLevel(), r.GetCost()))
		}
		if request.PageToken = resp.GetNextPageToken(); request.PageToken == "" {
			require.Equal(t, 2, pages)
			break
		}
	}
	want := []string{
		fmt.Sprint(late, b.item, inventoryv1.RiskReason_RISK_REASON_EXPIRING, 1.5, 0.0, 500),
		fmt.Sprint(b.branch, empty, inventoryv1.RiskReason_RISK_REASON_BELOW_REORDER_LEVEL, 0.0, 1.0, 0),
		fmt.Sprint(b.branch, owed, inventoryv1.RiskReason_RISK_REASON_NEGATIVE, -2.5, 4.0, 0),
		fmt.Sprint(b.branch, b.item, inventoryv1.RiskReason_RISK_REASON_EXPIRING, 1.5, 0.0, 500),
	}
	require.Equal(t, want, got)

	b.clock.Advance(time.Second) // the 9th in Kampala, and still the 8th in New York
	resp, err := b.client.ListStockAtRisk(t.Context(), &inventoryv1.ListStockAtRiskRequest{})
	require.NoError(t, err)
	reasons, below := make(map[string]inventoryv1.RiskReason), 0
	for _, r := range resp.GetRisks() {
		if r.GetBatchId() != "" {
			reasons[r.GetBranchId()] = r.GetReason()
		} else if r.GetItemId() == b.item {
			require.Equal(t, inventoryv1.RiskReason_RISK_REASON_BELOW_REORDER_LEVEL, r.GetReason())
			require.Zero(t, r.GetQuantity(), "what has expired is not on hand")
			below++
		}
	}
	require.Equal(t, 1, below)
	require.Equal(t, map[string]inventoryv1.RiskReason{
		b.branch: inventoryv1.RiskReason_RISK_REASON_EXPIRED, late: inventoryv1.RiskReason_RISK_REASON_EXPIRING,
	}, reasons)

	supervisor := b.as(factory.As(b.owner, caller.RoleSupervisor, late))
	resp, err = supervisor.ListStockAtRisk(t.Context(), &inventoryv1.ListStockAtRiskRequest{})
	require.NoError(t, err)
	require.Len(t, resp.GetRisks(), 1, "only their own branch")
	_, err = supervisor.ListStockAtRisk(t.Context(), &inventoryv1.ListStockAtRiskRequest{BranchId: b.branch})
	require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
}

func TestStockPolicies(t *testing.T) {
	t.Parallel()

	t.Run("ReplaceThoseBefore", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		safety := 2.5
		for _, p := range []*inventoryv1.StockPolicy{
			{BranchId: b.branch, ItemId: b.item, ReorderLevel: 7, SafetyStock: &safety}, {BranchId: b.branch, ItemId: b.item, ReorderLevel: 3.125},
		} {
			_, err := b.client.UpsertStockPolicies(t.Context(), &inventoryv1.UpsertStockPoliciesRequest{Policies: []*inventoryv1.StockPolicy{p}})
			require.NoError(t, err)
			resp, err := b.client.ListStockPolicies(t.Context(), &inventoryv1.ListStockPoliciesRequest{BranchId: b.branch})
			require.NoError(t, err)
			require.Len(t, resp.GetPolicies(), 1)
			require.InDelta(t, p.GetReorderLevel(), resp.GetPolicies()[0].GetReorderLevel(), 0)
			require.Equal(t, p.SafetyStock, resp.GetPolicies()[0].SafetyStock)
		}
	})

	t.Run("RefuseBadInputAndWriteNothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		good := func() *inventoryv1.StockPolicy {
			return &inventoryv1.StockPolicy{BranchId: b.branch, ItemId: b.item, ReorderLevel: 1}
		}
		negative, fine := -1.0, 0.0001
		for name, c := range map[string]struct {
			change      func(p *inventoryv1.StockPolicy)
			field, rule string
		}{
			"an unknown branch":            {func(p *inventoryv1.StockPolicy) { p.BranchId = "x" }, "policies[1].branch_id", "must be a branch in the caller's scope"},
			"an unknown item":              {func(p *inventoryv1.StockPolicy) { p.ItemId = "x" }, "policies[1].item_id", "must be an inventory item"},
			"a branch and item twice":      {func(*inventoryv1.StockPolicy) {}, "policies[1]", "a second time"},
			"a negative level":             {func(p *inventoryv1.StockPolicy) { p.ReorderLevel = -1 }, "policies[1].reorder_level", "greater than or equal to 0"},
			"a negative safety stock":      {func(p *inventoryv1.StockPolicy) { p.SafetyStock = &negative }, "policies[1].safety_stock", "greater than or equal to 0"},
			"a level of four decimals":     {func(p *inventoryv1.StockPolicy) { p.ReorderLevel = fine }, "policies[1].reorder_level", "three decimals"},
			"a safety stock of as many":    {func(p *inventoryv1.StockPolicy) { p.SafetyStock = &fine }, "policies[1].safety_stock", "three decimals"},
			"an item with a mistyped name": {func(p *inventoryv1.StockPolicy) { p.ItemId = "a b" }, "policies[1].item_id", "pattern"},
		} {
			second := good()
			c.change(second)
			_, err := b.client.UpsertStockPolicies(t.Context(), &inventoryv1.UpsertStockPoliciesRequest{Policies: []*inventoryv1.StockPolicy{good(), second}})
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, name)
			require.Equal(t, []string{c.field}, fields, name)
			require.ErrorContains(t, err, c.rule, name)
		}
		_, err := b.as(factory.As(b.owner, caller.RoleSupervisor, other)).UpsertStockPolicies(t.Context(), &inventoryv1.UpsertStockPoliciesRequest{
			Policies: []*inventoryv1.StockPolicy{good()},
		})
		require.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err), "another branch is as good as none")
		resp, err := b.client.ListStockPolicies(t.Context(), &inventoryv1.ListStockPoliciesRequest{BranchId: b.branch})
		require.NoError(t, err)
		require.Empty(t, resp.GetPolicies())
	})
}

func TestAdjustmentThatSettlesNegativeStockIsCostOfSales(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.batch(t, 1, "400")
	b.short(t, "3") // two of them owed at 400
	before, _ := b.day(t, "2024-11-08")
	resp, err := b.client.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{
		BranchId: b.branch, ItemId: b.item, Quantity: 5, UnitCost: "450.5", Reason: "found", Note: "behind the freezer",
	})
	require.NoError(t, err)
	require.EqualValues(t, 2_253, resp.GetAdjustment().GetCost(), "5 at 450.5, rounded half away from zero")
	after, waste := b.day(t, "2024-11-08")
	require.EqualValues(t, 101, after-before, "two that cost 50.5 more than was booked")
	require.Zero(t, waste)
	require.InDelta(t, 3, b.onHand(t, b.branch), 0)
	listed, err := b.client.ListAdjustments(t.Context(), &inventoryv1.ListAdjustmentsRequest{BranchId: b.branch})
	require.NoError(t, err)
	require.Equal(t, "behind the freezer", listed.GetAdjustments()[0].GetNote())
	b.consistent(t)
}

func TestUsageVarianceRefusesBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct{ start, end, field string }{
		"no start":                 {"", "2024-11-08", "start_date"},
		"a day that doesn't exist": {"2024-11-01", "2024-11-31", "end_date"},
		"the end before the start": {"2024-11-08", "2024-11-07", "end_date"},
		"401 days":                 {"2024-01-01", "2025-02-04", "end_date"},
	} {
		_, err := b.client.GetUsageVariance(t.Context(), &inventoryv1.GetUsageVarianceRequest{BranchId: b.branch, StartDate: c.start, EndDate: c.end})
		code, _, fields := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code, name)
		require.Equal(t, []string{c.field}, fields, name)
	}
	resp, err := b.client.GetUsageVariance(t.Context(), &inventoryv1.GetUsageVarianceRequest{BranchId: b.branch, StartDate: "2024-11-08", EndDate: "2024-11-08"})
	require.NoError(t, err)
	require.Empty(t, resp.GetItems(), "nothing moved and nothing was there")
	b.batch(t, 4, "100")
	b.count(t, 3)
	resp, err = b.client.GetUsageVariance(t.Context(), &inventoryv1.GetUsageVarianceRequest{BranchId: b.branch, StartDate: "2024-11-08", EndDate: "2024-11-08", ItemIds: []string{b.item}})
	require.NoError(t, err)
	require.Nil(t, resp.GetItems()[0].VarianceBp, "there is no ratio to nothing sold")
	require.EqualValues(t, 100, resp.GetItems()[0].GetUnexplainedCost())
}
