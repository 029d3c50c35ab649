package places

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/valkey-io/valkey-go"

	connection "github.com/chefcloud/chefcloud/app/platform/valkey"
)

const (
	// Lease is how long a place outlives the node that held it.
	Lease = 30 * time.Second
	// renewals leaves room for two in a lease that fail.
	renewals = 3
	// looks is how many times in a lease a node looks whether Valkey still knows its places.
	looks = 30
	// operationTimeout bounds one call to Valkey.
	operationTimeout = 250 * time.Millisecond
	// renewBatch is of how many subjects places are renewed in one call.
	renewBatch = 500
)

var errAnswer = errors.New("places: Valkey didn't answer for each")

// Connector gives the Valkey client, or an error while there is none.
type Connector interface {
	Client() (valkey.Client, error)
}

// Subject is who takes places.
type Subject struct{ OrgID, ID string }

// Config says what is counted.
type Config struct {
	// Prefix and Kind are how keys begin, `{prefix}.{kind}`.
	Prefix, Kind string
	// Lease is how long a place outlives its node, [Lease] in production.
	Lease time.Duration
	// Share returns this node's part of a limit, for when there is no Valkey.
	Share func(limit int) int
}

// Places are the places that this node holds. It is safe for concurrent use.
type Places struct {
	config    Config
	connector Connector
	log       zerolog.Logger

	mu sync.Mutex
	// held are in the sequence in which they were asked for.
	held map[Subject][]*Place
}

// New returns the places of one kind. [Places.Renew] must run for as long as places are held.
func New(config Config, connector Connector, log zerolog.Logger) *Places {
	return &Places{config: config, connector: connector, held: make(map[Subject][]*Place), log: log}
}

func (p *Places) key(s Subject) string {
	return p.config.Prefix + "." + p.config.Kind + ":{" + s.OrgID + "}:" + s.ID
}

// Take takes a place if the subject has fewer than most, over all nodes. It must be given back. Without Valkey each node grants its share of
// the limit by itself.
func (p *Places) Take(ctx context.Context, s Subject, most int) (*Place, bool) {
	place := &Place{lease: rand.Text(), most: most, places: p, subject: s}
	// Held before it is taken, so that two who come together while Valkey is away don't both find the last place.
	here := p.hold(place)
	taken, err := p.take(ctx, place)
	if err != nil {
		p.log.Warn().Err(err).Msg("places are counted on each node alone")
		taken = here <= p.config.Share(most)
	}
	if taken {
		p.confirm(place)
		return place, true
	}
	p.release(place)
	if err != nil { // it may have been taken all the same
		p.remove(place)
	}
	return nil, false
}

func (p *Places) take(ctx context.Context, place *Place) (bool, error) {
	// Valkey may have come back empty: this node's own places are there before the new one is counted.
	c := p.claim(place.subject, place.most)
	c.places = append(c.places, place)
	held, err := p.assert(ctx, []claim{c})
	if err != nil {
		return false, err
	}
	last := len(c.places) - 1
	p.settle(c.places[:last], held[0][:last])
	return held[0][last] == 1, nil
}

// hold notes that a place is asked for and returns how many the subject has here with it.
func (p *Places) hold(place *Place) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[place.subject] = append(p.held[place.subject], place)
	return len(p.held[place.subject])
}

// confirm notes that a place was taken: from now on its lease is renewed.
func (p *Places) confirm(place *Place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	place.taken = true
}

// release reports whether the place was held until now.
func (p *Places) release(place *Place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.held[place.subject]
	for i, held := range all {
		if held != place {
			continue
		}
		if len(all) == 1 {
			delete(p.held, place.subject)
		} else {
			p.held[place.subject] = append(all[:i:i], all[i+1:]...)
		}
		return true
	}
	return false
}

func (p *Places) remove(place *Place) {
	err := p.reach(context.Background(), func(ctx context.Context, client valkey.Client) error {
		return client.Do(ctx, client.B().Zrem().Key(p.key(place.subject)).Member(place.lease).Build()).Error()
	})
	if err != nil {
		p.log.Debug().Err(err).Msg("give back a place") // its lease ends
	}
}

func (p *Places) reach(ctx context.Context, do func(ctx context.Context, client valkey.Client) error) error {
	return connection.Reach(ctx, p.connector, operationTimeout, do)
}

// Place is one that was taken.
type Place struct {
	lease   string
	most    int
	places  *Places
	subject Subject

	// Under the mutex of places:
	lost bool
	// onLost is called when the place is lost, once.
	onLost func()
	// taken is whether it is more than asked for.
	taken bool
}

// GiveBack gives the place back, once.
func (pl *Place) GiveBack() {
	if pl.places.release(pl) {
		pl.places.remove(pl)
	}
}

// OnLost has told be called when the place is lost, in a goroutine that it must not block, and at once if that has happened already. The
// place needs not be given back then.
func (pl *Place) OnLost(told func()) {
	pl.places.mu.Lock()
	pl.onLost = told
	lost := pl.lost
	pl.places.mu.Unlock()
	if lost {
		told()
	}
}
