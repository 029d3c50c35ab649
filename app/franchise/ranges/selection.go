package ranges

import (
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// kind sorts selections by how they are compared.
type kind int

const (
	// trailing counts days back from today.
	trailing kind = iota
	monthToDate
	month
	explicit
)

// Selection is what a request says about dates, well formed, before anybody knows which day today is. The zero Selection
// is [Today].
type Selection struct {
	kind kind
	// field is the request field that a complaint names.
	field string
	// first and last are the days before today on which a trailing selection begins and ends.
	first, last int
	month       civil.Month
	dates       Dates
}

// Selections to fall back on when a request sets nothing.
var (
	// Today is the current business date.
	Today = Selection{field: fieldRange}
	// MonthToDate is the current month up to today.
	MonthToDate = Selection{kind: monthToDate, field: fieldRange}
)

// Between selects two dates and those in between.
func Between(dates Dates) Selection {
	return Selection{kind: explicit, field: fieldStartDate, dates: dates}
}

// Month selects a calendar month, whole.
func Month(m civil.Month) Selection {
	return Selection{kind: month, field: fieldPeriod, month: m}
}

// On returns the dates selected where the current business date is today, and those to compare them with: as many days
// right before; for a month, the month before; for a month to date, the same days of the month before, cut at its end.
func (s Selection) On(today civil.Date) Span {
	switch s.kind {
	case monthToDate:
		return Span{
			Current: Dates{From: today.MonthOf().First(), To: today},
			Before:  Dates{From: today.MonthOf().AddMonths(-1).First(), To: today.AddMonths(-1)},
		}
	case month:
		before := s.month.AddMonths(-1)
		return Span{
			Current: Dates{From: s.month.First(), To: s.month.Last()},
			Before:  Dates{From: before.First(), To: before.Last()},
		}
	case trailing:
		return rightBefore(Dates{From: today.AddDays(-s.first), To: today.AddDays(-s.last)})
	default: // explicit
		return rightBefore(s.dates)
	}
}

// WholeMonth returns the month if exactly one was asked for by name.
func (s Selection) WholeMonth() (civil.Month, bool) {
	return s.month, s.kind == month
}

// RefuseFuture answers an Invalid error if all dates lie after latest, the latest current business date of any branch: a
// report on days that nobody has seen yet is a mistyped request. Dates that begin in the past may end in the future.
func (s Selection) RefuseFuture(latest civil.Date) error {
	if !s.On(latest).Current.From.After(latest) {
		return nil
	}
	return fault.Invalid(s.field, "must not begin after the current business date, "+latest.String())
}

func rightBefore(current Dates) Span {
	return Span{Current: current, Before: current.Shift(-current.Days())}
}
