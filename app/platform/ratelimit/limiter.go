package ratelimit

import (
	"context"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/rs/zerolog"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ids"
)

const (
	// operationTimeout bounds how long a call waits for Valkey before this node decides alone.
	operationTimeout = 250 * time.Millisecond
	// accountEntries bounds what a node remembers in each budget. Each has a memory of its own, so that made-up addresses
	// don't push out those who are signed in.
	accountEntries = 1 << 13
)

// Connector gives the Valkey client, or an error while there is none.
type Connector interface {
	Client() (valkey.Client, error)
}

// Limiter decides calls on one node. It is safe for concurrent use.
type Limiter struct {
	accounts  map[Budget]*lru.Cache[Subject, *account]
	away      atomic.Bool
	clock     clock.Clock
	connector Connector
	limits    Limits
	log       zerolog.Logger
	metrics   *Metrics
	node      string
	position  atomic.Pointer[position]
	prefix    string
	stop      context.CancelFunc
	stopped   chan struct{}
}

// New returns a limiter whose keys begin with prefix. It decides alone until [Limiter.Start] has found Valkey.
func New(prefix string, limits Limits, connector Connector, now clock.Clock, metrics *Metrics, log zerolog.Logger) *Limiter {
	l := &Limiter{
		accounts: make(map[Budget]*lru.Cache[Subject, *account], len(budgets)), clock: now, connector: connector, limits: limits, log: log,
		metrics: metrics, node: ids.New("node"), prefix: prefix,
		stopped: make(chan struct{}),
	}
	for _, b := range budgets {
		accounts, err := lru.New[Subject, *account](accountEntries)
		if err != nil {
			panic(err) // only for a size below 1
		}
		l.accounts[b] = accounts
	}
	l.away.Store(true)
	l.metrics.alone(true)
	l.settle(position{nodes: 1})
	return l
}

// Charge returns what a caller's call is counted under, and the limit of it.
func (l *Limiter) Charge(b Budget, c caller.Caller) (Subject, int) {
	return OfCaller(b, c), l.limits.Of(b, c)
}

// ChargeAddress does so for a client address.
func (l *Limiter) ChargeAddress(address string) (Subject, int) {
	return OfAddress(address), l.limits.Address
}

// Allow decides one more call of the subject, of which limit are admitted in any 60 seconds. It waits for Valkey for at
// most 250 ms, and never fails: without Valkey this node decides. It doesn't end with ctx, for the place may be taken already.
func (l *Limiter) Allow(ctx context.Context, s Subject, limit int) Decision {
	a := l.account(s)
	if d, ok := l.decideHere(a, s, limit); ok {
		return d
	}
	q, run := l.join(context.WithoutCancel(ctx), a, s, limit, nil)
	if run != nil {
		run()
	}
	return q.Wait()
}

// Begin is Allow without waiting: it is decided at once if this node knows the answer, and otherwise while the caller does
// something else. If that turns out to be refused, refused is called, unless it is nil.
func (l *Limiter) Begin(ctx context.Context, s Subject, limit int, refused func()) *Question {
	a := l.account(s)
	if d, ok := l.decideHere(a, s, limit); ok {
		return &Question{decision: d}
	}
	q, run := l.join(context.WithoutCancel(ctx), a, s, limit, refused)
	if run != nil {
		go run()
	}
	return q
}

// Refused returns the refusal of a subject that this node knows to be over its limit. It asks nobody and charges nothing.
func (l *Limiter) Refused(s Subject, limit int) (d Decision, ok bool) {
	a, ok := l.accounts[s.budget].Get(s)
	if !ok {
		return Decision{}, false
	}
	frees, ok := a.known(l.clock(), limit, l.away.Load())
	if !ok {
		return Decision{}, false
	}
	return l.count(Decision{Budget: s.budget, Frees: frees, Limit: limit, Source: SourceMemory}), true
}

func (l *Limiter) account(s Subject) *account {
	accounts := l.accounts[s.budget]
	if a, ok := accounts.Get(s); ok {
		return a
	}
	a := &account{key: s.key(l.prefix)}
	if before, ok, _ := accounts.PeekOrAdd(s, a); ok {
		return before
	}
	return a
}

// decideHere decides what takes no round trip.
func (l *Limiter) decideHere(a *account, s Subject, limit int) (Decision, bool) {
	now, away := l.clock(), l.away.Load()
	if frees, ok := a.known(now, limit, away); ok {
		return l.count(Decision{Budget: s.budget, Frees: frees, Limit: limit, Source: SourceMemory}), true
	}
	if !away {
		return Decision{}, false
	}
	return l.decideAlone(a, s, limit), true
}

// decideAlone decides by this node's own calls and its share of the limit.
func (l *Limiter) decideAlone(a *account, s Subject, limit int) Decision {
	now, share := l.clock(), l.position.Load().share(limit)
	v := a.take(now, share)
	if v.admitted == 0 {
		frees := now.Add(v.frees)
		a.remember(refusal{earliest: frees, fallback: true, latest: frees, limit: limit})
	}
	return l.count(v.decision(0, s, limit, share, SourceFallback))
}

func (l *Limiter) count(d Decision) Decision {
	l.metrics.decided(d)
	return d
}
