package ratelimit

import (
	"sync"
	"time"
)

// account is what this node knows of one subject.
type account struct {
	key string // in Valkey

	mu sync.Mutex
	// admitted are the instants of the calls that this node admitted in the last window, in Unix microseconds, oldest first,
	// from first on.
	admitted []int64
	first    int
	refused  refusal

	// next is the round that calls may still join, nil if nobody waits; asking is whether there is one under way or about to
	// begin.
	next   *round
	asking bool
}

// refusal is remembered until a place frees.
type refusal struct {
	// frees is when a place frees. Valkey decided at some instant between question and answer: until earliest the
	// subject is surely refused, at latest a place is surely free.
	earliest, latest time.Time
	// fallback is whether this node decided alone; Valkey may know better once it is back.
	fallback bool
	limit    int
}

// known returns the remembered refusal if it holds at an instant. One that is more than a window ahead doesn't: the clock was
// set back.
func (a *account) known(now time.Time, limit int, away bool) (frees time.Duration, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := a.refused.earliest.Sub(now)
	if a.refused.limit != limit || a.refused.fallback && !away || left <= 0 || left > window {
		return 0, false
	}
	return a.refused.latest.Sub(now), true
}

func (a *account) remember(r refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused = r
}

// note adds calls that Valkey admitted.
func (a *account) note(at time.Time, calls int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.prune(at.UnixMicro())
	for range calls {
		a.push(now)
	}
}

// take admits a call and notes it, or refuses it: the script's algorithm over this node's own calls.
func (a *account) take(at time.Time, limit int) verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.prune(at.UnixMicro())
	v := verdict{count: len(a.admitted) - a.first}
	if v.count < limit {
		a.push(now)
		v.admitted, v.count = 1, v.count+1
	}
	next := a.admitted[a.first+max(v.count-limit, 0)]
	v.frees = window + time.Duration(next-now)*time.Microsecond
	return v
}

// prune forgets calls that are a window old. It returns now, or the newest call if the clock was set back.
func (a *account) prune(now int64) int64 {
	if len(a.admitted) > a.first {
		switch newest := a.admitted[len(a.admitted)-1]; {
		case newest > now+window.Microseconds():
			a.admitted, a.first = a.admitted[:0], 0
		case newest > now:
			now = newest
		}
	}
	for a.first < len(a.admitted) && now-a.admitted[a.first] >= window.Microseconds() {
		a.first++
	}
	return now
}

// push appends an instant. Once half of the slice is forgotten the rest moves to its beginning, so that each instant is moved
// once at most.
func (a *account) push(now int64) {
	if a.first > 0 && 2*a.first >= len(a.admitted) {
		a.admitted = a.admitted[:copy(a.admitted, a.admitted[a.first:])]
		a.first = 0
	}
	a.admitted = append(a.admitted, now)
}
