package outgoing

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

const (
	// slow is the mean time of an attempt over which an endpoint gets one at a time.
	slow = time.Second
	// maxPutOff bounds how long a delivery that found its endpoint busy is put off, so that one that recovers is soon found out.
	maxPutOff = 2 * time.Minute
	// minPutOff keeps a delivery that was put off from coming back before anything changed.
	minPutOff = 50 * time.Millisecond
	// watched is how many endpoints are remembered.
	watched = 10_000
)

// slots share a node's workers out among endpoints, so that a slow one doesn't hold up the others: a healthy endpoint has up to a quarter
// of them at a time, one that is slow or fails has one. A delivery that finds its endpoint busy isn't waited with: it is put off to when
// the endpoint, at its present pace, will be done with those before it.
type slots struct {
	clock clock.Clock
	most  int

	mu        sync.Mutex
	endpoints *lru.Cache[string, *slot]
}

// slot is what is known of one endpoint.
type slot struct {
	busy    int
	failing bool
	free    time.Time     // when it will be done with those that were put off
	mean    time.Duration // of an attempt, moving
}

func newSlots(workers int, now clock.Clock) *slots {
	endpoints, err := lru.New[string, *slot](watched)
	if err != nil {
		panic("outgoing: " + err.Error()) // the size is a constant
	}
	return &slots{clock: now, endpoints: endpoints, most: max(workers/4, 1)}
}

// bound is how many attempts an endpoint may have at a time.
func (s *slot) bound(most int) int {
	if s.failing || s.mean > slow {
		return 1
	}
	return most
}

// take begins an attempt, or says for how long to put it off.
func (s *slots) take(endpointID string) (putOff time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.endpoints.Get(endpointID)
	if !found {
		e = &slot{}
		s.endpoints.Add(endpointID, e)
	}
	bound := e.bound(s.most)
	if e.busy < bound {
		e.busy++
		return 0, true
	}
	now := s.clock()
	if e.free.Before(now) {
		e.free = now
	}
	if latest := now.Add(maxPutOff); e.free.After(latest) {
		e.free = latest
	}
	e.free = e.free.Add(max(e.mean/time.Duration(bound), minPutOff/10))
	return max(e.free.Sub(now), minPutOff), false
}

// give ends what take began. An attempt that wasn't made, number 0, says nothing about the endpoint.
func (s *slots) give(endpointID string, got answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.endpoints.Get(endpointID)
	if !found {
		return
	}
	e.busy = max(e.busy-1, 0)
	if got.Number > 0 {
		e.failing = !got.ok()
		e.mean += (got.Duration - e.mean) / 4
	}
}
