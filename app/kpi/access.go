package kpi

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rs/zerolog"

	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// accessInterval is how long somebody may watch whose session has ended.
const accessInterval = 5 * time.Second

// expire ends the streams whose credentials have ended.
func (h *hub) expire(now time.Time) {
	h.mu.Lock()
	due := !h.expireAt.IsZero() && !now.Before(h.expireAt)
	if due {
		h.expireAt = time.Time{}
		for w := range h.watchers {
			if w.expiresAt.After(now) {
				h.expireAt = earlier(h.expireAt, w.expiresAt)
			}
		}
	}
	h.mu.Unlock()
	if due {
		h.endAll(kpiv1.GoodbyeReason_GOODBYE_REASON_TOKEN_EXPIRED, func(w *watcher) bool {
			return !w.expiresAt.IsZero() && !w.expiresAt.After(now)
		})
	}
}

// checkAccess turns out those whose session or key is no longer good.
func (h *hub) checkAccess(ctx context.Context) {
	sessions, keys := make(map[string]bool), make(map[string]bool)
	h.mu.Lock()
	for w := range h.watchers {
		if w.sessionID != "" {
			sessions[w.sessionID] = true
		} else {
			keys[w.apiKeyID] = true
		}
	}
	h.mu.Unlock()
	if len(sessions)+len(keys) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	usable, err := h.broker.access.Usable(ctx, h.orgID, slices.Collect(maps.Keys(sessions)), slices.Collect(maps.Keys(keys)))
	if err != nil { // those who are in stay in while nobody can tell
		zerolog.Ctx(ctx).Warn().Err(err).Str("org_id", h.orgID).Msg("check access to streams")
		return
	}
	h.endAll(kpiv1.GoodbyeReason_GOODBYE_REASON_ACCESS_ENDED, func(w *watcher) bool {
		id := w.sessionID
		if id == "" {
			id = w.apiKeyID
		}
		return (sessions[id] || keys[id]) && !usable[id]
	})
}

// endAll ends the streams that match.
func (h *hub) endAll(reason kpiv1.GoodbyeReason, matches func(*watcher) bool) {
	h.each(func(w *watcher) {
		if matches(w) {
			w.end(reason)
		}
	})
}
