package forecast

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

const (
	daysPerWeek = 7
	// leastPoints is how many days it takes to foresee anything.
	leastPoints = 2
	// closedWeeks is how many weeks in a row a branch is closed on a weekday until it is taken to stay closed on it.
	closedWeeks = 4
)

// Day is what a day says about demand.
type Day struct {
	State State
	// Use is in base units; it tells something only of an open day.
	Use float64
}

// State tells which days count.
type State uint8

// The states of a day.
const (
	// Closed is a day without any sale in the branch.
	Closed State = iota
	// Open is a day that counts.
	Open
	// OutOfStock is an open day on which nothing was used because there was nothing.
	OutOfStock
)

// Series is the daily use of an item in a branch, without gaps, up to the day before the run.
type Series struct {
	Days  []Day
	First civil.Date
}

// Run returns the first date that is foreseen.
func (s Series) Run() civil.Date { return s.First.AddDays(len(s.Days)) }

// weekday returns the day of the week of a place in the series.
func (s Series) weekday(i int) time.Weekday {
	return time.Weekday((int(s.First.Weekday()) + i) % daysPerWeek)
}

// closedOn reports whether the branch stays closed on a weekday: it was closed on all of the last four, of which there are at
// least two.
func (s Series) closedOn(day time.Weekday) bool {
	seen := 0
	for i := len(s.Days) - 1; i >= 0 && i >= len(s.Days)-closedWeeks*daysPerWeek; i-- {
		if s.weekday(i) != day {
			continue
		}
		if s.Days[i].State != Closed {
			return false
		}
		seen++
	}
	return seen >= leastPoints
}
