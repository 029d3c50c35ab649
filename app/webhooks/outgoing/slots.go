package outgoing

import (
	"context"
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
	// patience is how long a delivery waits for a healthy endpoint at most: shorter than it would take to come back from the queue.
	patience = 250 * time.Millisecond
	// watched is how many endpoints are remembered.
	watched = 10_000
)

// slots share a node's workers out among endpoints, so that a slow one doesn't hold up the others: a healthy endpoint has up to a quarter
// of them at a time, one that is slow or fails has one. A delivery that finds a healthy endpoint busy waits for a moment. Any other is
// put off to when the endpoint, at its present pace, will be done with those before it.
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
	freed   chan struct{} // closed when an attempt ends
	mean    time.Duration // of an attempt, moving
	moved   time.Time     // when an attempt last ended, or began while there was none
}

func newSlots(workers int, now clock.Clock) *slots {
	endpoints, err := lru.New[string, *slot](watched)
	if err != nil {
		panic("outgoing: " + err.Error()) // the size is a constant
	}
	return &slots{clock: now, endpoints: endpoints, most: max(workers/4, 1)}
}

// healthy says that the endpoint answers well and soon.
func (s *slot) healthy(now time.Time) bool {
	stuck := s.busy > 0 && now.Sub(s.moved) > slow
	return !s.failing && !stuck && s.mean <= slow
}

// take begins an attempt, or says for how long to put it off.
func (s *slots) take(ctx context.Context, endpointID string) (putOff time.Duration, ok bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	waits := true
	for {
		freed, putOff, ok := s.tryTake(endpointID, waits)
		if freed == nil {
			return putOff, ok
		}
		select {
		case <-freed:
		case <-timer.C:
			waits = false
		case <-ctx.Done():
			waits = false
		}
	}
}

// tryTake takes a slot, or returns what to wait for, or for how long to put the attempt off.
func (s *slots) tryTake(endpointID string, waits bool) (freed <-chan struct{}, putOff time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	e, found := s.endpoints.Get(endpointID)
	if !found {
		e = &slot{freed: make(chan struct{})}
		s.endpoints.Add(endpointID, e)
	}
	bound := 1
	healthy := e.healthy(now)
	if healthy {
		bound = s.most
	}
	if e.busy < bound {
		if e.busy == 0 {
			e.moved = now
		}
		e.busy++
		return nil, 0, true
	}
	if healthy && waits {
		return e.freed, 0, false
	}
	if e.free.Before(now) {
		e.free = now
	}
	if latest := now.Add(maxPutOff); e.free.After(latest) {
		e.free = latest
	}
	e.free = e.free.Add(max(e.mean/time.Duration(bound), minPutOff/10))
	return nil, max(e.free.Sub(now), minPutOff), false
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
	e.moved = s.clock()
	close(e.freed)
	e.freed = make(chan struct{})
	if got.Number > 0 {
		e.failing = !got.ok()
		e.mean += (got.Duration - e.mean) / 4
	}
}
