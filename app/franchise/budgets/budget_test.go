package budgets_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/budgets"
	"github.com/chefcloud/chefcloud/app/platform/civil"
)

var november = civil.Month{Year: 2024, Month: time.November}

// afterTenDays is the business date on which 10 days of November 2024 are completed.
var afterTenDays = civil.NewDate(2024, time.November, 11)

func TestCompare(t *testing.T) {
	t.Parallel()
	target := &budgets.Target{Amounts: budgets.Amounts{COGS: 10_500_000, Revenue: 30_000_000, Waste: 300_000}}
	actual := budgets.Amounts{COGS: 3_900_000, Revenue: 10_800_000, Waste: 100_000}

	t.Run("TheWorkedExample", func(t *testing.T) {
		t.Parallel()
		got := budgets.Compare(november, afterTenDays, target, actual, budgets.History{})
		require.Equal(t, 10, got.CompletedDays)

		require.Equal(t, int64(30_000_000), *got.Revenue.Target)
		require.Equal(t, int64(10_000_000), *got.Revenue.TargetToDate)
		require.Equal(t, int64(800_000), *got.Revenue.Variance)
		require.Equal(t, int64(800), *got.Revenue.VarianceBP)
		require.True(t, *got.Revenue.Favourable)

		require.Equal(t, int64(3_500_000), *got.COGS.TargetToDate)
		require.Equal(t, int64(400_000), *got.COGS.Variance)
		require.Equal(t, int64(1143), *got.COGS.VarianceBP)
		require.False(t, *got.COGS.Favourable)

		require.Equal(t, int64(3_780_000), *got.Flexed)
		require.Equal(t, int64(280_000), *got.Volume)
		require.Equal(t, int64(120_000), *got.Efficiency)

		require.Equal(t, int64(0), *got.Waste.Variance)
		require.True(t, *got.Waste.Favourable, "on target is favourable")
	})

	t.Run("AClosedMonthIsComparedWhole", func(t *testing.T) {
		t.Parallel()
		got := budgets.Compare(november, civil.NewDate(2024, time.December, 1), target, actual, budgets.History{})
		require.Equal(t, 30, got.CompletedDays)
		require.Equal(t, int64(30_000_000), *got.Revenue.TargetToDate)
		require.Equal(t, actual.Revenue, *got.Revenue.Projection)
		require.Equal(t, actual.COGS, *got.COGS.Projection)
	})

	t.Run("OnTheFirstNothingIsCompletedYet", func(t *testing.T) {
		t.Parallel()
		got := budgets.Compare(november, november.First(), target, budgets.Amounts{}, budgets.History{})
		require.Zero(t, got.CompletedDays)
		require.Equal(t, int64(0), *got.Revenue.TargetToDate)
		require.Nil(t, got.Revenue.VarianceBP)
		require.True(t, *got.Revenue.Favourable)
		require.Nil(t, got.Revenue.Projection, "there is nothing to project from")
	})

	t.Run("AMonthInTheFutureHasTargetsAndAProjection", func(t *testing.T) {
		t.Parallel()
		history := budgets.History{{Days: 8, Amounts: budgets.Amounts{Revenue: 8_000}}}
		got := budgets.Compare(november, civil.NewDate(2024, time.September, 15), target, budgets.Amounts{}, history)
		require.Zero(t, got.CompletedDays)
		require.Equal(t, int64(30_000), *got.Revenue.Projection)
	})

	t.Run("WithoutABudgetTargetsAreAbsent", func(t *testing.T) {
		t.Parallel()
		got := budgets.Compare(november, afterTenDays, nil, actual, budgets.History{{Days: 1, Amounts: actual}})
		require.Equal(t, budgets.Line{Actual: actual.Revenue, Projection: got.Revenue.Projection}, got.Revenue)
		require.NotNil(t, got.Revenue.Projection)
		require.Nil(t, got.Flexed)
	})

	t.Run("WeekdaysCarryTheirWeight", func(t *testing.T) {
		t.Parallel()
		// November 2024 begins on a Friday: 5 Fridays and Saturdays, 4 of the others. By the 10th, 2 Fridays, Saturdays and Sundays.
		weekend := &budgets.Target{Amounts: budgets.Amounts{Revenue: 1_000}, Weights: []int32{0, 0, 0, 0, 1, 2, 1}}
		got := budgets.Compare(november, afterTenDays, weekend, budgets.Amounts{}, budgets.History{})
		require.Equal(t, int64(421), *got.Revenue.TargetToDate) // 1000 × 8/19
		require.False(t, *got.Revenue.Favourable)
	})

	t.Run("WithoutARevenueTargetThereIsNoCostRate", func(t *testing.T) {
		t.Parallel()
		got := budgets.Compare(november, afterTenDays, &budgets.Target{Amounts: budgets.Amounts{COGS: 300}}, actual, budgets.History{})
		require.Nil(t, got.Flexed)
		require.Equal(t, int64(100), *got.COGS.TargetToDate)
	})

	t.Run("ACostThatDoesNotFitIsAbsent", func(t *testing.T) {
		t.Parallel()
		absurd := &budgets.Target{Amounts: budgets.Amounts{COGS: 1e12, Revenue: 1}}
		got := budgets.Compare(november, afterTenDays, absurd, actual, budgets.History{})
		require.Nil(t, got.Flexed)
		require.NotNil(t, got.COGS.Variance)
	})

	t.Run("VolumeAndEfficiencyAddUpToTheVariance", func(t *testing.T) {
		t.Parallel()
		amounts := rapid.Custom(func(t *rapid.T) budgets.Amounts {
			return budgets.Amounts{
				COGS: rapid.Int64Range(0, 1e12).Draw(t, "cogs"), Revenue: rapid.Int64Range(1e6, 1e12).Draw(t, "revenue"), Waste: 1,
			}
		})
		rapid.Check(t, func(t *rapid.T) {
			target := &budgets.Target{
				Amounts: amounts.Draw(t, "target"), Weights: rapid.SliceOfN(rapid.Int32Range(1, 1000), 7, 7).Draw(t, "weights"),
			}
			today := november.First().AddDays(rapid.IntRange(-5, 40).Draw(t, "day"))
			got := budgets.Compare(november, today, target, amounts.Draw(t, "actual"), budgets.History{})
			require.Equal(t, *got.COGS.Variance, *got.Volume+*got.Efficiency)
			require.LessOrEqual(t, *got.Revenue.TargetToDate, target.Revenue)
			if got.CompletedDays == november.Days() {
				require.Equal(t, target.Revenue, *got.Revenue.TargetToDate)
			}
		})
	})
}

func TestProjection(t *testing.T) {
	t.Parallel()
	// On Thursday 28 November three dates remain: Thursday, Friday and Saturday.
	today := civil.NewDate(2024, time.November, 28)
	const monday, thursday, friday, saturday = 0, 3, 4, 5
	day := func(days, revenue int64) budgets.Weekday {
		return budgets.Weekday{Amounts: budgets.Amounts{COGS: revenue / 2, Revenue: revenue}, Days: days}
	}

	t.Run("EachRemainingDateIsTheMeanOfItsWeekday", func(t *testing.T) {
		t.Parallel()
		history := budgets.History{monday: day(8, 800), thursday: day(8, 8_000), friday: day(4, 8_000), saturday: day(8, 24_000)}
		got := budgets.Compare(november, today, nil, budgets.Amounts{COGS: 50, Revenue: 100}, history)
		require.Equal(t, int64(100+1_000+2_000+3_000), *got.Revenue.Projection)
		require.Equal(t, int64(50+500+1_000+1_500), *got.COGS.Projection)
		require.Equal(t, int64(0), *got.Waste.Projection)
	})

	t.Run("AWeekdayWithoutAnyTakesTheMeanOfAllDays", func(t *testing.T) {
		t.Parallel()
		history := budgets.History{monday: day(8, 800), friday: day(2, 4_000)} // 4800 over 10 days
		got := budgets.Compare(november, today, nil, budgets.Amounts{Revenue: 100}, history)
		require.Equal(t, int64(100+480+2_000+480), *got.Revenue.Projection)
	})

	t.Run("FractionsAreRoundedOnce", func(t *testing.T) {
		t.Parallel()
		history := budgets.History{thursday: day(2, 1), friday: day(2, 1), saturday: day(2, 1)} // 3 × 0.5
		got := budgets.Compare(november, today, nil, budgets.Amounts{}, history)
		require.Equal(t, int64(2), *got.Revenue.Projection)
	})

	t.Run("NoHistoryNoProjection", func(t *testing.T) {
		t.Parallel()
		got := budgets.Compare(november, today, nil, budgets.Amounts{Revenue: 100}, budgets.History{})
		require.Nil(t, got.Revenue.Projection)
	})
}
