package kpi

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// healDivisor is how many times in a heartbeat interval a hub looks whether it missed something.
const healDivisor = 2

// source is where the figures come from; [Service] is the one.
type source interface {
	Current(ctx context.Context, orgID, stamp string) bool
	Read(ctx context.Context, orgID string) (Reading, error)
}

// changes says when to read; [cache.Cache] is the one.
type changes interface {
	Listen(ctx context.Context, orgID string, report cache.Report, heard func(cache.Change)) error
	Turn(ctx context.Context, orgID string, report cache.Report, most time.Duration) (end func(), mine bool)
}

// access says whom to turn out; auth.Streams is the one.
type access interface {
	Usable(ctx context.Context, orgID string, sessionIDs, apiKeyIDs []string) (map[string]bool, error)
}

// Broker brings an organisation's figures to all its watchers on this node.
type Broker struct {
	access    access
	changes   changes
	heartbeat time.Duration
	interval  time.Duration
	log       zerolog.Logger
	metrics   metrics
	source    source
	// writeTimeout is how long a client may take to read what was sent before it is dropped.
	writeTimeout time.Duration

	mu     sync.Mutex
	closed bool
	hubs   map[string]*hub
	// ended ends when the process does; running are the hubs.
	ended   context.Context //nolint:containedctx // the hubs' own, not a call's
	stop    context.CancelFunc
	running sync.WaitGroup
	// shared are the editions of the messages that several streams send.
	shared sync.Map
	// connections are the streams that net/http doesn't know of any more.
	connections sync.WaitGroup
}

// Dependencies are what a broker is built from.
type Dependencies struct {
	Access  access
	Changes changes
	// Heartbeat is how often a stream gets a sign of life.
	Heartbeat time.Duration
	// Interval is the least time between two sets of figures, [Interval] in production.
	Interval   time.Duration
	Log        zerolog.Logger
	Registerer prometheus.Registerer
	Source     source
	// WriteTimeout is how long a client may take to read what was sent before it is dropped, [WriteTimeout] in production.
	WriteTimeout time.Duration
}

// NewBroker returns a broker that works until [Broker.Close].
func NewBroker(d Dependencies) *Broker {
	b := &Broker{
		access: d.Access, changes: d.Changes, heartbeat: d.Heartbeat, hubs: make(map[string]*hub), interval: d.Interval, log: d.Log,
		metrics: newMetrics(d.Registerer), source: d.Source, writeTimeout: d.WriteTimeout,
	}
	b.ended, b.stop = context.WithCancel(d.Log.WithContext(context.Background()))
	return b
}

var errShuttingDown = fault.Unavailable("SHUTTING_DOWN", "this server is shutting down; try another")

// healInterval is how long after a lost announcement a hub finds out by itself.
func (b *Broker) healInterval() time.Duration { return b.heartbeat / healDivisor }

// watch adds a watcher at its organisation's hub.
func (b *Broker) watch(c caller.Caller) (*watcher, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errShuttingDown
	}
	for {
		h, ok := b.hubs[c.OrgID]
		if !ok {
			h = newHub(b, c.OrgID)
			b.hubs[c.OrgID] = h
			b.running.Go(func() {
				h.run(b.ended)
				b.forget(h)
			})
		}
		w := newWatcher(h, c)
		if h.join(w) {
			b.metrics.watchers.Inc()
			return w, nil
		}
		delete(b.hubs, c.OrgID) // it closed a moment ago
	}
}

func (b *Broker) unwatch(w *watcher) {
	w.hub.leave(w)
	b.metrics.watchers.Dec()
}

func (b *Broker) forget(h *hub) {
	h.latest.retire()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hubs[h.orgID] == h {
		delete(b.hubs, h.orgID)
	}
}

// Goodbye ends all streams, which say so to their clients, and takes no more.
func (b *Broker) Goodbye() {
	b.mu.Lock()
	b.closed = true
	hubs := slices.Collect(maps.Values(b.hubs))
	b.mu.Unlock()
	for _, h := range hubs {
		h.endAll(kpiv1.GoodbyeReason_GOODBYE_REASON_SHUTDOWN, func(*watcher) bool { return true })
	}
}

// Close ends all streams and hubs. It waits until the clients have gone, or ctx ends.
func (b *Broker) Close(ctx context.Context) error {
	b.Goodbye()
	b.stop()
	b.running.Wait()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		b.connections.Wait()
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close streams: %w", ctx.Err())
	}
}

// Encoded returns the encoding of a message that several streams send, made by encode the first time that codec is asked for it. ok is
// false for any other message.
func (b *Broker) Encoded(message any, codec string, encode func() ([]byte, error)) (data []byte, ok bool, err error) {
	m, ok := message.(*kpiv1.StreamKpisResponse)
	if !ok {
		return nil, false, nil
	}
	e, ok := b.shared.Load(m)
	if !ok {
		return nil, false, nil
	}
	data, err = e.(*edition).encode(m, codec, encode)
	return data, err == nil, err
}
