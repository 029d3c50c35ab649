package sim

import "time"

const (
	openingHour   = 7
	slotMinutes   = 15
	slotsPerHour  = 60 / slotMinutes
	lastSlots     = 3 // of the hour before midnight: the last guests leave at a quarter to
	hoursOpen     = 24 - openingHour
	slotsPerDay   = hoursOpen*slotsPerHour - (slotsPerHour - lastSlots)
	slotDuration  = slotMinutes * time.Minute
	minutesPerDay = 24 * 60
)

// shape is how the orders of a day spread over its slots: the running sum of the slots' weights.
type shape [slotsPerDay]int64

var (
	workdays = newShape([hoursOpen]int64{3, 6, 5, 4, 6, 13, 15, 8, 4, 4, 6, 9, 13, 11, 6, 3, 1})
	weekends = newShape([hoursOpen]int64{1, 3, 6, 7, 7, 10, 12, 9, 6, 6, 7, 10, 14, 14, 10, 6, 3})
)

func newShape(hours [hoursOpen]int64) *shape {
	var s shape
	sum := int64(0)
	for i := range s {
		sum += hours[i/slotsPerHour]
		s[i] = sum
	}
	return &s
}

// shapeOf returns how the orders of a weekday spread. Friday's evening belongs to the weekend.
func shapeOf(day time.Weekday) *shape {
	if day == time.Friday || day == time.Saturday || day == time.Sunday {
		return weekends
	}
	return workdays
}

// count returns how many of n orders fall into a slot. The phase, below 1000, says where the fractions are rounded up, so
// that quiet days don't all have their orders at the same time. The counts of all slots sum to n.
func (s *shape) count(n int64, slot int, phase int64) int64 {
	before := int64(0)
	if slot > 0 {
		before = s[slot-1]
	}
	return s.upTo(n, s[slot], phase) - s.upTo(n, before, phase)
}

func (s *shape) upTo(n, weight, phase int64) int64 {
	total := s[slotsPerDay-1]
	return (n*weight*1_000 + phase*total) / (total * 1_000)
}
