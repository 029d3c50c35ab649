package demo

import (
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// sameWeekday is the days between a date and the one that it is compared with a year before: whole weeks.
const sameWeekday = 364

// checklistMonth is the month that the release checklist asks for.
var checklistMonth = civil.Month{Year: 2024, Month: time.November}

// The autumn of the checklist's month has orders from early enough to forecast that month from.
var (
	autumnFrom = civil.NewDate(2024, time.September, 15)
	autumnTo   = checklistMonth.Last()
)

// stagingDates returns the dates on which the staging set has orders, in sequence.
func stagingDates(today civil.Date, days int) []civil.Date {
	dates := datesUpTo(today, days)
	dates = append(dates, datesUpTo(today.AddDays(-sameWeekday), days)...)
	dates = append(dates, datesUpTo(autumnTo, autumnTo.DaysSince(autumnFrom)+1)...)
	dates = slices.DeleteFunc(dates, func(d civil.Date) bool { return d.After(today) })
	slices.SortFunc(dates, civil.Date.Compare)
	return slices.Compact(dates)
}

// datesUpTo returns so many dates, the last of which is given.
func datesUpTo(last civil.Date, days int) []civil.Date {
	dates := make([]civil.Date, days)
	for i := range dates {
		dates[i] = last.AddDays(i + 1 - days)
	}
	return dates
}

// location loads a zone that every zone database has.
func location(zone string) *time.Location {
	loaded, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return loaded
}
