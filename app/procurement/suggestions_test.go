package procurement_test

import (
	"fmt"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

func (b *testBundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := b.db.Exec(t.Context(), sql, append([]any{b.owner.OrgID}, args...)...)
	require.NoError(t, err)
}

// uses lets a branch be open for some dates up to 2024-11-07 and use so much of an item on each.
func (b *testBundle) uses(t *testing.T, branch, item string, dates int, quantity string) {
	t.Helper()
	b.exec(t, `INSERT INTO branch_day_sales (org_id, branch_id, business_date, currency, orders)
		SELECT $1, $2, date '2024-11-08' - n, 'UGX', 1 FROM generate_series(1, $3::int) n ON CONFLICT DO NOTHING`, branch, dates)
	b.exec(t, `INSERT INTO stock_days (org_id, branch_id, item_id, business_date, used)
		SELECT $1, $2, $3, date '2024-11-08' - n, $5::numeric FROM generate_series(1, $4::int) n`, branch, item, dates, quantity)
}

func (b *testBundle) policy(t *testing.T, branch, item, level, safety string) {
	t.Helper()
	b.exec(t, `INSERT INTO stock_policies (org_id, branch_id, item_id, reorder_level, safety_stock, updated_by, updated_at)
		VALUES ($1, $2, $3, $4::numeric, nullif($5, '')::numeric, 'test', now())`, branch, item, level, safety)
}

// transfer puts a transfer of an item there.
func (b *testBundle) transfer(t *testing.T, from, to, item, status, quantity, received string) {
	t.Helper()
	id := from + to + status
	b.exec(t, `INSERT INTO stock_transfers (org_id, id, from_branch_id, to_branch_id, status, note, created_by, created_at)
		VALUES ($1, left($2, 64), $3, $4, $5, '', 'test', now())`, id, from, to, status)
	b.exec(t, `INSERT INTO stock_transfer_lines (org_id, transfer_id, line_no, item_id, quantity, received_qty)
		VALUES ($1, left($2, 64), 1, $3, $4::numeric, $5::numeric)`, id, item, quantity, received)
}

// workedItem makes the bundle's item that of the worked example: 18 on hand, 6 on order, 4 promised away, 7.5 used a day.
func (b *testBundle) workedItem(t *testing.T) {
	t.Helper()
	b.sells(t, "FARM", &procurementv1.SupplierItem{
		UnitCost: "9000", PackSize: 12, MinOrderQuantity: 50, ShelfDays: 8,
	})
	b.uses(t, b.branch, b.item, 28, "7.5")
	b.policy(t, b.branch, b.item, "0", "7.5")
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "18", UnitCost: "9000"})
	// Expired yesterday: it doesn't count.
	expired := factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "5", UnitCost: "9000"})
	b.exec(t, "UPDATE stock_batches SET expires_on = '2024-11-07' WHERE org_id = $1 AND id = $2", expired)
	order := b.order("OPEN")
	order.Lines[0].Quantity = 10
	id := b.placed(t, order)
	_, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 4))
	require.NoError(t, err)
	// The 4 that came make 22 on hand; they are used up again.
	b.exec(t, "UPDATE stock_batches SET remaining_qty = 0 WHERE org_id = $1 AND source = 'RECEIPT'")
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{ID: "OTHER"})
	b.transfer(t, b.branch, other, b.item, "APPROVED", "4", "0")
	b.transfer(t, b.branch, other, b.item, "DRAFT", "100", "0")
}

func (b *testBundle) suggest(t *testing.T, req *procurementv1.SuggestOrdersRequest) []*procurementv1.Suggestion {
	t.Helper()
	resp, err := b.client.SuggestOrders(t.Context(), req)
	require.NoError(t, err)
	return resp.GetSuggestions()
}

func TestSuggestOrdersSaysWhy(t *testing.T) {
	t.Parallel()

	t.Run("EveryFigureOfTheWorkedExample", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.workedItem(t)
		got := b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch})
		require.Len(t, got, 1)
		require.True(t, proto.Equal(&procurementv1.Suggestion{
			BranchId: b.branch, ItemId: b.item, ItemName: b.item, BaseUnit: "kg", SupplierId: "FARM", SupplierName: "FARM", Quantity: 60, Packs: 5,
			PackSize: 12, MinOrderQuantity: 50, UnitCost: "9000", Cost: 540_000, Warnings: []string{procurement.WarningShelfLife},
			OnHand: 18, OnOrder: 6, Committed: 4, Position: 20, DailyDemand: 7.5, ObservedDays: 28, LeadTimeDays: 2, ReviewPeriodDays: 3,
			LeadDemand: 15, CoverDemand: 37.5, SafetyStock: 7.5, ReorderPoint: 22.5, Par: 45, Need: 25, ShelfDays: 8,
			Strategy: procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_SAFETY_STOCK,
		}, got[0]), "%v", got[0])
	})

	t.Run("NothingAboveTheReorderPoint", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.workedItem(t)
		b.transfer(t, "OTHER", b.branch, b.item, "IN_TRANSIT", "5", "2")
		require.Empty(t, b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch}), "23 is above 22.5")
	})

	t.Run("CountsDraftsOfPeopleAndWhatIsOwed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.workedItem(t)
		draft := b.order("DRAFT")
		draft.Lines[0].Quantity = 1
		_, err := b.client.CreatePurchaseOrder(t.Context(), draft)
		require.NoError(t, err)
		b.exec(t, `INSERT INTO stock_shortfalls (org_id, id, branch_id, item_id, order_id, line_no, quantity, open_qty, unit_cost, booked_at)
			VALUES ($1, 'OWED', $2, $3, 'O1', 1, 3, 3, 1, now())`, b.branch, b.item)
		got := b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch})
		require.Len(t, got, 1)
		require.InDelta(t, 15, got[0].GetOnHand(), 0)
		require.InDelta(t, 7, got[0].GetOnOrder(), 0)
		require.InDelta(t, 18, got[0].GetPosition(), 0)
	})

	t.Run("ComputesTheSafetyStockWhereThePolicyHasNone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "100"})
		b.uses(t, b.branch, b.item, 4, "4")
		b.exec(t, "UPDATE stock_days SET used = 8 WHERE org_id = $1 AND business_date >= '2024-11-06'")
		got := b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch})
		require.Len(t, got, 1)
		// 4, 4, 8, 8: deviation √(16 ÷ 3) = 2.309; 1.645 × 2.309 × √5 = 8.494.
		require.InDelta(t, 2.309, got[0].GetUseDeviation(), 0)
		require.InDelta(t, 8.495, got[0].GetSafetyStock(), 0)
		require.InDelta(t, 39, got[0].GetQuantity(), 0, "5 × 6 + 8.495")
	})

	t.Run("CountsOpenDatesOnlyAndTheLast28OfThem", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "100"})
		b.policy(t, b.branch, b.item, "0", "0")
		b.uses(t, b.branch, b.item, 40, "10")
		b.exec(t, "UPDATE stock_days SET used = 1000 WHERE org_id = $1 AND business_date < '2024-10-10'") // the 29th date and before
		b.exec(t, "UPDATE stock_days SET used = 0 WHERE org_id = $1 AND business_date IN ('2024-11-01', '2024-11-02')")
		b.exec(t, "UPDATE branch_day_sales SET orders = 0 WHERE org_id = $1 AND business_date = '2024-11-02'") // closed
		got := b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch})
		require.Len(t, got, 1)
		// Of 2024-10-10 to 2024-11-07, 29 dates, one was closed and on one nothing was used: 270 over 28.
		require.Equal(t, int64(28), got[0].GetObservedDays())
		require.InDelta(t, 9.643, got[0].GetDailyDemand(), 0)
	})

	t.Run("TakesAnItemsOwnDatesOnly", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.uses(t, b.branch, factory.Item(t, b.db, b.owner), 28, "1")
		b.uses(t, b.branch, b.item, 3, "10")
		for _, s := range b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch}) {
			if s.GetItemId() == b.item {
				require.Equal(t, int64(3), s.GetObservedDays())
				require.InDelta(t, 10, s.GetDailyDemand(), 0)
			}
		}
	})
}

func TestSuggestOrdersByForecast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.workedItem(t)
	req := &procurementv1.SuggestOrdersRequest{BranchId: b.branch, Strategy: procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_FORECAST}

	got := b.suggest(t, req)
	require.Len(t, got, 1)
	require.Contains(t, got[0].GetWarnings(), procurement.WarningNoForecast)
	require.Equal(t, procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_SAFETY_STOCK, got[0].GetStrategy())
	require.InDelta(t, 60, got[0].GetQuantity(), 0)

	// Today and the four dates after it are to be covered; the dates around them must not count.
	b.exec(t, `INSERT INTO forecast_points (org_id, branch_id, item_id, date, quantity, method, generated_at)
		SELECT $1, $2, $3, date '2024-11-08' + n, CASE WHEN n BETWEEN 0 AND 4 THEN 10 + n ELSE 1000 END, 'MA14', now() FROM generate_series(-1, 5) n`,
		b.branch, b.item)
	got = b.suggest(t, req)
	require.Len(t, got, 1)
	require.InDelta(t, 21, got[0].GetLeadDemand(), 0)
	require.InDelta(t, 60, got[0].GetCoverDemand(), 0)
	require.InDelta(t, 28.5, got[0].GetReorderPoint(), 0)
	require.InDelta(t, 67.5, got[0].GetPar(), 0)
	require.InDelta(t, 47.5, got[0].GetNeed(), 0)
	require.InDelta(t, 60, got[0].GetQuantity(), 0)
	require.Empty(t, got[0].GetWarnings(), "80 is less than 8 × 12")
	require.Equal(t, procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_FORECAST, got[0].GetStrategy())
}

func TestSuggestionsChooseTheSupplier(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.uses(t, b.branch, b.item, 28, "1")
	supplier := func() string {
		got := b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch})
		require.Len(t, got, 1)
		return got[0].GetSupplierId()
	}
	require.Empty(t, supplier())
	require.Equal(t, []string{procurement.WarningNoSupplier}, b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch})[0].GetWarnings())
	b.sells(t, "S2", &procurementv1.SupplierItem{UnitCost: "100"})
	b.sells(t, "S1", &procurementv1.SupplierItem{UnitCost: "100"})
	require.Equal(t, "S1", supplier(), "of two that cost the same, the first by id")
	b.sells(t, "S3", &procurementv1.SupplierItem{UnitCost: "99"})
	require.Equal(t, "S3", supplier(), "the cheapest")
	b.sells(t, "S2", &procurementv1.SupplierItem{UnitCost: "100", Preferred: true})
	require.Equal(t, "S2", supplier(), "the preferred one")
	b.sells(t, "S2", &procurementv1.SupplierItem{UnitCost: "1", Discontinued: true})
	require.Equal(t, "S3", supplier(), "never what isn't sold any more")
	b.exec(t, "UPDATE inventory_items SET is_active = false WHERE org_id = $1")
	require.Empty(t, b.suggest(t, &procurementv1.SuggestOrdersRequest{BranchId: b.branch}), "nothing that is no longer used")
}

func TestSuggestionsComePageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "100"})
	var want []string
	for i := range 20 {
		branch := factory.Branch(t, b.db, b.owner, factory.BranchOpts{ID: fmt.Sprintf("B%02d", i)})
		for range 2 {
			b.uses(t, branch, factory.Item(t, b.db, b.owner), 3, "1")
		}
		b.uses(t, branch, b.item, 3, "1")
		want = append(want, branch+" FARM", branch+" ", branch+" ")
	}
	cases := map[string]struct {
		caller caller.Caller
		branch string
		want   []string
	}{
		"all branches":         {b.owner, "", want},
		"one branch":           {b.owner, "B03", want[9:12]},
		"a supervisor's own":   {factory.As(b.owner, caller.RoleSupervisor, "B19"), "", want[57:]},
		"another organisation": {factory.Organisation(t, b.db, factory.OrgOpts{}), "", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			req := &procurementv1.SuggestOrdersRequest{BranchId: tc.branch, PageSize: 7}
			for page := 0; page == 0 || req.GetPageToken() != ""; page++ {
				resp, err := b.as(tc.caller).SuggestOrders(t.Context(), req)
				require.NoError(t, err)
				require.LessOrEqual(t, len(resp.GetSuggestions()), 7)
				for _, s := range resp.GetSuggestions() {
					got = append(got, s.GetBranchId()+" "+s.GetSupplierId())
				}
				req.PageToken = resp.GetNextPageToken()
			}
			require.Equal(t, tc.want, got)
		})
	}

	t.Run("BranchesOutOfReachAreNotFound", func(t *testing.T) {
		t.Parallel()
		_, err := b.as(factory.As(b.owner, caller.RoleSupervisor, "B19")).SuggestOrders(t.Context(), &procurementv1.SuggestOrdersRequest{BranchId: "B18"})
		requireRefused(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
	})

	t.Run("ATokenOfNoPageIsRefused", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.SuggestOrders(t.Context(), &procurementv1.SuggestOrdersRequest{PageToken: "none"})
		requireRefused(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT")
	})
}
