package ranges

import "github.com/chefcloud/chefcloud/app/platform/civil"

// Dates is a span of business dates, both included. From is never after To.
type Dates struct {
	From, To civil.Date
}

// Contains reports whether date lies within.
func (d Dates) Contains(date civil.Date) bool {
	return !date.Before(d.From) && !date.After(d.To)
}

// Days returns the number of dates, at least 1.
func (d Dates) Days() int { return d.To.DaysSince(d.From) + 1 }

// Shift returns as many dates, n days later.
func (d Dates) Shift(n int) Dates {
	return Dates{From: d.From.AddDays(n), To: d.To.AddDays(n)}
}

// String returns `2024-11-01..2024-11-30`.
func (d Dates) String() string { return d.From.String() + ".." + d.To.String() }

// Union returns the least span that covers both.
func (d Dates) Union(other Dates) Dates {
	if other.From.Before(d.From) {
		d.From = other.From
	}
	if other.To.After(d.To) {
		d.To = other.To
	}
	return d
}

// Span is a range's dates and those that they are compared with.
type Span struct {
	Current, Before Dates
}

// Union returns the least span that covers both.
func (s Span) Union(other Span) Span {
	return Span{Current: s.Current.Union(other.Current), Before: s.Before.Union(other.Before)}
}
