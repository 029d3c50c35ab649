package forecast

import (
	"cmp"
	"errors"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

// Method names how a point was made, as `forecast_points.method` holds it.
type Method string

// The methods.
const (
	// MethodMA is the mean of the last open dates.
	MethodMA Method = "MA"
	// MethodWeekdayMA is the mean of the last open dates of the same weekday.
	MethodWeekdayMA Method = "WEEKDAY_MA"
)

// DefaultWeeks is how many dates of a weekday WeekdayMA takes where nothing else is said.
const DefaultWeeks = 4

// leastPoints is how many dates it takes to foresee anything.
const leastPoints = 2

// ErrInsufficientData is a series of fewer than two open dates.
var ErrInsufficientData = errors.New("insufficient data")

// Use is what a branch used of an item, in base units, on a date on which it was open and had the item in stock. Other
// dates have none.
type Use struct {
	Date     civil.Date
	Quantity decimal.Decimal
}

// MA foresees a date as the mean of the last n open dates before run, or of all where there are fewer, times the uplifts.
func MA(history []Use, n int, run, date civil.Date, uplifts ...Uplift) (decimal.Decimal, error) {
	return mean(last(history, n, func(u Use) bool { return u.Date.Before(run) }), date, uplifts)
}

// WeekdayMA foresees a date as the mean of the last k open dates before run of the same weekday, or of all where there are
// fewer, times the uplifts.
func WeekdayMA(history []Use, k int, run, date civil.Date, uplifts ...Uplift) (decimal.Decimal, error) {
	return mean(last(history, k, func(u Use) bool {
		return u.Date.Before(run) && u.Date.Weekday() == date.Weekday()
	}), date, uplifts)
}

// last returns the n latest of the dates that fit.
func last(history []Use, n int, fits func(Use) bool) []Use {
	fitting := slices.DeleteFunc(slices.Clone(history), func(u Use) bool { return !fits(u) })
	slices.SortFunc(fitting, func(a, b Use) int { return cmp.Or(a.Date.Compare(b.Date), a.Quantity.Cmp(b.Quantity)) })
	return fitting[max(len(fitting)-n, 0):]
}

// mean rounds once, to the three decimals of a quantity, and is never negative: more may have been put back than taken.
func mean(points []Use, date civil.Date, uplifts []Uplift) (decimal.Decimal, error) {
	if len(points) < leastPoints {
		return decimal.Zero, ErrInsufficientData
	}
	sum := decimal.Zero
	for _, p := range points {
		sum = sum.Add(p.Quantity)
	}
	for _, u := range uplifts {
		if u.On(date) {
			sum = sum.Mul(u.factor())
		}
	}
	return decimal.Max(decimal.Zero, sum.DivRound(decimal.NewFromInt(int64(len(points))), quantity.Places)), nil
}
