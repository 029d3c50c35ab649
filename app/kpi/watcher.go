package kpi

import (
	"sync"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// watcher is one stream's place at a hub. It holds the latest figures alone, however many there were since its stream last looked.
type watcher struct {
	apiKeyID, sessionID string
	// expiresAt is when the credentials end that the stream was opened with; zero: not by themselves.
	expiresAt time.Time
	hub       *hub

	mu     sync.Mutex
	notify func()
	news   news
	// shown are the figures that the stream took last.
	shown *edition
}

// news is what a stream has not taken yet.
type news struct {
	// figures are nil if there are no new ones.
	figures   *edition
	heartbeat bool
	// reason is why the stream must end, if it must.
	reason kpiv1.GoodbyeReason
}

func newWatcher(h *hub, c caller.Caller) *watcher {
	return &watcher{apiKeyID: c.APIKeyID, expiresAt: c.ExpiresAt, hub: h, notify: func() {}, sessionID: c.SessionID}
}

// follow has a stream that begins with shown told by notify when there is news, at once if there is some already. notify must neither
// block nor call the watcher's other methods than take.
func (w *watcher) follow(shown *edition, notify func()) {
	w.mu.Lock()
	w.shown, w.notify = shown, notify
	w.mu.Unlock()
	notify()
}

// tell adds to the news. It never blocks.
func (w *watcher) tell(add func(*news)) {
	w.mu.Lock()
	add(&w.news)
	notify := w.notify
	w.mu.Unlock()
	notify()
}

// offer replaces the figures that the stream has not taken yet.
func (w *watcher) offer(e *edition) { w.tell(func(n *news) { n.figures = e }) }

// beat asks for a sign of life.
func (w *watcher) beat() { w.tell(func(n *news) { n.heartbeat = true }) }

// end tells the stream to say goodbye. The first reason stands.
func (w *watcher) end(reason kpiv1.GoodbyeReason) {
	w.tell(func(n *news) {
		if n.reason == stays {
			n.reason = reason
		}
	})
}

// take returns the news, and false if there is none. A reason to end stays.
func (w *watcher) take() (news, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.news
	w.news = news{reason: n.reason}
	if n.figures == w.shown {
		n.figures = nil
	}
	if n.figures != nil {
		w.shown = n.figures
	}
	return n, n != news{}
}
