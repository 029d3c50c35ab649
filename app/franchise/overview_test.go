package franchise_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func TestGetOverview(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("TheWorkedDayOfTwoBranches", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		first, second := b.branch(t, factory.BranchOpts{ID: "A"}), b.branch(t, factory.BranchOpts{ID: "B"})
		b.book(t, first, "2024-11-08", daysales.Figures{
			COGS: 26_800, Comps: 8_000, Covers: 6, Discounts: 2_400, Gross: 75_000, Orders: 3, Refunds: 5_000, Tickets: 20, TicketsOnTime: 17,
			Voids: 1, VoidsValue: 15_000, WasteCost: 12_600,
		})
		b.book(t, second, "2024-11-08", daysales.Figures{COGS: 46_332, Covers: 10, Gross: 140_400, Orders: 7})
		b.book(t, second, "2024-11-07", daysales.Figures{Gross: 100_000, Orders: 4})

		got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "today"})
		require.NoError(t, err)
		require.Equal(t, int64(200_000), got.GetSummary().GetNetSales())
		require.Equal(t, int64(3657), got.GetSummary().GetFoodCostBp())
		require.Equal(t, "UGX", got.GetCurrency())
		require.Equal(t, "2024-11-08", got.GetRange().GetStartDate())
		require.Equal(t, "2024-11-08", got.GetRange().GetEndDate())
		require.Equal(t, int32(1), got.GetRange().GetDays())
		require.Equal(t, noon, got.GetAsOf().AsTime())

		require.Equal(t, "A", got.GetBranches()[0].GetBranchId())
		require.Equal(t, int64(59_600), got.GetBranches()[0].GetFigures().GetNetSales())
		require.Equal(t, int64(5503), got.GetBranches()[0].GetFigures().GetGrossMarginBp())
		require.Nil(t, got.GetBranches()[0].NetSalesChangeBp, "there was nothing the day before")
		require.Equal(t, int64(4040), got.GetBranches()[1].GetNetSalesChangeBp())

		require.Equal(t, "2024-11-07", got.GetComparison().GetRange().GetEndDate())
		require.Equal(t, int64(10_000), got.GetComparison().GetNetSalesChangeBp())
		require.Equal(t, int64(15_000), got.GetComparison().GetOrdersChangeBp())
		require.Equal(t, int64(-2000), got.GetComparison().GetAverageCheckChangeBp())
	})

	t.Run("BranchesWithoutSalesAreListedWithZeros", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{ID: "A"})
		got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{})
		require.NoError(t, err)
		require.Len(t, got.GetBranches(), 1)
		require.Equal(t, int64(0), got.GetBranches()[0].GetFigures().GetNetSales())
		require.Nil(t, got.GetBranches()[0].GetFigures().FoodCostBp)
	})

	t.Run("DaysAreSummedOverBranchesAndHaveNoGaps", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		first, second := b.branch(t, factory.BranchOpts{}), b.branch(t, factory.BranchOpts{})
		for _, id := range []string{first, second} {
			b.book(t, id, "2024-11-03", daysales.Figures{COGS: 30, Gross: 100, Orders: 1})
			b.book(t, id, "2024-11-01", daysales.Figures{Gross: 1_000, Orders: 1}) // the day before the range
		}
		b.book(t, second, "2024-11-08", daysales.Figures{Gross: 50, Orders: 1, Refunds: 60})

		got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "7d"})
		require.NoError(t, err)
		require.Len(t, got.GetDays(), 7)
		require.Equal(t, "2024-11-02", got.GetDays()[0].GetDate())
		require.Zero(t, got.GetDays()[0].GetNetSales())
		require.Equal(t, int64(200), got.GetDays()[1].GetNetSales())
		require.Equal(t, int64(2), got.GetDays()[1].GetOrders())
		require.Equal(t, int64(60), got.GetDays()[1].GetCogs())
		require.Equal(t, int64(-10), got.GetDays()[6].GetNetSales())
		require.Equal(t, int64(2_000), got.GetComparison().GetFigures().GetNetSales())
	})

	t.Run("TodayIsEachBranchesOwn", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		kampala := b.branch(t, factory.BranchOpts{ID: "KLA"})
		auckland := b.branch(t, factory.BranchOpts{ID: "AKL", TimeZone: "Pacific/Auckland"})
		for _, day := range []string{"2024-11-08", "2024-11-09"} {
			b.book(t, kampala, day, daysales.Figures{Gross: 1})
			b.book(t, auckland, day, daysales.Figures{Gross: 10})
		}
		b.clock.Advance(5 * time.Hour) // 06:00 in Auckland: its 9th has begun
		got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "today"})
		require.NoError(t, err)
		require.Equal(t, int64(11), got.GetSummary().GetNetSales())
		require.Equal(t, "2024-11-09", got.GetBranches()[0].GetRange().GetEndDate())
		require.Equal(t, "2024-11-08", got.GetBranches()[1].GetRange().GetEndDate())
		require.Equal(t, "2024-11-08", got.GetRange().GetStartDate())
		require.Equal(t, "2024-11-09", got.GetRange().GetEndDate())
		require.Len(t, got.GetDays(), 2)
	})

	t.Run("ASupervisorSeesTheOwnBranch", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		own, foreign := b.branch(t, factory.BranchOpts{}), b.branch(t, factory.BranchOpts{})
		b.book(t, own, "2024-11-08", daysales.Figures{Gross: 1})
		b.book(t, foreign, "2024-11-08", daysales.Figures{Gross: 10})
		supervisor := b.as(factory.As(b.owner, caller.RoleSupervisor, own))

		got, err := supervisor.GetOverview(t.Context(), &franchisev1.GetOverviewRequest{})
		require.NoError(t, err)
		require.Equal(t, int64(1), got.GetSummary().GetNetSales())
		require.Len(t, got.GetBranches(), 1)

		_, err = supervisor.GetOverview(t.Context(), &franchisev1.GetOverviewRequest{BranchIds: []string{foreign}})
		requireFault(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
	})

	t.Run("OtherOrganisationsStayApart", func(t *testing.T) {
		t.Parallel()
		b, other := setup(t, db), setup(t, db)
		b.branch(t, factory.BranchOpts{ID: "SAME"})
		other.branch(t, factory.BranchOpts{ID: "SAME"})
		other.branch(t, factory.BranchOpts{ID: "ELSEWHERE"})
		other.book(t, "SAME", "2024-11-08", daysales.Figures{Gross: 1})
		got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{BranchIds: []string{"SAME"}})
		require.NoError(t, err)
		require.Zero(t, got.GetSummary().GetNetSales())

		_, err = b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{BranchIds: []string{"SAME", "ELSEWHERE"}})
		requireFault(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
		_, err = b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{OrgId: other.owner.OrgID})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
	})

	t.Run("AnOrganisationWithoutBranchesHasZeros", func(t *testing.T) {
		t.Parallel()
		got, err := setup(t, db).client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "mtd"})
		require.NoError(t, err)
		require.Empty(t, got.GetBranches())
		require.Len(t, got.GetDays(), 8)
	})

	t.Run("SalesInAnotherCurrencyAreNotSummed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		id := b.branch(t, factory.BranchOpts{})
		require.NoError(t, daysales.Add(t.Context(), db, daysales.Delta{
			BranchID: id, Currency: "USD", Date: date(t, "2024-11-07"), Figures: daysales.Figures{Gross: 1}, OrgID: b.owner.OrgID,
		}))
		_, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "yesterday"})
		requireFault(t, err, connect.CodeFailedPrecondition, "MIXED_CURRENCY")
		_, err = b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "today"})
		requireFault(t, err, connect.CodeFailedPrecondition, "MIXED_CURRENCY") // it is compared with yesterday
		_, err = b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Period: "2024-09"})
		require.NoError(t, err)
	})

	t.Run("BadRangesNameTheirField", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{})
		for field, req := range map[string]*franchisev1.GetOverviewRequest{
			"range":      {Range: "fortnight"},
			"period":     {Period: "2024-12"},
			"end_date":   {StartDate: "2014-11-08", EndDate: "2024-11-08"},
			"start_date": {StartDate: "2024-11-09", EndDate: "2024-11-10"},
		} {
			_, err := b.client().GetOverview(t.Context(), req)
			requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", field)
		}
	})
}
