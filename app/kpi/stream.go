package kpi

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

const (
	// freshTimeout is how long the first figures may take.
	freshTimeout = 10 * time.Second
	// reconnectSpread is within which time after a shutdown clients should come back, so that they don't all come at once.
	reconnectSpread = 5 * time.Second
	// writeTimeout is how long a client may take to read what was sent before it is dropped.
	writeTimeout = 10 * time.Second
)

// sink is where a stream is written to. An error ends the stream.
type sink interface {
	goodbye(reason kpiv1.GoodbyeReason, retryAfter time.Duration) error
	heartbeat() error
	kpis(e *edition) error
}

// errTooSlow is a client that didn't read what was sent in [writeTimeout].
var errTooSlow = errors.New("the client read too slowly")

// opening is a stream that is about to begin.
type opening struct {
	caller caller.Caller
	first  *edition
	// heartbeat is when the client heard last.
	watcher *watcher
}

// open finds a place for a stream and its first figures. The stream must be closed.
func (b *Broker) open(ctx context.Context, c caller.Caller) (*opening, error) {
	w, err := b.watch(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, freshTimeout)
	defer cancel()
	first, err := w.hub.fresh(ctx)
	if err != nil {
		b.unwatch(w)
		return nil, fault.Unavailable("KPIS_UNAVAILABLE", "the live figures can't be read at present").WithCause(err)
	}
	return &opening{caller: c, first: first, watcher: w}, nil
}

func (b *Broker) close(o *opening) { b.unwatch(o.watcher) }

// serve writes a stream until its client is gone, which ctx tells, or it must end. lastID are the figures that the client has.
func (b *Broker) serve(ctx context.Context, o *opening, lastID string, out sink) error {
	reason, err := b.write(ctx, o, lastID, out)
	if errors.Is(err, errTooSlow) {
		reason = kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW
	}
	b.metrics.ended.WithLabelValues(nameOf(reason)).Inc()
	if err != nil || ctx.Err() != nil {
		return err
	}
	return out.goodbye(reason, retryAfter(reason))
}

// write writes figures and heartbeats until there is a reason to end.
func (b *Broker) write(ctx context.Context, o *opening, lastID string, out sink) (kpiv1.GoodbyeReason, error) {
	const none = kpiv1.GoodbyeReason_GOODBYE_REASON_UNSPECIFIED
	current := o.first
	if current.kpis.GetId() != lastID {
		if err := out.kpis(current); err != nil {
			return none, err
		}
	}
	if err := out.heartbeat(); err != nil {
		return none, err
	}
	heartbeat := time.NewTicker(b.heartbeat)
	defer heartbeat.Stop()
	var expired <-chan time.Time
	if at := o.caller.ExpiresAt; !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		expired = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			return none, nil
		case <-expired:
			return kpiv1.GoodbyeReason_GOODBYE_REASON_TOKEN_EXPIRED, nil
		case <-heartbeat.C:
			if err := out.heartbeat(); err != nil {
				return none, err
			}
		case <-o.watcher.wake:
			next, reason := o.watcher.take()
			if next != nil && next != current {
				if err := out.kpis(next); err != nil {
					return none, err
				}
				current = next
			}
			if reason != none {
				return reason, nil
			}
		}
	}
}

// retryAfter says when to come back; 0 if that is of no use.
func retryAfter(reason kpiv1.GoodbyeReason) time.Duration {
	if reason == kpiv1.GoodbyeReason_GOODBYE_REASON_SHUTDOWN {
		return reconnectSpread/10 + rand.N(reconnectSpread) //nolint:gosec // jitter needs no secrecy
	}
	return 0
}

var reasonNames = map[kpiv1.GoodbyeReason]string{
	kpiv1.GoodbyeReason_GOODBYE_REASON_ACCESS_ENDED:  "access_ended",
	kpiv1.GoodbyeReason_GOODBYE_REASON_SHUTDOWN:      "shutdown",
	kpiv1.GoodbyeReason_GOODBYE_REASON_TOKEN_EXPIRED: "token_expired",
	kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW:      "too_slow",
	kpiv1.GoodbyeReason_GOODBYE_REASON_UNSPECIFIED:   "client_gone",
}

func nameOf(reason kpiv1.GoodbyeReason) string { return reasonNames[reason] }
