package places

import (
	"context"
	"time"

	"github.com/valkey-io/valkey-go"
)

// Renew prolongs the leases of this node until ctx ends.
func (p *Places) Renew(ctx context.Context) {
	ticker := time.NewTicker(p.config.Lease / looks)
	defer ticker.Stop()
	for tick := 1; ; tick++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if tick%(looks/renewals) == 0 || p.forgotten(ctx) {
			p.renewAll(ctx)
		}
	}
}

// forgotten reports whether Valkey doesn't know one of this node's places, whichever: then it may know none, because it came back empty.
func (p *Places) forgotten(ctx context.Context) bool {
	place := p.any()
	if place == nil {
		return false
	}
	err := p.reach(ctx, func(ctx context.Context, client valkey.Client) error {
		return client.Do(ctx, client.B().Zscore().Key(p.key(place.subject)).Member(place.lease).Build()).Error()
	})
	return valkey.IsValkeyNil(err)
}

func (p *Places) any() *Place {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, held := range p.held {
		for _, place := range held {
			if place.taken {
				return place
			}
		}
	}
	return nil
}

func (p *Places) renewAll(ctx context.Context) {
	claims := p.claims()
	for from := 0; from < len(claims); from += renewBatch {
		batch := claims[from:min(from+renewBatch, len(claims))]
		held, err := p.assert(ctx, batch)
		if err != nil {
			p.log.Warn().Err(err).Msg("renew places")
			return
		}
		for i, c := range batch {
			p.settle(c.places, held[i])
		}
	}
}

func (p *Places) claims() []claim {
	p.mu.Lock()
	defer p.mu.Unlock()
	claims := make([]claim, 0, len(p.held))
	for s := range p.held {
		if c := p.claimLocked(s); len(c.places) > 0 {
			c.most = c.places[len(c.places)-1].most
			claims = append(claims, c)
		}
	}
	return claims
}

func (p *Places) claim(s Subject, most int) claim {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.claimLocked(s)
	c.most = most
	return c
}

// claimLocked leaves out places that are only asked for: nobody would take those back that aren't granted.
func (p *Places) claimLocked(s Subject) claim {
	c := claim{subject: s}
	for _, place := range p.held[s] {
		if place.taken {
			c.places = append(c.places, place)
		}
	}
	return c
}

// settle acts on which places of this node are held: those that aren't are lost, and those that were given back meanwhile are so again.
func (p *Places) settle(places []*Place, held []int64) {
	for i, place := range places {
		switch here, told := p.state(place, held[i] == 1); {
		case !here && held[i] == 1:
			p.remove(place)
		case told != nil:
			told()
		}
	}
}

// state reports whether a place is still held here. If it is lost, it isn't any more, and told is whom to tell.
func (p *Places) state(place *Place, held bool) (here bool, told func()) {
	if held {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, h := range p.held[place.subject] {
			if h == place {
				return true, nil
			}
		}
		return false, nil
	}
	if !p.release(place) {
		return false, nil
	}
	p.log.Info().Str("actor_id", place.subject.ID).Str("org_id", place.subject.OrgID).Msg("a place is lost, others have taken all")
	p.mu.Lock()
	defer p.mu.Unlock()
	place.lost = true
	return false, place.onLost
}
