package pricing

import (
	"fmt"
	"slices"
	"time"
)

const (
	minutesPerDay  = 24 * 60
	minutesPerWeek = 7 * minutesPerDay
)

// Daypart is a time of day in a branch's zone, from Start up to but not including End, in minutes after midnight. One with
// Start after End crosses midnight and belongs to the weekday of its start.
type Daypart struct {
	End      int            `json:"end"`
	Start    int            `json:"start"`
	Weekdays []time.Weekday `json:"weekdays,omitempty"` // of its start; none: every day
}

// ParseTimeOfDay reads `HH:MM`.
func ParseTimeOfDay(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("parse time of day %q: %w", text, err)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// FormatTimeOfDay writes `HH:MM`.
func FormatTimeOfDay(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func (d Daypart) on(day time.Weekday) bool {
	return len(d.Weekdays) == 0 || slices.Contains(d.Weekdays, day)
}

// wallClock is what a clock in the branch shows.
type wallClock struct {
	day    time.Weekday
	minute int
}

func readClock(local time.Time) wallClock {
	hour, minute, _ := local.Clock()
	return wallClock{day: local.Weekday(), minute: hour*60 + minute}
}

// Contains reports whether a branch's wall clock shows a time in the daypart.
func (d Daypart) Contains(local time.Time) bool { return d.contains(readClock(local)) }

func (d *Daypart) contains(c wallClock) bool {
	if d.Start < d.End {
		return c.minute >= d.Start && c.minute < d.End && d.on(c.day)
	}
	yesterday := (c.day + 6) % 7
	return c.minute >= d.Start && d.on(c.day) || c.minute < d.End && d.on(yesterday)
}

// span is a part of the week in minutes since Sunday midnight; it may reach into the next week.
type span struct{ from, to int }

func (d Daypart) spans() []span {
	length := d.End - d.Start
	if length <= 0 {
		length += minutesPerDay
	}
	var spans []span
	for day := time.Sunday; day <= time.Saturday; day++ {
		if d.on(day) {
			from := int(day)*minutesPerDay + d.Start
			spans = append(spans, span{from, from + length})
		}
	}
	return spans
}

// Overlaps reports whether some minute of the week is in both.
func (d Daypart) Overlaps(o Daypart) bool {
	for _, a := range d.spans() {
		for _, b := range o.spans() {
			for _, shift := range []int{-minutesPerWeek, 0, minutesPerWeek} {
				if a.from < b.to+shift && b.from+shift < a.to {
					return true
				}
			}
		}
	}
	return false
}

// occurs reports whether the daypart comes up between two instants in some time zone on earth. Zones reach from UTC−12 to
// UTC+14.
func (d Daypart) occurs(starts, ends time.Time) bool {
	from, to := starts.UTC().Add(-12*time.Hour), ends.UTC().Add(14*time.Hour)
	if to.Sub(from) >= 8*24*time.Hour {
		return true
	}
	for t := from; t.Before(to); t = t.Add(time.Minute) {
		if d.Contains(t) {
			return true
		}
	}
	return false
}
