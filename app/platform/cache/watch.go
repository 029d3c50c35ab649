package cache

import (
	"context"
	"time"
)

const (
	// watchInterval is how often Valkey is looked at: the longest that a node may not know of an outage.
	watchInterval = 250 * time.Millisecond
)

// failed takes Valkey out of use until Watch has found it healthy and has settled what was noted meanwhile.
func (c *Cache) failed(err error) {
	if c.healthy.CompareAndSwap(true, false) {
		c.metrics.available(false)
		c.log.Warn().Err(err).Msg("cache is away, reports come from the database")
	}
}

// Watch looks at Valkey until ctx ends and puts it back into use after an outage. The first look is made at once.
func (c *Cache) Watch(ctx context.Context) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		c.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look pings Valkey and settles noted invalidations that are due: also while all seems well, because another node may have died, or lost
// its way to Valkey alone.
func (c *Cache) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 4*operationTimeout)
	defer cancel()
	client, err := c.connector.Client()
	if err == nil {
		err = client.Do(ctx, client.B().Ping().Build()).Error()
	}
	if err != nil {
		c.failed(err)
		return
	}
	if err := c.settle(ctx); err != nil {
		if !c.healthy.Load() {
			c.log.Warn().Err(err).Msg("settle noted invalidations")
		}
		return
	}
	if c.healthy.CompareAndSwap(false, true) {
		c.metrics.available(true)
		c.log.Info().Msg("cache is in use")
	}
}
