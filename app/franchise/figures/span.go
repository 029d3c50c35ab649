package figures

import (
	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// ErrMixedCurrency is a report over sales in several currencies, which have no sum.
var ErrMixedCurrency = fault.FailedPrecondition("MIXED_CURRENCY", "the range holds sales in another currency than the organisation's")

// Span is dates of a branch whose days are to be summed.
type Span struct {
	BranchID string
	// ByDate asks for the single days too.
	ByDate bool
	ranges.Dates
}

// Sum is what the days of a span add up to.
type Sum struct {
	daysales.Figures
	// Booked is the number of dates on which anything was booked.
	Booked int64
	// Days are those dates, in no order, if the span asked for them.
	Days []Day
}

// Day is one date of a branch.
type Day struct {
	COGS   int64
	Date   civil.Date
	Net    int64
	Orders int64
}

// Pair is the figures of a branch in a range and in the range that it is compared with.
type Pair struct {
	Before, Current Sum
}

// TakesPart reports whether a branch counts in dates: it was open by their end, or something was booked in them.
func TakesPart(b branch.Branch, sum Sum, dates ranges.Dates) bool {
	return sum.Booked > 0 || !b.OpenedOn.After(dates.To)
}

// spans lists the current dates of each branch in scope, then those before.
func spans(q Query, byDate bool) []Span {
	branches := q.Scope.Branches
	list := make([]Span, 2*len(branches))
	for i, b := range branches {
		span := q.Dates.In(b.TimeZone)
		list[i] = Span{BranchID: b.ID, ByDate: byDate, Dates: span.Current}
		list[len(branches)+i] = Span{BranchID: b.ID, Dates: span.Before}
	}
	return list
}
