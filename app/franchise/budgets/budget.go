package budgets

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

const daysPerWeek = 7

// Amounts are the measures that have targets, in minor units.
type Amounts struct {
	COGS int64
	// Revenue is net sales.
	Revenue int64
	Waste   int64
}

func (a Amounts) plus(other Amounts) Amounts {
	return Amounts{COGS: a.COGS + other.COGS, Revenue: a.Revenue + other.Revenue, Waste: a.Waste + other.Waste}
}

// Target is what a branch should reach in a month.
type Target struct {
	Amounts
	// Weights say how much of the month each weekday carries, Monday first; empty weighs all days alike.
	Weights []int32
}

// Line compares one measure with its target; the pointers are nil where there is no target, or no ratio or projection.
type Line struct {
	Actual       int64
	Favourable   *bool
	Projection   *int64
	Target       *int64
	TargetToDate *int64
	Variance     *int64
	VarianceBP   *int64
}

// Budget is a branch's month against its target.
type Budget struct {
	COGS, Revenue, Waste Line
	CompletedDays        int
	// Flexed is the cost of sales that the target's cost rate allows for the actual net sales. Volume and Efficiency add up to
	// the variance of COGS: what more or fewer sales explain, and what better or worse use explains.
	Efficiency, Flexed, Volume *int64
	// Weights are the target's.
	Weights []int32
}

// completed returns the dates of a month that are over where today is the current business date; false if none is.
func completed(month civil.Month, today civil.Date) (ranges.Dates, bool) {
	dates := ranges.Dates{From: month.First(), To: month.Last()}
	if !today.After(dates.To) {
		dates.To = today.AddDays(-1)
	}
	return dates, !dates.To.Before(dates.From)
}

// Compare compares a branch's month. actual is the sum of the completed dates; past is what the weeks before today were
// like. target is nil if the branch has no budget for the month.
func Compare(month civil.Month, today civil.Date, target *Target, actual Amounts, past History) Budget {
	done, _ := completed(month, today)
	days := max(done.Days(), 0)
	rest := weekdays(ranges.Dates{From: month.First().AddDays(days), To: month.Last()})
	b := Budget{
		COGS:          Line{Actual: actual.COGS, Projection: past.project(actual.COGS, rest, cogs)},
		CompletedDays: days,
		Revenue:       Line{Actual: actual.Revenue, Projection: past.project(actual.Revenue, rest, revenue)},
		Waste:         Line{Actual: actual.Waste, Projection: past.project(actual.Waste, rest, waste)},
	}
	if target == nil {
		return b
	}
	b.Weights = target.Weights
	part, whole := target.weigh(weekdays(done)), target.weigh(weekdays(ranges.Dates{From: month.First(), To: month.Last()}))
	b.COGS.compare(target.COGS, part, whole, lowIsGood)
	b.Revenue.compare(target.Revenue, part, whole, highIsGood)
	b.Waste.compare(target.Waste, part, whole, lowIsGood)
	if flexed, ok := share(target.COGS, actual.Revenue, target.Revenue); ok {
		volume, efficiency := flexed-*b.COGS.TargetToDate, actual.COGS-flexed
		b.Efficiency, b.Flexed, b.Volume = &efficiency, &flexed, &volume
	}
	return b
}

func highIsGood(variance int64) bool { return variance >= 0 }

func lowIsGood(variance int64) bool { return variance <= 0 }

// compare compares with the part of the target that falls on completed dates.
func (l *Line) compare(target, part, whole int64, good func(variance int64) bool) {
	toDate, _ := share(target, part, whole) // the whole month weighs something and the part no more than it
	variance := l.Actual - toDate
	favourable := good(variance)
	l.Favourable, l.Target, l.TargetToDate = &favourable, &target, &toDate
	l.Variance, l.VarianceBP = &variance, figures.Bp(variance, toDate)
}

// weigh returns how much of a month days of these weekdays carry.
func (t *Target) weigh(days [daysPerWeek]int64) int64 {
	var sum int64
	for i, n := range days {
		weight := int64(1)
		if len(t.Weights) == daysPerWeek {
			weight = int64(t.Weights[i])
		}
		sum += weight * n
	}
	return sum
}

// share returns amount × part ÷ whole, rounded once. It answers false if whole is 0 or the share doesn't fit.
func share(amount, part, whole int64) (int64, bool) {
	if whole == 0 {
		return 0, false
	}
	product := decimal.NewFromInt(amount).Mul(decimal.NewFromInt(part))
	rounded, err := money.Round(product.DivRound(decimal.NewFromInt(whole), 0))
	return rounded, err == nil
}

// weekdays counts the dates by weekday, Monday first.
func weekdays(dates ranges.Dates) [daysPerWeek]int64 {
	var counts [daysPerWeek]int64
	for date := dates.From; !date.After(dates.To); date = date.AddDays(1) {
		counts[mondayFirst(date.Weekday())]++
	}
	return counts
}

func mondayFirst(day time.Weekday) int {
	return (int(day) + daysPerWeek - 1) % daysPerWeek
}
