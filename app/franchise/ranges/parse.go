package ranges

import (
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// MaxDays is the most days that a request may select by two dates.
const MaxDays = 400

const (
	fieldEndDate   = "end_date"
	fieldPeriod    = "period"
	fieldRange     = "range"
	fieldStartDate = "start_date"
)

// Dates before the first or after the last are typing errors; the bounds leave room to compare and to look ahead.
var (
	firstDate = civil.Date{Year: 2000, Month: 1, Day: 1}
	lastDate  = civil.Date{Year: 2199, Month: 12, Day: 31}
)

var words = map[string]Selection{
	"today":     Today,
	"yesterday": {field: fieldRange, first: 1, last: 1},
	"7d":        {field: fieldRange, first: 6},
	"30d":       {field: fieldRange, first: 29},
	"mtd":       MonthToDate,
}

// Fields are the fields of a request that select dates, as they came.
type Fields struct {
	// Range is a word or a month, Period is a month, StartDate and EndDate are dates; "" where not set.
	Range, Period, StartDate, EndDate string
}

// Request is a request message that selects dates.
type Request interface {
	GetEndDate() string
	GetPeriod() string
	GetRange() string
	GetStartDate() string
}

// FieldsOf returns the fields of a request.
func FieldsOf(r Request) Fields {
	return Fields{Range: r.GetRange(), Period: r.GetPeriod(), StartDate: r.GetStartDate(), EndDate: r.GetEndDate()}
}

// Parse reads the fields of a request. Exactly one way of selecting may be used: range, or period, or both dates; otherwise
// is the answer where none is. Errors are Invalid and name the field.
func Parse(f Fields, otherwise Selection) (Selection, error) {
	dates := f.StartDate != "" || f.EndDate != ""
	switch {
	case f.Range != "" && f.Period != "":
		return Selection{}, fault.Invalid(fieldPeriod, "must not be combined with range")
	case f.Range != "" && dates:
		return Selection{}, fault.Invalid(fieldRange, "must not be combined with start_date and end_date")
	case f.Period != "" && dates:
		return Selection{}, fault.Invalid(fieldPeriod, "must not be combined with start_date and end_date")
	case f.Range != "":
		return parseRange(f.Range)
	case f.Period != "":
		return parseMonth(fieldPeriod, f.Period, "must be a month of the form YYYY-MM")
	case dates:
		return parseDates(f.StartDate, f.EndDate)
	}
	return otherwise, nil
}

// ParsePeriod reads a month as the period field of a request has it.
func ParsePeriod(period string) (civil.Month, error) {
	s, err := parseMonth(fieldPeriod, period, "must be a month of the form YYYY-MM")
	return s.month, err
}

func parseRange(word string) (Selection, error) {
	if s, ok := words[word]; ok {
		return s, nil
	}
	return parseMonth(fieldRange, word, "must be today, yesterday, 7d, 30d, mtd or a month of the form YYYY-MM")
}

func parseMonth(field, text, rule string) (Selection, error) {
	m, err := civil.ParseMonth(text)
	if err != nil {
		return Selection{}, fault.Invalid(field, rule)
	}
	if err := checkBounds(field, m.First()); err != nil {
		return Selection{}, err
	}
	return Selection{kind: month, field: field, month: m}, nil
}

func parseDates(start, end string) (Selection, error) {
	switch {
	case start == "":
		return Selection{}, fault.Invalid(fieldStartDate, "must be set along with end_date")
	case end == "":
		return Selection{}, fault.Invalid(fieldEndDate, "must be set along with start_date")
	}
	from, err := parseDate(fieldStartDate, start)
	if err != nil {
		return Selection{}, err
	}
	to, err := parseDate(fieldEndDate, end)
	if err != nil {
		return Selection{}, err
	}
	dates := Dates{From: from, To: to}
	switch {
	case to.Before(from):
		return Selection{}, fault.Invalid(fieldEndDate, "must not be before start_date")
	case dates.Days() > MaxDays:
		return Selection{}, fault.Invalid(fieldEndDate, fmt.Sprintf("must be at most %d days from start_date, both included", MaxDays))
	}
	return Between(dates), nil
}

func parseDate(field, text string) (civil.Date, error) {
	d, err := civil.ParseDate(text)
	if err != nil {
		return civil.Date{}, fault.Invalid(field, "must be a date of the form YYYY-MM-DD")
	}
	return d, checkBounds(field, d)
}

func checkBounds(field string, d civil.Date) error {
	if d.Before(firstDate) || d.After(lastDate) {
		return fault.Invalid(field, fmt.Sprintf("must be between %s and %s", firstDate, lastDate))
	}
	return nil
}
