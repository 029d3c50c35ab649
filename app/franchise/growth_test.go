package franchise_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func TestGetSameStoreGrowth(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("TheWorkedExample", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{ID: "OLD"})
		b.branch(t, factory.BranchOpts{ID: "MATURE", OpenedOn: date(t, "2023-10-02")}) // 13 months on the first of the range
		b.branch(t, factory.BranchOpts{ID: "YOUNG", OpenedOn: date(t, "2023-10-03")})
		b.book(t, "OLD", "2024-11-02", daysales.Figures{Gross: 60_000_000})
		b.book(t, "MATURE", "2024-11-08", daysales.Figures{Gross: 50_000_000, Refunds: 800_000})
		b.book(t, "YOUNG", "2024-11-08", daysales.Figures{Gross: 70_000_000})
		b.book(t, "OLD", "2023-11-04", daysales.Figures{Gross: 100_000_000})
		b.book(t, "OLD", "2023-11-03", daysales.Figures{Gross: 1}) // the day before those dates
		b.book(t, "MATURE", "2023-11-10", daysales.Figures{Gross: 4_000_000})
		b.book(t, "YOUNG", "2023-11-10", daysales.Figures{Gross: 1})

		got, err := b.client().GetSameStoreGrowth(t.Context(), &franchisev1.GetSameStoreGrowthRequest{Range: "7d"})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(&franchisev1.GetSameStoreGrowthResponse{
			NetSales: 109_200_000, NetSalesBefore: 104_000_000, GrowthBp: ptr[int64](500),
			BranchIds: []string{"MATURE", "OLD"}, ExcludedBranchIds: []string{"YOUNG"}, Currency: "UGX",
			Range:       &franchisev1.DateRange{StartDate: "2024-11-02", EndDate: "2024-11-08", Days: 7},
			RangeBefore: &franchisev1.DateRange{StartDate: "2023-11-04", EndDate: "2023-11-10", Days: 7},
			AsOf:        timestamppb.New(noon),
		}, got, protocmp.Transform()))
	})

	t.Run("WithoutMatureBranchesThereIsNoGrowth", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{OpenedOn: date(t, "2024-06-01")})
		got, err := b.client().GetSameStoreGrowth(t.Context(), &franchisev1.GetSameStoreGrowthRequest{Period: "2024-11"})
		require.NoError(t, err)
		require.Nil(t, got.GrowthBp)
		require.Empty(t, got.GetBranchIds())
	})

	t.Run("SupervisorsAreRefused", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		own := b.branch(t, factory.BranchOpts{})
		_, err := b.as(factory.As(b.owner, caller.RoleSupervisor, own)).GetSameStoreGrowth(t.Context(), &franchisev1.GetSameStoreGrowthRequest{})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})
}

func TestGetRoyalties(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	workedDay := daysales.Figures{Comps: 8_000, Discounts: 2_400, Gross: 75_000, Refunds: 5_000}

	t.Run("TheWorkedExample", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.book(t, b.branch(t, factory.BranchOpts{ID: "A", Name: "Kololo"}), "2024-11-08", workedDay)
		b.book(t, b.branch(t, factory.BranchOpts{ID: "B"}), "2024-11-08", daysales.Figures{Gross: 140_400})
		got, err := b.client().GetRoyalties(t.Context(), &franchisev1.GetRoyaltiesRequest{StartDate: "2024-11-08", EndDate: "2024-11-08"})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(&franchisev1.GetRoyaltiesResponse{
			Royalties: []*franchisev1.Royalty{
				{BranchId: "A", BranchName: "Kololo", Base: 59_600, Royalty: 2_980, AdFund: 1_192},
				{BranchId: "B", BranchName: "B", Base: 140_400, Royalty: 7_020, AdFund: 2_808},
			},
			TotalRoyalty: 10_000, TotalAdFund: 4_000, Currency: "UGX",
			Range: &franchisev1.DateRange{StartDate: "2024-11-08", EndDate: "2024-11-08", Days: 1},
			AsOf:  timestamppb.New(noon),
		}, got, protocmp.Transform()))
	})

	t.Run("TheFloorSparesBranchesThatWereNotOpen", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.book(t, b.branch(t, factory.BranchOpts{ID: "A"}), "2024-11-08", workedDay)
		b.branch(t, factory.BranchOpts{ID: "B"})
		b.branch(t, factory.BranchOpts{ID: "C", OpenedOn: date(t, "2024-11-09")})
		_, err := b.client().UpdateSettings(t.Context(), &franchisev1.UpdateSettingsRequest{
			RoyaltyBase: franchisev1.RoyaltyBase_ROYALTY_BASE_GROSS.Enum(), RoyaltyFloor: ptr[int64](1_000),
		})
		require.NoError(t, err)
		got, err := b.client().GetRoyalties(t.Context(), &franchisev1.GetRoyaltiesRequest{Range: "today"})
		require.NoError(t, err)
		require.Equal(t, int64(3_750), got.GetRoyalties()[0].GetRoyalty())
		require.False(t, got.GetRoyalties()[0].GetFloorApplied())
		require.Equal(t, int64(1_000), got.GetRoyalties()[1].GetRoyalty())
		require.True(t, got.GetRoyalties()[1].GetFloorApplied())
		require.Zero(t, got.GetRoyalties()[2].GetRoyalty())
		require.Equal(t, int64(4_750), got.GetTotalRoyalty())
	})
}
