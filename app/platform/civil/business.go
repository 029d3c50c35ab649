package civil

import "time"

// BusinessDate returns the date that the instant counts for in a branch: the local date, or the day before if the local time
// is earlier than the cut-off, given in minutes after midnight.
func BusinessDate(instant time.Time, loc *time.Location, cutoffMinutes int) Date {
	local := instant.In(loc)
	hour, minute, _ := local.Clock()
	date := DateOf(local)
	if hour*60+minute < cutoffMinutes {
		return date.AddDays(-1)
	}
	return date
}

// Span returns the instants that a business date lasts: from is its first, to is the first of the next. It is as long as the
// wall clock says: 25 or 23 hours where summer time ends or begins within.
//
// Where the clocks go back over the cut-off itself, the repeated minutes count for the day before by the rule of BusinessDate,
// and the span starts when the clock passes the cut-off for good.
func Span(date Date, loc *time.Location, cutoffMinutes int) (from, to time.Time) {
	return startOf(date, loc, cutoffMinutes), startOf(date.AddDays(1), loc, cutoffMinutes)
}

// startOf returns the instant when the wall clock passes the cut-off of the date for the last time. time.Date alone leaves it
// open which of two instants it picks when the clock shows that time twice, or never.
func startOf(date Date, loc *time.Location, cutoffMinutes int) time.Time {
	wall := date.midnightUTC().Add(time.Duration(cutoffMinutes) * time.Minute)
	guess := time.Date(date.Year, date.Month, date.Day, 0, cutoffMinutes, 0, 0, loc)
	zoneStart, zoneEnd := guess.ZoneBounds() // zero where the zone never changed before, or never will again

	offsets := []time.Duration{offset(guess)}
	if !zoneStart.IsZero() {
		offsets = append(offsets, offset(zoneStart.Add(-1)))
	}
	if !zoneEnd.IsZero() {
		offsets = append(offsets, offset(zoneEnd))
	}
	var start time.Time
	for _, o := range offsets {
		candidate := wall.Add(-o)
		if offset(candidate.In(loc)) == o && candidate.After(start) {
			start = candidate
		}
	}
	switch {
	case !start.IsZero():
		return start
	case guess.UTC().Add(offset(guess)).After(wall): // the clock jumped over the cut-off just before the guess
		return zoneStart.UTC()
	default: // or is about to
		return zoneEnd.UTC()
	}
}

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}
