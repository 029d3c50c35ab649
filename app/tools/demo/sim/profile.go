package sim

import (
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Profile is what a branch is like.
type Profile struct {
	ClosedOn      []time.Weekday
	CostPermille  int64 // what it pays for goods, 1000 as in the catalogue
	CutoffMinutes int
	DailyOrders   int64 // on an average day at the beginning of 2024
	// GrowthPermille is the orders gained in a year.
	GrowthPermille int64
	ID             string
	LatePermille   int // tickets later than the target, outside of the rush
	Location       *time.Location
	Name           string
	OpenedOn       civil.Date
	ServiceTarget  time.Duration
	WastePermille  int64 // of what is used
}

// weekdays is how busy the days are, from Sunday, in permille.
var weekdays = [7]int64{1_020, 820, 840, 880, 950, 1_200, 1_290}

// firstYear is where growth is counted from.
var firstYear = civil.NewDate(2024, time.January, 1)

// Demand returns the orders of a date in thousandths, before chance; 0 if the branch is closed.
func (p *Profile) Demand(date civil.Date) int64 {
	if !p.Open(date) {
		return 0
	}
	days := int64(date.DaysSince(firstYear))
	demand := p.DailyOrders * (1_000 + p.GrowthPermille*days/365)
	demand = demand * weekdays[date.Weekday()] / 1_000
	demand = demand * payday(date) / 1_000
	// A new branch takes three months to become known.
	const known = 90
	if age := int64(date.DaysSince(p.OpenedOn)); age < known {
		demand = demand * (700 + 300*age/known) / 1_000
	}
	return max(demand, 0)
}

// payday is how much more is spent around the days on which wages are paid, in permille.
func payday(date civil.Date) int64 {
	switch {
	case date == date.MonthOf().Last():
		return 1_180
	case date.Day >= 28, date.Day <= 2:
		return 1_120
	case date.Day == 15, date.Day == 16:
		return 1_040
	default:
		return 1_000
	}
}

// Open reports whether the branch does business on the date.
func (p *Profile) Open(date civil.Date) bool {
	return !date.Before(p.OpenedOn) && !slices.Contains(p.ClosedOn, date.Weekday())
}

// Weight returns Demand with the chance of the day in it.
func (w *World) Weight(p *Profile, date civil.Date) int64 {
	const spread = 80 // permille, to either side
	chance := w.random(p.ID, date, demandStream)
	return p.Demand(date) * (1_000 - spread + chance.Int64N(2*spread+1)) / 1_000
}
