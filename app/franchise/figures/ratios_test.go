package figures_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// workedDay is the sum of the worked day of semantics: O1, O2 and O5 of a branch in Kampala on 2024-11-08.
var workedDay = daysales.Figures{
	COGS: 9_300 + 15_000 + 2_500, Comps: 8_000, Covers: 6, Discounts: 2_400, Gross: 27_000 + 40_000 + 8_000, Orders: 3, Refunds: 5_000,
	Tickets: 20, TicketsOnTime: 17, Voids: 1, VoidsValue: 15_000, WasteCost: 12_600,
}

// secondBranch is the other branch on that day.
var secondBranch = daysales.Figures{COGS: 46_332, Gross: 140_400}

func TestToProto(t *testing.T) {
	t.Parallel()

	t.Run("TheWorkedDay", func(t *testing.T) {
		t.Parallel()
		got := figures.ToProto(workedDay)
		require.Equal(t, int64(75_000), got.GetGrossSales())
		require.Equal(t, int64(59_600), got.GetNetSales())
		require.Equal(t, got.GetNetSales(), got.GetRevenue())
		require.Equal(t, int64(19_867), got.GetAverageCheck())
		require.Equal(t, int64(9_933), got.GetNetPerCover())
		require.Equal(t, int64(26_800), got.GetCogs())
		require.Equal(t, int64(32_800), got.GetGrossMargin())
		require.Equal(t, int64(5503), got.GetGrossMarginBp())
		require.Equal(t, int64(4497), got.GetFoodCostBp())
		require.Equal(t, int64(2114), got.GetWasteOfSalesBp())
		require.Equal(t, int64(4701), got.GetWasteOfCogsBp())
		require.Equal(t, int64(8500), got.GetServiceLevelBp())
		require.Equal(t, int64(1), got.GetVoids())
		require.Equal(t, int64(15_000), got.GetVoidsValue())
	})

	t.Run("TheOrganisationsRatioIsTheRatioOfTheSums", func(t *testing.T) {
		t.Parallel()
		got := figures.ToProto(workedDay.Plus(secondBranch))
		require.Equal(t, int64(200_000), got.GetNetSales())
		require.Equal(t, int64(73_132), got.GetCogs())
		require.Equal(t, int64(3657), got.GetFoodCostBp())
	})

	t.Run("RatiosOverNothingAreAbsent", func(t *testing.T) {
		t.Parallel()
		got := figures.ToProto(daysales.Figures{})
		require.Equal(t, &franchisev1.Figures{}, got)
		require.Nil(t, got.AverageCheck)
		require.Nil(t, got.ServiceLevelBp)
	})

	t.Run("ADayOfRefundsHasANegativeNet", func(t *testing.T) {
		t.Parallel()
		got := figures.ToProto(daysales.Figures{Refunds: 5_000})
		require.Equal(t, int64(-5_000), got.GetNetSales())
		require.Nil(t, got.AverageCheck)
		require.Equal(t, int64(10_000), got.GetGrossMarginBp())
	})
}

func TestChanges(t *testing.T) {
	t.Parallel()

	t.Run("GrowthIsInBasisPointsOfBefore", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, int64(500), *figures.ChangeBp(109_200_000, 104_000_000))
		require.Equal(t, int64(-10_000), *figures.ChangeBp(0, 1))
		require.Equal(t, int64(0), *figures.ChangeBp(7, 7))
	})

	t.Run("NothingOrLessHasNoGrowth", func(t *testing.T) {
		t.Parallel()
		require.Nil(t, figures.ChangeBp(100, 0))
		require.Nil(t, figures.ChangeBp(100, -100))
	})

	t.Run("ChecksAreComparedBeforeTheyAreRounded", func(t *testing.T) {
		t.Parallel()
		now, before := daysales.Figures{Gross: 4, Orders: 3}, daysales.Figures{Gross: 5, Orders: 4} // 1.333 against 1.25
		require.Equal(t, int64(667), *figures.CheckChangeBp(now, before))
		require.Nil(t, figures.CheckChangeBp(daysales.Figures{}, before))
		require.Nil(t, figures.CheckChangeBp(now, daysales.Figures{}))
	})

	t.Run("LargeChecksDoNotOverflow", func(t *testing.T) {
		t.Parallel()
		now := daysales.Figures{Gross: 3_000_000_000_000_000, Orders: 10_000_000}
		before := daysales.Figures{Gross: 2_000_000_000_000_000, Orders: 10_000_000}
		require.Equal(t, int64(5000), *figures.CheckChangeBp(now, before))
	})
}
