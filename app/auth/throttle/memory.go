package throttle

import (
	"context"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
)

// memoryKeys bounds the keys in memory. To push one out, an attacker needs hundreds of addresses: each may touch only as many
// accounts as it has attempts.
const memoryKeys = 1 << 16

// memoryCounter counts as valkeyCounter does, for one process.
type memoryCounter struct {
	mu       sync.Mutex
	attempts *lru.LRU[string, []recorded]
	window   time.Duration
}

// recorded is one attempt under one key, oldest first.
type recorded struct {
	at time.Time
	id string
}

func newMemoryCounter(window time.Duration) *memoryCounter {
	attempts, err := lru.NewLRU[string, []recorded](memoryKeys, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &memoryCounter{attempts: attempts, window: window}
}

func (c *memoryCounter) add(_ context.Context, a *Attempt, now time.Time) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var wait time.Duration
	for i, key := range a.keys {
		found, _ := c.attempts.Get(key)
		found = slices.DeleteFunc(found, func(r recorded) bool { return now.Sub(r.at) >= c.window })
		c.attempts.Add(key, found)
		if over := len(found) - a.limits[i]; over >= 0 {
			wait = max(wait, found[over].at.Add(c.window).Sub(now))
		}
	}
	if wait > 0 {
		return wait, nil
	}
	for _, key := range a.keys {
		found, _ := c.attempts.Get(key)
		c.attempts.Add(key, append(found, recorded{at: now, id: a.id}))
	}
	return 0, nil
}

func (c *memoryCounter) remove(_ context.Context, a *Attempt) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range a.keys {
		if found, ok := c.attempts.Peek(key); ok {
			c.attempts.Add(key, slices.DeleteFunc(found, func(r recorded) bool { return r.id == a.id }))
		}
	}
	return nil
}
