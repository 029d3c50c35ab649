package ratelimit

import (
	"context"
	"time"
)

// probeInterval is how often Valkey is looked at while it is away.
const probeInterval = 250 * time.Millisecond

// Start watches Valkey in the background until Stop. It returns after the first look, or after 250 ms.
func (l *Limiter) Start(ctx context.Context) {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	looked := make(chan struct{})
	go func() {
		defer close(l.stopped)
		l.look(watching)
		close(looked)
		l.watch(watching)
	}()
	patience := time.NewTimer(operationTimeout)
	defer patience.Stop()
	select {
	case <-looked:
	case <-patience.C:
	}
}

// Stop takes this node out of the count and ends the watch. It follows a Start.
func (l *Limiter) Stop() {
	l.stop()
	<-l.stopped
}

// watch says that this node is alive, until ctx ends, and puts Valkey back into use after an outage.
func (l *Limiter) watch(ctx context.Context) {
	timer := time.NewTimer(l.interval())
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			if !l.away.Load() {
				l.leave(context.WithoutCancel(ctx))
			}
			return
		case <-timer.C:
			l.look(ctx)
			timer.Reset(l.interval())
		}
	}
}

func (l *Limiter) interval() time.Duration {
	if l.away.Load() {
		return probeInterval
	}
	return heartbeatInterval
}

func (l *Limiter) look(ctx context.Context) {
	err := l.locate(ctx)
	switch {
	case ctx.Err() != nil: // the process ends
	case err != nil:
		l.failed(err)
	case l.away.CompareAndSwap(true, false):
		l.metrics.alone(false)
		l.log.Info().Int("nodes", l.position.Load().nodes).Msg("rate limits are kept by all nodes together")
	}
}

// failed takes Valkey out of use until the watch has found it again.
func (l *Limiter) failed(err error) {
	if l.away.CompareAndSwap(false, true) {
		l.metrics.alone(true)
		l.log.Warn().Err(err).Int("nodes", l.position.Load().nodes).Msg("Valkey is away, this node keeps its share of rate limits alone")
	}
}
