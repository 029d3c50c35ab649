package kpi

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/cache"
)

// Interval is the least time between two sets of figures, on average: how often a watcher hears of changes at most. One set may come
// earlier, so that a change isn't kept back just because another was a moment ago.
const Interval = 200 * time.Millisecond

const (
	// askTimeout is how long one look at the figures or at who may see them may take, whatever the database does.
	askTimeout = 5 * time.Second
	// blindInterval is how often the database is asked while nobody announces changes.
	blindInterval = 2 * time.Second
	// linger is how long a hub without watchers waits for the next.
	linger = 5 * time.Second
	// retryInterval is the pause after a failure.
	retryInterval = time.Second
	// turnsPerInterval is how often a node asks whether it is its turn to load figures, and mostTurn how long the turn of one lasts that died:
	// as long as loading may take.
	turnsPerInterval = 5
	mostTurn         = askTimeout
	// allowedSkew is how far the clocks of two nodes may differ.
	allowedSkew = time.Second
	// shareOfWatchers is how many watchers are written to by one goroutine.
	shareOfWatchers = 256
)

// hub watches one organisation for all of a node's watchers. What it does, it does in one goroutine, [hub.run].
type hub struct {
	broker *Broker
	orgID  string
	// wake has room for one: it says that there is something to look at below.
	wake chan struct{}

	mu sync.Mutex
	// asked are those who wait for figures that are read after they asked.
	asked   []chan<- *edition
	changed bool
	closed  bool // takes no more watchers
	// expireAt is when the first watcher's credentials end; zero: none do.
	expireAt time.Time
	stored   bool
	watchers map[*watcher]struct{}

	// The rest belongs to run.
	latest  *edition
	reading Reading
	// changedAt is when something was heard to change last.
	changedAt time.Time
	// checking is whether somebody looks at who may see the figures.
	checking atomic.Bool
	// failed says that the last reading did.
	failed bool
	// ready says that current figures were stored by another node.
	ready bool
	// readFrom is when the next reading may begin, and evenFrom when it would if none came early.
	readFrom, evenFrom time.Time
	waiting            []chan<- *edition // of asked, for whom a reading must begin
	// When what is due; zero: nothing.
	accessAt, beatAt, dateAt, followUpAt, healAt, idleAt, readAt time.Time
}

func newHub(b *Broker, orgID string) *hub {
	return &hub{broker: b, orgID: orgID, wake: make(chan struct{}, 1), watchers: make(map[*watcher]struct{})}
}

// join adds a watcher; false if the hub has closed.
func (h *hub) join(w *watcher) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.watchers[w] = struct{}{}
	h.expireAt = earlier(h.expireAt, w.expiresAt)
	return true
}

// all returns the watchers of now.
func (h *hub) all() []*watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*watcher, 0, len(h.watchers))
	for w := range h.watchers {
		all = append(all, w)
	}
	return all
}

// each does something for all watchers of now. Where there are many it takes several processors to write to all.
func (h *hub) each(do func(*watcher)) {
	all := h.all()
	if len(all) <= shareOfWatchers {
		for _, w := range all {
			do(w)
		}
		return
	}
	var doing sync.WaitGroup
	for share := range slices.Chunk(all, shareOfWatchers) {
		doing.Go(func() {
			for _, w := range share {
				do(w)
			}
		})
	}
	doing.Wait()
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	delete(h.watchers, w)
	empty := len(h.watchers) == 0
	h.mu.Unlock()
	if empty {
		h.nudge()
	}
}

// fresh returns figures that are as of an instant after the call began.
func (h *hub) fresh(ctx context.Context) (*edition, error) {
	answer := make(chan *edition, 1)
	h.mu.Lock()
	h.asked = append(h.asked, answer)
	h.mu.Unlock()
	h.nudge()
	select {
	case e := <-answer:
		return e, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// hear is told of changes by the listener.
func (h *hub) hear(c cache.Change) {
	h.mu.Lock()
	if c == cache.Stored {
		h.stored = true
	} else {
		h.changed = true
	}
	h.mu.Unlock()
	h.nudge()
}

// listen hears changes until ctx ends, through one connection after another.
func (h *hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := h.broker.changes.Listen(ctx, h.orgID, cache.KPIs, h.hear); err != nil && ctx.Err() == nil {
			zerolog.Ctx(ctx).Debug().Err(err).Str("org_id", h.orgID).Msg("listen for changes")
		}
		pause(ctx, retryInterval)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// run looks after the watchers until none has been there for a while, or ctx ends.
func (h *hub) run(ctx context.Context) {
	listening, stop := context.WithCancel(ctx)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		h.listen(listening)
	}()
	defer func() {
		stop()
		<-listened
	}()
	now := time.Now()
	h.accessAt, h.beatAt, h.healAt = now.Add(accessInterval), now.Add(h.broker.heartbeat), now.Add(h.broker.healInterval())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-timer.C:
		}
		if h.idle(time.Now()) {
			return
		}
		h.step(ctx, time.Now())
		timer.Reset(time.Until(h.next()))
	}
}

// idle reports whether the hub can go, and closes it then.
func (h *hub) idle(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case len(h.watchers) > 0:
		h.idleAt = time.Time{}
	case h.idleAt.IsZero():
		h.idleAt = now.Add(linger)
	case !now.Before(h.idleAt):
		h.closed = true
		return true
	}
	return false
}

// next returns when something is due.
func (h *hub) next() time.Time {
	h.mu.Lock()
	next := h.expireAt
	h.mu.Unlock()
	for _, at := range []time.Time{h.accessAt, h.beatAt, h.dateAt, h.followUpAt, h.healAt, h.idleAt, h.readAt} {
		next = earlier(next, at)
	}
	return next
}

// earlier returns the earlier of two times, of which either may be zero: never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// step does what is due.
func (h *hub) step(ctx context.Context, now time.Time) {
	h.mu.Lock()
	changed, stored, asked := h.changed, h.stored, h.asked
	h.changed, h.stored, h.asked = false, false, nil
	h.mu.Unlock()

	h.expire(now)
	if !now.Before(h.beatAt) {
		h.beatAt = now.Add(h.broker.heartbeat)
		h.each((*watcher).beat)
	}
	if !now.Before(h.accessAt) {
		h.accessAt = now.Add(accessInterval)
		if h.checking.CompareAndSwap(false, true) { // beside the figures, which don't wait for it
			h.broker.running.Go(func() {
				defer h.checking.Store(false)
				h.checkAccess(ctx)
			})
		}
	}
	if heal := !now.Before(h.healAt); heal || len(asked) > 0 {
		if heal {
			h.healAt = now.Add(h.broker.healInterval())
		}
		if h.latest != nil && h.broker.source.Current(ctx, h.orgID, h.reading.Stamp) {
			answer(asked, h.latest)
		} else {
			h.waiting = append(h.waiting, asked...)
			changed = true
		}
	}
	due := changed
	for _, at := range []*time.Time{&h.followUpAt, &h.dateAt} {
		if !at.IsZero() && !now.Before(*at) {
			*at, due = time.Time{}, true
		}
	}
	if changed {
		h.changedAt = now
	}
	if due && (h.readAt.IsZero() || len(h.waiting) > 0 && !h.failed) { // who has just come doesn't wait for what is due later
		h.readAt = earlier(h.readAt, later(now, h.readFrom))
	}
	if stored && !h.broker.source.Current(ctx, h.orgID, h.reading.Stamp) { // what this node has stored itself is no news
		h.ready, h.readAt = true, later(now, h.readFrom)
	}
	if changed { // what was stored before lacks it
		h.ready = false
	}
	if h.readAt.IsZero() || now.Before(h.readAt) {
		return
	}
	if h.ready {
		h.ready = false
		h.read(ctx)
		return
	}
	end, mine := h.broker.changes.Turn(ctx, h.orgID, cache.KPIs, mostTurn)
	if !mine {
		h.readAt = now.Add(h.broker.interval / turnsPerInterval) // unless the node whose turn it is has stored its figures by then
		return
	}
	h.read(ctx)
	end()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func answer(asked []chan<- *edition, e *edition) {
	for _, a := range asked {
		a <- e // has room
	}
}

// read reads the figures and hands them to the watchers if they say something new.
func (h *hub) read(ctx context.Context) {
	began := time.Now()
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	reading, err := h.broker.source.Read(asking, h.orgID)
	end := time.Now()
	// The first bound allows for one early reading; the other has at most half of the time spent reading, however long that takes.
	h.readFrom = later(h.evenFrom, end.Add(end.Sub(began)))
	h.evenFrom = later(h.evenFrom, began).Add(h.broker.interval)
	h.failed = err != nil
	if err != nil {
		if ctx.Err() == nil {
			zerolog.Ctx(ctx).Error().Err(err).Str("org_id", h.orgID).Msg("read live figures")
		}
		h.readAt = end.Add(retryInterval)
		return
	}
	h.broker.metrics.readings.Inc()
	h.reading, h.readAt, h.dateAt = reading, time.Time{}, reading.Until
	if reading.Stamp == "" { // nobody announces changes
		h.readAt = end.Add(blindInterval)
	}
	h.followUpAt = time.Time{}
	if reading.StandingAsOf.Before(h.changedAt.Add(allowedSkew)) { // that part of the figures may lack the change until it is read anew
		h.followUpAt = later(end.Add(h.broker.interval), reading.StandingAsOf.Add(StandingTTL))
	}
	if h.latest == nil || !h.latest.says(reading.Kpis) {
		h.hand(newEdition(reading.Kpis, &h.broker.shared))
	}
	answer(h.waiting, h.latest)
	h.waiting = nil
}

// hand gives an edition to all watchers.
func (h *hub) hand(e *edition) {
	h.latest.retire()
	h.latest = e
	h.each(func(w *watcher) { w.offer(e) })
}
