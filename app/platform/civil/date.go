package civil

import (
	"cmp"
	"fmt"
	"time"
)

const dateLayout = "2006-01-02"

// Date is a day of the Gregorian calendar. It is comparable and fit for map keys. The zero Date is no day; see IsZero.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the date, carrying days and months that are out of range over as time.Date does.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the date that t shows in its own location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

// ParseDate reads `YYYY-MM-DD`.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil || t.Year() == 0 {
		return Date{}, fmt.Errorf("parse date %q: not a date of the form YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// AddDays returns the date n days later, earlier if n is negative.
func (d Date) AddDays(n int) Date {
	return NewDate(d.Year, d.Month, d.Day+n)
}

// AddMonths returns the same day n months later; where that month has no such day, its last.
func (d Date) AddMonths(n int) Date {
	month := d.MonthOf().AddMonths(n)
	return Date{Year: month.Year, Month: month.Month, Day: min(d.Day, month.Days())}
}

// After reports whether d is later than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// Compare returns -1, 0 or +1 as d is before, on or after other.
func (d Date) Compare(other Date) int {
	return cmp.Or(cmp.Compare(d.Year, other.Year), cmp.Compare(d.Month, other.Month), cmp.Compare(d.Day, other.Day))
}

// DaysSince returns the number of days from other to d, negative if d is earlier.
func (d Date) DaysSince(other Date) int {
	const secondsPerDay = 24 * 60 * 60
	return int((d.midnightUTC().Unix() - other.midnightUTC().Unix()) / secondsPerDay)
}

// IsZero reports whether d is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// MonthOf returns the month that d lies in.
func (d Date) MonthOf() Month { return Month{Year: d.Year, Month: d.Month} }

// String returns `YYYY-MM-DD`, and "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnightUTC().Format(dateLayout)
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.midnightUTC().Weekday() }

// MarshalText encodes as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText decodes as ParseDate does; the empty text is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

func (d Date) midnightUTC() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
