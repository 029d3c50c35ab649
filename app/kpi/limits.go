package kpi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/places"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
)

// limits holds callers to so many streams at a time, and so many opened in a minute, over all nodes.
type limits struct {
	atOnce  int
	limiter *ratelimit.Limiter
	places  *places.Places
}

// Open implements [Limits]. A stream that finds no place isn't counted as opened.
func (l *limits) Open(ctx context.Context, c caller.Caller, answer http.Header) (Place, error) {
	id := c.UserID
	if c.Kind == caller.KindAPIKey {
		id = c.APIKeyID
	}
	subject, most := l.limiter.Charge(ratelimit.Stream, c)
	if d, over := l.limiter.Refused(subject, most); over { // known without asking for a place
		d.SetHeaders(answer)
		return nil, d.Refusal("")
	}
	place, ok := l.places.Take(ctx, places.Subject{ID: id, OrgID: c.OrgID}, l.atOnce)
	if !ok {
		zerolog.Ctx(ctx).Info().Str("actor_id", id).Msg("SSE rate limit: too many streams at once")
		// A place whose holder died frees when its lease ends.
		return nil, fault.ResourceExhausted("TOO_MANY_STREAMS", fmt.Sprintf("over the limit of %d streams at once", l.atOnce), places.Lease)
	}
	d := l.limiter.Allow(ctx, subject, most)
	d.SetHeaders(answer)
	if !d.Admitted {
		place.GiveBack()
		zerolog.Ctx(ctx).Info().Str("actor_id", id).Msg("SSE rate limit: too many streams opened in a minute")
		return nil, d.Refusal("")
	}
	return place, nil
}
