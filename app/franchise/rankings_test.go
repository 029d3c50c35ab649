package franchise_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// The branches of the worked example: 92.35, 89.60 and 77.27 points.
var (
	best   = daysales.Figures{COGS: 38_000_000, Gross: 100_000_000, Tickets: 100, TicketsOnTime: 90, WasteCost: 2_000_000}
	middle = daysales.Figures{COGS: 25_600_000, Gross: 80_000_000, Tickets: 100, TicketsOnTime: 96, WasteCost: 800_000}
	worst  = daysales.Figures{COGS: 32_000_000, Gross: 80_000_000, Tickets: 100, TicketsOnTime: 88, WasteCost: 4_000_000}
)

func TestGetRankings(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("TheWorkedExample", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		for id, f := range map[string]daysales.Figures{"A": best, "B": middle, "C": worst} {
			b.branch(t, factory.BranchOpts{ID: id, Name: "Branch " + id})
			b.book(t, id, "2024-11-05", f)
		}
		b.book(t, "C", "2024-10-05", best) // C led the month before
		b.book(t, "B", "2024-10-05", middle)
		b.book(t, "A", "2024-10-05", worst)
		b.book(t, "A", "2024-10-31", best) // not compared: the month to date is 8 days long

		got, err := b.client().GetRankings(t.Context(), &franchisev1.GetRankingsRequest{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]*franchisev1.Ranking{
			{
				Rank: 1, BranchId: "A", BranchName: "Branch A", Score: 92.35, Movement: ptr[int32](2), NetSales: 100_000_000,
				GrossMarginBp: ptr[int64](6200), WasteOfSalesBp: ptr[int64](200), ServiceLevelBp: ptr[int64](9000),
			},
			{
				Rank: 2, BranchId: "B", BranchName: "Branch B", Score: 89.60, Movement: ptr[int32](0), NetSales: 80_000_000,
				GrossMarginBp: ptr[int64](6800), WasteOfSalesBp: ptr[int64](100), ServiceLevelBp: ptr[int64](9600),
			},
			{
				Rank: 3, BranchId: "C", BranchName: "Branch C", Score: 77.27, Movement: ptr[int32](-2), NetSales: 80_000_000,
				GrossMarginBp: ptr[int64](6000), WasteOfSalesBp: ptr[int64](500), ServiceLevelBp: ptr[int64](8800),
			},
		}, got.GetRankings(), protocmp.Transform()))
		require.InDelta(t, .4, got.GetWeights().GetRevenue(), 0)
		require.Equal(t, "2024-11-01", got.GetRange().GetStartDate())
		require.Equal(t, "2024-11-08", got.GetRange().GetEndDate())
		require.False(t, got.GetStored())
	})

	t.Run("TheOrganisationsWeightsCount", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.book(t, b.branch(t, factory.BranchOpts{}), "2024-11-08", worst)
		_, err := b.client().UpdateSettings(t.Context(), &franchisev1.UpdateSettingsRequest{
			RankingWeights: &franchisev1.RankingWeights{Service: 0.5, Waste: 0.5}, WasteCapBp: ptr[int32](2000),
		})
		require.NoError(t, err)
		got, err := b.client().GetRankings(t.Context(), &franchisev1.GetRankingsRequest{Range: "today"})
		require.NoError(t, err)
		require.InDelta(t, 81.5, got.GetRankings()[0].GetScore(), 0) // half of 88 % and half of 1 − 5 % ÷ 20 %
		require.InDelta(t, .5, got.GetWeights().GetService(), 0)
	})

	t.Run("ASupervisorSeesTheOwnPlaceAmongAll", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.book(t, b.branch(t, factory.BranchOpts{}), "2024-10-08", best)
		own := b.branch(t, factory.BranchOpts{})
		b.book(t, own, "2024-10-08", worst)
		supervisor := b.as(factory.As(b.owner, caller.RoleSupervisor, own))
		for _, stored := range []bool{false, true} {
			if stored {
				_, err := b.client().RecomputeRankings(t.Context(), &franchisev1.RecomputeRankingsRequest{Period: "2024-10"})
				require.NoError(t, err)
			}
			got, err := supervisor.GetRankings(t.Context(), &franchisev1.GetRankingsRequest{Period: "2024-10"})
			require.NoError(t, err)
			require.Equal(t, stored, got.GetStored())
			require.Len(t, got.GetRankings(), 1)
			require.Equal(t, own, got.GetRankings()[0].GetBranchId())
			require.Equal(t, int32(2), got.GetRankings()[0].GetRank())
		}
	})

	t.Run("BranchesThatOpenLaterAreNotRanked", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{ID: "NEW", OpenedOn: date(t, "2024-11-08")})
		b.branch(t, factory.BranchOpts{ID: "EARLY", OpenedOn: date(t, "2024-11-09")})
		b.branch(t, factory.BranchOpts{ID: "LATER", OpenedOn: date(t, "2024-11-09")})
		b.branch(t, factory.BranchOpts{ID: "OLD"})
		b.book(t, "EARLY", "2024-11-08", best) // it sold before it says it opened
		got, err := b.client().GetRankings(t.Context(), &franchisev1.GetRankingsRequest{Range: "today"})
		require.NoError(t, err)
		require.Equal(t, "EARLY", got.GetRankings()[0].GetBranchId())
		require.Nil(t, got.GetRankings()[0].Movement)
		require.Equal(t, "NEW", got.GetRankings()[1].GetBranchId())
		require.Nil(t, got.GetRankings()[1].Movement, "it wasn't open the day before")
		require.Equal(t, "OLD", got.GetRankings()[2].GetBranchId())
		require.NotNil(t, got.GetRankings()[2].Movement)
		require.Len(t, got.GetRankings(), 3)
	})
}

func TestRecomputeRankings(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	october := &franchisev1.GetRankingsRequest{Period: "2024-10"}
	recompute := &franchisev1.RecomputeRankingsRequest{Period: "2024-10"}

	t.Run("AClosedMonthStandsUntilItIsRecomputed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.book(t, b.branch(t, factory.BranchOpts{ID: "A"}), "2024-10-05", middle)
		b.book(t, b.branch(t, factory.BranchOpts{ID: "B"}), "2024-10-05", daysales.Figures{Gross: 10})
		b.book(t, "B", "2024-09-05", middle)

		live, err := b.client().GetRankings(t.Context(), october)
		require.NoError(t, err)
		require.False(t, live.GetStored())

		written, err := b.client().RecomputeRankings(t.Context(), recompute)
		require.NoError(t, err)
		b.clock.Advance(time.Hour)
		b.book(t, "B", "2024-10-06", best) // a terminal was offline

		stored, err := b.client().GetRankings(t.Context(), october)
		require.NoError(t, err)
		require.True(t, stored.GetStored())
		require.Equal(t, noon, stored.GetAsOf().AsTime())
		require.Empty(t, cmp.Diff(live.GetRankings(), stored.GetRankings(), protocmp.Transform()))
		require.Empty(t, cmp.Diff(written.GetRankings(), stored.GetRankings(), protocmp.Transform()))
		require.Nil(t, stored.GetRankings()[1].ServiceLevelBp)
		require.Equal(t, "2024-10-31", stored.GetRange().GetEndDate())
		require.InDelta(t, .3, stored.GetWeights().GetMargin(), 0)

		again, err := b.client().RecomputeRankings(t.Context(), recompute)
		require.NoError(t, err)
		require.Equal(t, "B", again.GetRankings()[0].GetBranchId())
		stored, err = b.client().GetRankings(t.Context(), october)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(again.GetRankings(), stored.GetRankings(), protocmp.Transform()))
	})

	t.Run("WhatWasStoredBeforeTheMonthEndedIsNotShown", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.book(t, b.branch(t, factory.BranchOpts{ID: "A"}), "2024-11-05", middle)
		november := &franchisev1.GetRankingsRequest{Period: "2024-11"}
		_, err := b.client().RecomputeRankings(t.Context(), &franchisev1.RecomputeRankingsRequest{Period: "2024-11"})
		require.NoError(t, err)
		b.book(t, "A", "2024-11-20", best)

		b.clock.Set(time.Date(2024, time.December, 1, 0, 30, 0, 0, time.UTC)) // 03:30 in Kampala: still 30 November
		got, err := b.client().GetRankings(t.Context(), november)
		require.NoError(t, err)
		require.False(t, got.GetStored())

		b.clock.Advance(time.Hour)
		got, err = b.client().GetRankings(t.Context(), november)
		require.NoError(t, err)
		require.False(t, got.GetStored())
		require.Equal(t, int64(180_000_000), got.GetRankings()[0].GetNetSales())
	})

	t.Run("FutureMonthsAndOthersRolesAreRefused", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		own := b.branch(t, factory.BranchOpts{})
		_, err := b.client().RecomputeRankings(t.Context(), &franchisev1.RecomputeRankingsRequest{Period: "2024-12"})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", "period")
		_, err = b.client().RecomputeRankings(t.Context(), &franchisev1.RecomputeRankingsRequest{Period: "2024-13"})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", "period")
		_, err = b.as(factory.As(b.owner, caller.RoleSupervisor, own)).RecomputeRankings(t.Context(), recompute)
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})
}
