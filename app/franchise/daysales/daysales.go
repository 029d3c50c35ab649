package daysales

import "github.com/chefcloud/chefcloud/app/platform/civil"

// Day is a branch's business date.
type Day struct {
	BranchID string
	Date     civil.Date
}

// Figures are what is counted of a branch's business date. Money is in minor units.
type Figures struct {
	COGS          int64
	Comps         int64
	Covers        int64
	Discounts     int64
	Gross         int64
	Orders        int64
	Purchases     int64
	Refunds       int64
	Tax           int64
	Tickets       int64
	TicketsOnTime int64
	Voids         int64
	VoidsValue    int64
	WasteCost     int64
}

// Net returns net sales: gross − discounts − comps − refunds.
func (f Figures) Net() int64 { return f.Gross - f.Discounts - f.Comps - f.Refunds }

// Minus returns f with every figure of other taken away.
func (f Figures) Minus(other Figures) Figures {
	return Figures{
		COGS:          f.COGS - other.COGS,
		Comps:         f.Comps - other.Comps,
		Covers:        f.Covers - other.Covers,
		Discounts:     f.Discounts - other.Discounts,
		Gross:         f.Gross - other.Gross,
		Orders:        f.Orders - other.Orders,
		Purchases:     f.Purchases - other.Purchases,
		Refunds:       f.Refunds - other.Refunds,
		Tax:           f.Tax - other.Tax,
		Tickets:       f.Tickets - other.Tickets,
		TicketsOnTime: f.TicketsOnTime - other.TicketsOnTime,
		Voids:         f.Voids - other.Voids,
		VoidsValue:    f.VoidsValue - other.VoidsValue,
		WasteCost:     f.WasteCost - other.WasteCost,
	}
}

// Plus returns the sum of both.
func (f Figures) Plus(other Figures) Figures { return f.Minus(Figures{}.Minus(other)) }

// Delta is a change of a branch's business date.
type Delta struct {
	Figures
	BranchID string
	Currency string
	Date     civil.Date
	OrgID    string
}

// Difference is a day whose rollup isn't the sum of its raw rows.
type Difference struct {
	Day
	// Stored is what branch_day_sales says.
	Stored Figures
	// Recomputed is what the raw rows say.
	Recomputed Figures
}

// compare returns the days on which the two disagree. A day that is missing counts as zeros.
func compare(stored, recomputed map[Day]Figures) []Difference {
	var differences []Difference
	for day, want := range recomputed {
		if got := stored[day]; got != want {
			differences = append(differences, Difference{Day: day, Stored: got, Recomputed: want})
		}
	}
	for day, got := range stored {
		if _, ok := recomputed[day]; !ok && got != (Figures{}) {
			differences = append(differences, Difference{Day: day, Stored: got})
		}
	}
	return differences
}
