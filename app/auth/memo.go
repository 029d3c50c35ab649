package auth

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

const (
	// memoTTL is how long a node believes what the database said of a session or key: the longest that it lets in somebody who
	// was thrown out on another node, or limits calls by an organisation's former plan. Below a second, with time for the look-up.
	memoTTL = 800 * time.Millisecond
	// memoEntries bounds what is remembered; a few hundred bytes each.
	memoEntries = 1 << 15
	// loadTimeout bounds a shared look-up, which no single caller's context may end.
	loadTimeout = 5 * time.Second
)

// subject is what a look-up is about: a session, or an API key.
type subject struct {
	orgID, id string
}

// memo remembers for memoTTL what a look-up found; callers who miss together share one look-up.
type memo[T any] struct {
	clock   clock.Clock
	entries *lru.Cache[subject, remembered[T]]
	// epoch changes when something is forgotten, so that a look-up that was under way then isn't remembered.
	epoch   atomic.Uint64
	flights singleflight.Group
	load    func(ctx context.Context, s subject) (*T, error)
}

type remembered[T any] struct {
	value *T
	// asOf is before the look-up began.
	asOf time.Time
}

// newMemo returns a memo of what load finds; load returns nil for what doesn't exist.
func newMemo[T any](now clock.Clock, load func(ctx context.Context, s subject) (*T, error)) *memo[T] {
	entries, err := lru.New[subject, remembered[T]](memoEntries)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &memo[T]{clock: now, entries: entries, load: load}
}

// get returns what the database said at most memoTTL ago; nil for what doesn't exist. It is unavailable if the database is away.
func (m *memo[T]) get(ctx context.Context, s subject) (*T, error) {
	asOf := m.clock()
	if r, ok := m.entries.Get(s); ok && asOf.Sub(r.asOf) < memoTTL {
		return r.value, nil
	}
	epoch := m.epoch.Load()
	flight := m.flights.DoChan(strconv.FormatUint(epoch, 36)+":"+s.orgID+":"+s.id, func() (any, error) {
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		value, err := m.load(shared, s)
		if err != nil {
			return nil, fault.Unavailable("ACCESS_UNAVAILABLE", "credentials can't be checked at present").WithCause(err)
		}
		// What doesn't exist isn't remembered: made-up ids would push out those in use.
		if value != nil && m.epoch.Load() == epoch {
			m.entries.Add(s, remembered[T]{value: value, asOf: asOf})
		}
		return value, nil
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*T), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// peek returns what was last remembered of s, however old it is; nil for nothing.
func (m *memo[T]) peek(s subject) *T {
	r, _ := m.entries.Peek(s)
	return r.value
}

// forget makes the next look-up of s ask the database.
func (m *memo[T]) forget(s subject) {
	m.epoch.Add(1)
	m.entries.Remove(s)
}

// forgetIf does so for every subject that matches.
func (m *memo[T]) forgetIf(matches func(subject, *T) bool) {
	m.epoch.Add(1)
	for _, s := range m.entries.Keys() {
		if r, ok := m.entries.Peek(s); ok && matches(s, r.value) {
			m.entries.Remove(s)
		}
	}
}
