package clock

import (
	"sync"
	"time"
)

// Clock returns the present instant in UTC.
type Clock func() time.Time

// System is the machine's clock, cut to microseconds: PostgreSQL keeps no more, and an instant must compare equal with itself
// after a round trip.
func System() time.Time {
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Fixed returns a clock that stands still at t.
func Fixed(t time.Time) Clock {
	return t.UTC
}

// Manual is a clock that moves only when told to. It is safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock that shows t.
func NewManual(t time.Time) *Manual {
	return &Manual{now: t.UTC()}
}

// Advance moves the clock by d.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

// Now returns the time shown; pass it where a Clock is wanted.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to t.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = t.UTC()
}
