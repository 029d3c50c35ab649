package forecast

import (
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Uplift raises what is foreseen for certain dates; uplifts that fall together multiply.
type Uplift struct {
	// BP is the raise in basis points; 1000 is 10 % more, a negative one is less.
	BP int64
	// On tells the dates.
	On func(civil.Date) bool
}

// OnWeekdays raises these days of the week.
func OnWeekdays(bp int64, days ...time.Weekday) Uplift {
	return Uplift{BP: bp, On: func(d civil.Date) bool { return slices.Contains(days, d.Weekday()) }}
}

// OnMonthEnd raises the last day of each month.
func OnMonthEnd(bp int64) Uplift {
	return Uplift{BP: bp, On: func(d civil.Date) bool { return d == d.MonthOf().Last() }}
}

// OnDaysOfMonth raises these days of each month, paydays for example.
func OnDaysOfMonth(bp int64, days ...int) Uplift {
	return Uplift{BP: bp, On: func(d civil.Date) bool { return slices.Contains(days, d.Day) }}
}

// factor is 1 + the raise.
func (u Uplift) factor() float64 {
	const bpScale = 10_000
	return float64(bpScale+u.BP) / bpScale
}
