package forecast_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/platform/civil"
)

var (
	fridayRun  = civil.NewDate(2024, time.November, 8)
	payday     = forecast.OnDaysOfMonth(1000, 28, 29)
	saturdays  = forecast.OnWeekdays(1500, time.Saturday)
	monthEnd   = forecast.OnMonthEnd(1000)
	fridays    = []int64{46, 44, 42, 38} // latest first
	otherUse   = decimal.NewFromInt(99)
	noUplifts  = []forecast.Uplift{}
	allUplifts = []forecast.Uplift{payday, saturdays, monthEnd}
)

func TestWeekdayMA(t *testing.T) {
	t.Parallel()
	history := []forecast.Use{
		{Date: fridayRun, Quantity: otherUse},              // the run's own date doesn't count
		{Date: fridayRun.AddDays(-35), Quantity: otherUse}, // a fifth Friday neither
		{Date: fridayRun.AddDays(-1), Quantity: otherUse},  // nor a Thursday
	}
	for i, kilos := range fridays {
		history = append(history, forecast.Use{Date: fridayRun.AddDays(-7 * (i + 1)), Quantity: decimal.NewFromInt(kilos)})
	}

	cases := map[string]struct {
		date    civil.Date
		uplifts []forecast.Uplift
		want    string
	}{
		"the mean of four Fridays":              {civil.NewDate(2024, time.November, 8), noUplifts, "42.500"},
		"a payday Friday takes a tenth more":    {civil.NewDate(2024, time.November, 29), allUplifts, "46.750"},
		"an ordinary Friday takes no uplift":    {civil.NewDate(2024, time.November, 15), allUplifts, "42.500"},
		"uplifts on the same date multiply":     {civil.NewDate(2025, time.January, 31), []forecast.Uplift{monthEnd, monthEnd}, "51.425"},
		"a lower demand is a negative uplift":   {civil.NewDate(2024, time.November, 15), []forecast.Uplift{forecast.OnWeekdays(-500, time.Friday)}, "40.375"},
		"rounding is to three decimals, upward": {civil.NewDate(2024, time.November, 15), []forecast.Uplift{forecast.OnWeekdays(3, time.Friday)}, "42.513"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := forecast.WeekdayMA(history, forecast.DefaultWeeks, fridayRun, tc.date, tc.uplifts...)
			require.NoError(t, err)
			require.Equal(t, tc.want, got.StringFixed(3))
		})
	}

	t.Run("OneDateIsInsufficient", func(t *testing.T) {
		t.Parallel()
		_, err := forecast.WeekdayMA(history[2:4], forecast.DefaultWeeks, fridayRun, fridayRun)
		require.ErrorIs(t, err, forecast.ErrInsufficientData)
	})
}

func TestMA(t *testing.T) {
	t.Parallel()
	run := civil.NewDate(2024, time.November, 22)
	var history []forecast.Use // 14 open dates with 280 in all, a closed Monday among them
	for i, date := 0, run.AddDays(-15); date.Before(run); date = date.AddDays(1) {
		if date.Weekday() == time.Monday && i < 7 {
			continue
		}
		history = append(history, forecast.Use{Date: date, Quantity: decimal.NewFromInt(int64(20 + i%2*2 - 1))})
		i++
	}
	require.Len(t, history, 14)

	cases := map[string]struct {
		date civil.Date
		want string
	}{
		"an ordinary date":                  {civil.NewDate(2024, time.November, 26), "20.000"},
		"a Saturday":                        {civil.NewDate(2024, time.November, 23), "23.000"},
		"a Saturday at the month's end":     {civil.NewDate(2024, time.November, 30), "25.300"},
		"a month's end that is no Saturday": {civil.NewDate(2024, time.December, 31), "22.000"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := forecast.MA(history, 14, run, tc.date, saturdays, monthEnd)
			require.NoError(t, err)
			require.Equal(t, tc.want, got.StringFixed(3))
		})
	}

	t.Run("FewerDatesThanAskedAreAllTaken", func(t *testing.T) {
		t.Parallel()
		got, err := forecast.MA(history, 30, run, run)
		require.NoError(t, err)
		require.Equal(t, "20.000", got.StringFixed(3))
	})

	t.Run("ZeroDaysCount", func(t *testing.T) {
		t.Parallel()
		zero := append([]forecast.Use{{Date: run.AddDays(-16)}, {Date: run.AddDays(-17)}}, history...)
		got, err := forecast.MA(zero, 16, run, run)
		require.NoError(t, err)
		require.Equal(t, "17.500", got.StringFixed(3))
	})

	t.Run("NothingIsInventedFromLessThanTwoDates", func(t *testing.T) {
		t.Parallel()
		for _, n := range []int{0, 1} {
			_, err := forecast.MA(history[:n], 14, run, run)
			require.ErrorIs(t, err, forecast.ErrInsufficientData)
		}
		_, err := forecast.MA(history, 14, run.AddDays(-14), run)
		require.ErrorIs(t, err, forecast.ErrInsufficientData, "dates from the run on are unknown to it")
	})

	t.Run("TheResultIsNeverNegativeAndNeverLongerThanAQuantity", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			thousandths := rapid.SliceOfN(rapid.Int64Range(-5_000, 100_000), 2, 40).Draw(t, "thousandths")
			var history []forecast.Use
			for i, n := range thousandths {
				history = append(history, forecast.Use{Date: run.AddDays(-i - 1), Quantity: decimal.New(n, -3)})
			}
			got, err := forecast.MA(history, rapid.IntRange(2, 30).Draw(t, "n"), run, run, saturdays, monthEnd)
			require.NoError(t, err)
			require.False(t, got.IsNegative())
			require.True(t, got.Equal(got.Truncate(3)))
		})
	})
}
