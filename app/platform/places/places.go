package places

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/valkey-io/valkey-go"
)

const (
	// Lease is how long a place outlives the node that held it.
	Lease = 30 * time.Second
	// renewInterval leaves room for two renewals that fail.
	renewInterval = Lease / 3
	// operationTimeout bounds one call to Valkey.
	operationTimeout = 250 * time.Millisecond
	// renewBatch is how many places are renewed in one write.
	renewBatch = 500
)

// take adds a lease if there is a place, and forgets those that have ended. Valkey's own clock decides.
//
// KEYS: sorted set of leases by their end in ms. ARGV: lease, most, length in ms.
var take = valkey.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`)

// renew prolongs a lease, also one that was lost with the rest of Valkey.
//
// KEYS: as above. ARGV: lease, length in ms.
var renew = valkey.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`)

// Connector gives the Valkey client, or an error while there is none.
type Connector interface {
	Client() (valkey.Client, error)
}

// Subject is who takes places.
type Subject struct{ OrgID, ID string }

// Places are the places that this node holds. It is safe for concurrent use.
type Places struct {
	connector Connector
	log       zerolog.Logger
	name      string

	mu   sync.Mutex
	held map[Subject]map[string]struct{}
}

// New returns the places of one kind, `{prefix}.{kind}` in Valkey. [Places.Renew] must run for as long as places are held.
func New(prefix, kind string, connector Connector, log zerolog.Logger) *Places {
	return &Places{connector: connector, held: make(map[Subject]map[string]struct{}), log: log, name: prefix + "." + kind}
}

func (p *Places) key(s Subject) string { return p.name + ":{" + s.OrgID + "}:" + s.ID }

// Take takes a place if the subject has fewer than most, over all nodes. It must be given back. Without Valkey each node counts for
// itself what it holds.
func (p *Places) Take(ctx context.Context, s Subject, most int) (giveBack func(), ok bool) {
	lease := rand.Text()
	// Held before it is taken, so that two who come together while Valkey is away don't both find the last place.
	here := p.hold(s, lease)
	taken, err := p.take(ctx, s, lease, most)
	if err != nil {
		p.log.Warn().Err(err).Msg("places are counted on each node alone")
		taken = here <= most
	}
	if !taken {
		if err != nil { // it may have been taken all the same
			p.giveBack(s, lease)
		}
		p.release(s, lease)
		return nil, false
	}
	var once sync.Once
	return func() { once.Do(func() { p.giveBack(s, lease) }) }, true
}

func (p *Places) take(ctx context.Context, s Subject, lease string, most int) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	client, err := p.connector.Client()
	if err != nil {
		return false, err
	}
	taken, err := take.Exec(ctx, client, []string{p.key(s)}, []string{lease, strconv.Itoa(most), milliseconds(Lease)}).AsInt64()
	return taken == 1, err
}

// hold notes a lease of this node and returns how many it has of the subject.
func (p *Places) hold(s Subject, lease string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held[s] == nil {
		p.held[s] = make(map[string]struct{}, 1)
	}
	p.held[s][lease] = struct{}{}
	return len(p.held[s])
}

func (p *Places) release(s Subject, lease string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held[s], lease)
	if len(p.held[s]) == 0 {
		delete(p.held, s)
	}
}

func (p *Places) giveBack(s Subject, lease string) {
	p.release(s, lease)
	ctx, cancel := context.WithTimeout(context.Background(), operationTimeout)
	defer cancel()
	client, err := p.connector.Client()
	if err == nil {
		err = client.Do(ctx, client.B().Zrem().Key(p.key(s)).Member(lease).Build()).Error()
	}
	if err != nil {
		p.log.Debug().Err(err).Msg("give back a place") // its lease ends
	}
}

// Renew prolongs the leases of this node until ctx ends.
func (p *Places) Renew(ctx context.Context) {
	ticker := time.NewTicker(renewInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.renewAll(ctx)
		}
	}
}

func (p *Places) renewAll(ctx context.Context) {
	client, err := p.connector.Client()
	if err != nil {
		return
	}
	held := p.all()
	for from := 0; from < len(held); from += renewBatch {
		if err := p.renew(ctx, client, held[from:min(from+renewBatch, len(held))]); err != nil {
			p.log.Warn().Err(err).Msg("renew places")
			return
		}
	}
}

// place is one lease of this node.
type place struct {
	lease   string
	subject Subject
}

func (p *Places) all() []place {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []place
	for s, leases := range p.held {
		for lease := range leases {
			all = append(all, place{lease, s})
		}
	}
	return all
}

func (p *Places) renew(ctx context.Context, client valkey.Client, batch []place) error {
	ctx, cancel := context.WithTimeout(ctx, 4*operationTimeout)
	defer cancel()
	calls := make([]valkey.LuaExec, len(batch))
	for i, held := range batch {
		calls[i] = valkey.LuaExec{Keys: []string{p.key(held.subject)}, Args: []string{held.lease, milliseconds(Lease)}}
	}
	for _, result := range renew.ExecMulti(ctx, client, calls...) {
		if err := result.Error(); err != nil {
			return err
		}
	}
	for _, held := range batch {
		if !p.holds(held) { // given back while it was renewed
			p.giveBack(held.subject, held.lease)
		}
	}
	return nil
}

func (p *Places) holds(held place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.held[held.subject][held.lease]
	return ok
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
