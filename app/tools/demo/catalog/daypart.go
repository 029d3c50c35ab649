package catalog

// Categories of dishes.
const (
	Breakfast = "BREAKFAST"
	Cold      = "COLD_DRINK"
	Hot       = "HOT_DRINK"
	Main      = "MAIN"
	Side      = "SIDE"
)

// Daypart is a part of the day in which guests want the same kinds of dishes.
type Daypart int

// The dayparts.
const (
	Morning Daypart = iota
	Midday
	Evening
	Dayparts // their number
)

// appetites is how much each category is wanted, by daypart.
var appetites = map[string][Dayparts]int{
	Breakfast: {Morning: 10, Midday: 1, Evening: 0},
	Cold:      {Morning: 2, Midday: 6, Evening: 10},
	Hot:       {Morning: 10, Midday: 4, Evening: 2},
	Main:      {Morning: 1, Midday: 10, Evening: 10},
	Side:      {Morning: 3, Midday: 6, Evening: 6},
}

// DaypartOf returns the daypart of an hour of the branch's day.
func DaypartOf(hour int) Daypart {
	switch {
	case hour < 11:
		return Morning
	case hour < 17:
		return Midday
	default:
		return Evening
	}
}

// WeightIn is how often a dish is ordered in a daypart, in relation to the other dishes.
func (d Dish) WeightIn(p Daypart) int { return d.Weight * appetites[d.Category][p] }
