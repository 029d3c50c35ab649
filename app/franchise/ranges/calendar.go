package ranges

import (
	"strings"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Calendar is the current business date in each time zone in which an organisation has branches. It is never empty.
type Calendar []ZoneDate

// ZoneDate is the current business date in a time zone.
type ZoneDate struct {
	// TimeZone is an IANA name.
	TimeZone string
	Today    civil.Date
}

// Latest returns the latest current business date.
func (c Calendar) Latest() civil.Date {
	latest := c[0].Today
	for _, z := range c[1:] {
		if z.Today.After(latest) {
			latest = z.Today
		}
	}
	return latest
}

// Earliest returns the earliest current business date: all dates before it are completed everywhere.
func (c Calendar) Earliest() civil.Date {
	earliest := c[0].Today
	for _, z := range c[1:] {
		if z.Today.Before(earliest) {
			earliest = z.Today
		}
	}
	return earliest
}

// Today returns the current business date in a time zone of the calendar.
func (c Calendar) Today(timeZone string) civil.Date {
	for _, z := range c {
		if z.TimeZone == timeZone {
			return z.Today
		}
	}
	return c[0].Today
}

// String lists zones with their dates.
func (c Calendar) String() string {
	var b strings.Builder
	for _, z := range c {
		b.WriteString(z.TimeZone)
		b.WriteByte('=')
		b.WriteString(z.Today.String())
		b.WriteByte(' ')
	}
	return b.String()
}

// Resolved is a selection on a calendar: the dates that it means in each time zone. It is never empty.
type Resolved []ZoneSpan

// ZoneSpan is what a selection means in a time zone.
type ZoneSpan struct {
	TimeZone string
	Span
}

// Resolve returns the dates that s means on c.
func (s Selection) Resolve(c Calendar) Resolved {
	r := make(Resolved, len(c))
	for i, z := range c {
		r[i] = ZoneSpan{TimeZone: z.TimeZone, Span: s.On(z.Today)}
	}
	return r
}

// In returns the dates in a time zone of the calendar.
func (r Resolved) In(timeZone string) Span {
	for _, z := range r {
		if z.TimeZone == timeZone {
			return z.Span
		}
	}
	return r[0].Span
}

// String lists zones with their dates: equal texts mean equal dates everywhere, however they were asked for.
func (r Resolved) String() string {
	var b strings.Builder
	for _, z := range r {
		b.WriteString(z.TimeZone)
		b.WriteByte('=')
		b.WriteString(z.Current.String())
		b.WriteByte('/')
		b.WriteString(z.Before.String())
		b.WriteByte(' ')
	}
	return b.String()
}

// Union returns the least span that covers the dates in every time zone.
func (r Resolved) Union() Span {
	union := r[0].Span
	for _, z := range r[1:] {
		union = union.Union(z.Span)
	}
	return union
}
