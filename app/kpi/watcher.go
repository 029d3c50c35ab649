package kpi

import (
	"sync"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// watcher is one stream's place at a hub. It holds the latest figures alone, however many there were since its stream last looked.
type watcher struct {
	apiKeyID, sessionID string
	hub                 *hub
	// wake has room for one: it says that there is something to look at.
	wake chan struct{}

	mu     sync.Mutex
	reason kpiv1.GoodbyeReason
	latest *edition
}

func newWatcher(h *hub, c caller.Caller) *watcher {
	return &watcher{apiKeyID: c.APIKeyID, hub: h, sessionID: c.SessionID, wake: make(chan struct{}, 1)}
}

// offer replaces what the stream has not taken yet. It never blocks.
func (w *watcher) offer(e *edition) {
	w.mu.Lock()
	w.latest = e
	w.mu.Unlock()
	w.nudge()
}

// end tells the stream to say goodbye. The first reason stands.
func (w *watcher) end(reason kpiv1.GoodbyeReason) {
	w.mu.Lock()
	if w.reason == kpiv1.GoodbyeReason_GOODBYE_REASON_UNSPECIFIED {
		w.reason = reason
	}
	w.mu.Unlock()
	w.nudge()
}

func (w *watcher) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns the figures that the stream has not taken yet, nil if there are none, and why it must end, if it must.
func (w *watcher) take() (*edition, kpiv1.GoodbyeReason) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.latest
	w.latest = nil
	return e, w.reason
}
