package civil

import (
	"cmp"
	"fmt"
	"time"
)

const monthLayout = "2006-01"

// Month is a calendar month, `2024-11`. It is comparable and fit for map keys. The zero Month is none.
type Month struct {
	Year  int
	Month time.Month
}

// ParseMonth reads `YYYY-MM`.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse(monthLayout, s)
	if err != nil || t.Year() == 0 {
		return Month{}, fmt.Errorf("parse month %q: not a month of the form YYYY-MM", s)
	}
	return DateOf(t).MonthOf(), nil
}

// AddMonths returns the month n months later, earlier if n is negative.
func (m Month) AddMonths(n int) Month {
	return NewDate(m.Year, m.Month+time.Month(n), 1).MonthOf()
}

// Compare returns -1, 0 or +1 as m is before, the same as or after other.
func (m Month) Compare(other Month) int {
	return cmp.Or(cmp.Compare(m.Year, other.Year), cmp.Compare(m.Month, other.Month))
}

// Contains reports whether the date lies in the month.
func (m Month) Contains(d Date) bool { return d.MonthOf() == m }

// Days returns the number of days in the month.
func (m Month) Days() int { return m.Last().Day }

// First returns the first day.
func (m Month) First() Date { return Date{Year: m.Year, Month: m.Month, Day: 1} }

// IsZero reports whether m is the zero Month.
func (m Month) IsZero() bool { return m == Month{} }

// Last returns the last day.
func (m Month) Last() Date { return NewDate(m.Year, m.Month+1, 0) }

// String returns `YYYY-MM`, and "" for the zero Month.
func (m Month) String() string {
	if m.IsZero() {
		return ""
	}
	return m.First().midnightUTC().Format(monthLayout)
}

// MarshalText encodes as String does.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText decodes as ParseMonth does; the empty text is the zero Month.
func (m *Month) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Month{}
		return nil
	}
	parsed, err := ParseMonth(string(text))
	if err != nil {
		return err
	}
	*m = parsed
	return nil
}
