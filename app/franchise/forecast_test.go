package franchise_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func TestListForecastItems(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("BranchesAreSummedByItemAndDate", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		first, second := b.branch(t, factory.BranchOpts{}), b.branch(t, factory.BranchOpts{})
		beef := factory.Item(t, db, b.owner)
		b.foresee(t, first, beef, "2024-11-07", "42.500", "WEEKDAY_MA")
		b.foresee(t, second, beef, "2024-11-07", "20.000", "MA")
		b.foresee(t, first, beef, "2024-11-08", "46.750", "WEEKDAY_MA")
		b.foresee(t, first, beef, "2024-12-01", "1", "MA") // after the month
		b.move(t, first, beef, "2024-11-07", "SALE", "-40.125")
		b.move(t, first, beef, "2024-11-07", "SHORTFALL", "-2")
		b.move(t, first, beef, "2024-11-07", "VOID", "1.5")
		b.move(t, second, beef, "2024-11-07", "SALE", "-19")
		for _, other := range []string{"WASTE", "RECEIPT", "RESTOCK", "SETTLEMENT"} {
			b.move(t, first, beef, "2024-11-07", other, "-7")
		}
		b.move(t, first, beef, "2024-11-08", "SALE", "-3") // today isn't completed

		got, err := b.client().ListForecastItems(t.Context(), &franchisev1.ListForecastItemsRequest{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]*franchisev1.ForecastItem{
			{
				ItemId: beef, ItemName: beef, BaseUnit: "kg", Date: "2024-11-07", Quantity: 62.5, Actual: ptr(59.625), Branches: 2,
				Methods: []string{"MA", "WEEKDAY_MA"},
			},
			{
				ItemId: beef, ItemName: beef, BaseUnit: "kg", Date: "2024-11-08", Quantity: 46.75, Branches: 1,
				Methods: []string{"WEEKDAY_MA"},
			},
		}, got.GetForecast(), protocmp.Transform()))
		require.Equal(t, "2024-11-01", got.GetRange().GetStartDate())
		require.Equal(t, "2024-11-30", got.GetRange().GetEndDate())
	})

	t.Run("ADateIsCompletedWhenItIsInEveryBranch", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db) // in Kampala 8 November has begun, in Honolulu it hasn't
		kampala := b.branch(t, factory.BranchOpts{})
		honolulu := b.branch(t, factory.BranchOpts{TimeZone: "Pacific/Honolulu"})
		beef := factory.Item(t, db, b.owner)
		b.foresee(t, kampala, beef, "2024-11-07", "1", "MA")
		b.foresee(t, honolulu, beef, "2024-11-07", "1", "MA")
		req := &franchisev1.ListForecastItemsRequest{StartDate: "2024-11-07", EndDate: "2024-11-07"}
		got, err := b.client().ListForecastItems(t.Context(), req)
		require.NoError(t, err)
		require.Nil(t, got.GetForecast()[0].Actual)

		req.BranchId = kampala
		got, err = b.client().ListForecastItems(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, ptr(0.0), got.GetForecast()[0].Actual, "nothing was used")
		require.Equal(t, int32(1), got.GetForecast()[0].GetBranches())
	})

	t.Run("ItemsAndBranchesAreSelected", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		own, foreign := b.branch(t, factory.BranchOpts{}), b.branch(t, factory.BranchOpts{})
		beef, rice := factory.Item(t, db, b.owner), factory.Item(t, db, b.owner)
		for _, branchID := range []string{own, foreign} {
			for _, itemID := range []string{beef, rice} {
				b.foresee(t, branchID, itemID, "2025-01-15", "2", "MA")
			}
		}
		req := &franchisev1.ListForecastItemsRequest{Period: "2025-01", ItemIds: []string{rice}}
		got, err := b.client().ListForecastItems(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, got.GetForecast(), 1)
		require.Equal(t, rice, got.GetForecast()[0].GetItemId())
		require.InDelta(t, 4, got.GetForecast()[0].GetQuantity(), 0)

		supervisor := b.as(factory.As(b.owner, caller.RoleSupervisor, own))
		got, err = supervisor.ListForecastItems(t.Context(), req)
		require.NoError(t, err)
		require.InDelta(t, 2, got.GetForecast()[0].GetQuantity(), 0)

		_, err = supervisor.ListForecastItems(t.Context(), &franchisev1.ListForecastItemsRequest{BranchId: foreign})
		requireFault(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
		_, err = b.client().ListForecastItems(t.Context(), &franchisev1.ListForecastItemsRequest{ItemIds: []string{rice, "X"}})
		requireFault(t, err, connect.CodeNotFound, "ITEM_NOT_FOUND")
		_, err = b.client().ListForecastItems(t.Context(), &franchisev1.ListForecastItemsRequest{StartDate: "2024-11-01"})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", "end_date")
	})
}

// foresee inserts a forecast point.
func (b *testBundle) foresee(t *testing.T, branchID, itemID, day, quantity, method string) {
	t.Helper()
	_, err := b.db.Exec(t.Context(), `INSERT INTO forecast_points (org_id, branch_id, item_id, date, quantity, method, generated_at)
		VALUES ($1, $2, $3, $4, $5::text::numeric, $6, now())`, b.owner.OrgID, branchID, itemID, date(t, day), quantity, method)
	require.NoError(t, err)
}

// move inserts a line of the stock ledger.
func (b *testBundle) move(t *testing.T, branchID, itemID, day, kind, quantity string) {
	t.Helper()
	_, err := b.db.Exec(t.Context(), `INSERT INTO stock_movements (org_id, branch_id, item_id, batch_id, kind, quantity, unit_cost, source_id, business_date, occurred_at)
		VALUES ($1, $2, $3, 'bat_1', $4, $5::text::numeric, 1, 'ord_1', $6, now())`, b.owner.OrgID, branchID, itemID, kind, quantity, date(t, day))
	require.NoError(t, err)
	_, err = b.db.Exec(t.Context(), `INSERT INTO stock_days AS d (org_id, branch_id, item_id, business_date, used, moved)
		VALUES ($1, $2, $3, $4, CASE WHEN $5::text IN ('SALE', 'SHORTFALL', 'VOID') THEN -$6::text::numeric ELSE 0 END, $6::text::numeric)
		ON CONFLICT (org_id, branch_id, item_id, business_date) DO UPDATE SET used = d.used + excluded.used, moved = d.moved + excluded.moved`,
		b.owner.OrgID, branchID, itemID, date(t, day), kind, quantity)
	require.NoError(t, err)
}
