package kpi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// WriteTimeout is how long a client may take to read what was sent before it is dropped.
const WriteTimeout = 10 * time.Second

const (
	// freshTimeout is how long the first figures may take.
	freshTimeout = 10 * time.Second
	// reconnectSpread is within which time after a shutdown clients should come back, so that they don't all come at once.
	reconnectSpread = 5 * time.Second
)

// stays is no reason to end a stream.
const stays = kpiv1.GoodbyeReason_GOODBYE_REASON_UNSPECIFIED

// errTooSlow is a client that didn't read what was sent in time.
var errTooSlow = errors.New("the client read too slowly")

// Limits keeps anybody from having too many streams.
type Limits interface {
	// Open takes one of the caller's places, or is resource_exhausted; what is left goes into the header of the answer. The place must be
	// given back.
	Open(ctx context.Context, c caller.Caller, answer http.Header) (Place, error)
}

// Place is what a stream has while it is open.
type Place interface {
	GiveBack()
	// OnLost has told be called, which must not block, if others have taken all places: at once if that was before.
	OnLost(told func())
}

// opener opens streams for the caller of a context.
type opener struct {
	broker    *Broker
	directory organisation.Directory
	limits    Limits
}

// view returns what the caller may see of what they ask for.
func (o *opener) view(ctx context.Context, branchID string, branches bool) (View, error) {
	c := caller.From(ctx)
	if branchID == "" {
		branchID = c.BranchID
	}
	if branchID == "" {
		return View{Branches: branches}, nil
	}
	known, err := o.directory.Organisation(ctx, c.OrgID)
	if err != nil {
		return View{}, err
	}
	if _, err := known.Scope(c, branchID); err != nil {
		return View{}, err
	}
	return View{BranchID: branchID, Branches: branches}, nil
}

// open finds a place for a stream and its first figures. The stream must be closed.
func (o *opener) open(ctx context.Context, branchID string, branches bool, answer http.Header) (*stream, error) {
	view, err := o.view(ctx, branchID, branches)
	if err != nil {
		return nil, err
	}
	c := caller.From(ctx)
	place, err := o.limits.Open(ctx, c, answer)
	if err != nil {
		return nil, err
	}
	s := &stream{broker: o.broker, opened: time.Now(), place: place, view: view}
	if s.watcher, err = o.broker.watch(c); err != nil {
		place.GiveBack()
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, freshTimeout)
	defer cancel()
	if s.first, err = s.watcher.hub.fresh(ctx); err != nil {
		o.broker.unwatch(s.watcher)
		place.GiveBack()
		return nil, fault.Unavailable("KPIS_UNAVAILABLE", "the live figures can't be read at present").WithCause(err)
	}
	place.OnLost(func() { s.watcher.end(kpiv1.GoodbyeReason_GOODBYE_REASON_PLACE_LOST) })
	return s, nil
}

// stream is one that was opened. It begins, and then either follows the news in the goroutine of its call, or becomes a [connection].
type stream struct {
	broker *Broker
	// first are the figures with which it begins.
	first  *edition
	opened time.Time
	place  Place
	// reason is why it ended; it stays if the client went.
	reason  kpiv1.GoodbyeReason
	view    View
	watcher *watcher
}

// close frees what the stream holds. It waits for Valkey at most.
func (s *stream) close(reason kpiv1.GoodbyeReason) {
	s.broker.metrics.duration.Observe(time.Since(s.opened).Seconds())
	s.broker.metrics.ended.WithLabelValues(nameOf(reason)).Inc()
	s.broker.unwatch(s.watcher)
	s.place.GiveBack()
}

// sink is where a stream is written to. An error ends the stream.
type sink interface {
	goodbye(reason kpiv1.GoodbyeReason, retryAfter time.Duration) error
	heartbeat() error
	kpis(e *edition) error
}

// begin writes the first figures, unless the client says by lastID that it has them, and a sign of life.
func (s *stream) begin(lastID string, out sink) error {
	if s.view.id(s.first.kpis) != lastID {
		if err := out.kpis(s.first); err != nil {
			return s.failed(err)
		}
	}
	return s.failed(out.heartbeat())
}

// follow writes the news until the client is gone, which ctx tells, or there is a reason to end.
func (s *stream) follow(ctx context.Context, out sink) error {
	wake := make(chan struct{}, 1)
	s.watcher.follow(s.first, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	})
	s.first = nil
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
			n, _ := s.watcher.take()
			if err := write(n, out); err != nil {
				return s.failed(err)
			}
			if n.reason != stays {
				s.reason = n.reason
				return nil
			}
		}
	}
}

func write(n news, out sink) error {
	if n.figures != nil {
		if err := out.kpis(n.figures); err != nil {
			return err
		}
	}
	if n.heartbeat {
		if err := out.heartbeat(); err != nil {
			return err
		}
	}
	if n.reason != stays {
		return out.goodbye(n.reason, retryAfter(n.reason))
	}
	return nil
}

// failed notes why a stream ended that couldn't be written to.
func (s *stream) failed(err error) error {
	if errors.Is(err, errTooSlow) {
		s.reason = kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW
	}
	return err
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
	kpiv1.GoodbyeReason_GOODBYE_REASON_PLACE_LOST:    "place_lost",
	kpiv1.GoodbyeReason_GOODBYE_REASON_SHUTDOWN:      "shutdown",
	kpiv1.GoodbyeReason_GOODBYE_REASON_TOKEN_EXPIRED: "token_expired",
	kpiv1.GoodbyeReason_GOODBYE_REASON_TOO_SLOW:      "too_slow",
	stays: "client_gone",
}

func nameOf(reason kpiv1.GoodbyeReason) string { return reasonNames[reason] }
