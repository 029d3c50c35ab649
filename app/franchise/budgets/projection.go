package budgets

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

// historyDays is how far a projection looks back: eight weeks, so that each weekday counts eight times.
const historyDays = 8 * daysPerWeek

// History is what each weekday was like lately, Monday first.
type History [daysPerWeek]Weekday

// Weekday is the sum of several dates of one weekday.
type Weekday struct {
	Amounts
	// Days is the number of dates on which anything was booked; the others don't count as days with nothing.
	Days int64
}

// lookback returns the dates that a projection made today looks at.
func lookback(today civil.Date) ranges.Dates {
	return ranges.Dates{From: today.AddDays(-historyDays), To: today.AddDays(-1)}
}

// The measures of Amounts.
var (
	cogs    = func(a Amounts) int64 { return a.COGS }
	revenue = func(a Amounts) int64 { return a.Revenue }
	waste   = func(a Amounts) int64 { return a.Waste }
)

// project returns what a month will come to: the actual of the completed dates and, for each remaining one, the mean of
// its weekday, or the mean of all days if its weekday has none. With dates to come and no history there is no projection.
func (h History) project(actual int64, remaining [daysPerWeek]int64, measure func(Amounts) int64) *int64 {
	if remaining == ([daysPerWeek]int64{}) {
		return &actual
	}
	var all, allDays int64
	for _, day := range h {
		all += measure(day.Amounts)
		allDays += day.Days
	}
	if allDays == 0 {
		return nil
	}
	sum := new(big.Rat).SetInt64(actual)
	for i, day := range h {
		mean := big.NewRat(all, allDays)
		if day.Days > 0 {
			mean = big.NewRat(measure(day.Amounts), day.Days)
		}
		sum.Add(sum, mean.Mul(mean, new(big.Rat).SetInt64(remaining[i])))
	}
	// FloatString rounds half away from zero.
	projection, err := money.Round(decimal.RequireFromString(sum.FloatString(0)))
	if err != nil {
		return nil
	}
	return &projection
}
