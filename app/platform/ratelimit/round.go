package ratelimit

import (
	"context"
	"runtime"

	"github.com/valkey-io/valkey-go"

	connection "github.com/chefcloud/chefcloud/app/platform/valkey"
)

// round is one question to Valkey on behalf of all calls of a subject that arrived while the one before was under way. Who
// calls a lot at a time costs few round trips so, and the limit holds as if each had asked.
type round struct {
	decided   chan struct{}
	decisions []Decision // once decided is closed, in the sequence in which the calls came
	limit     int
	refused   []func() // of each call; nil for nothing to do
}

// Question is a call that is being decided.
type Question struct {
	decision Decision // if there is no round
	number   int      // within the round
	round    *round
}

// Decided returns the decision if it needed no question.
func (q *Question) Decided() (d Decision, ok bool) { return q.decision, q.round == nil }

// Wait returns the decision.
func (q *Question) Wait() Decision {
	if q.round == nil {
		return q.decision
	}
	<-q.round.decided
	return q.round.decisions[q.number]
}

// join puts a call into the subject's next round. It returns what must be run for the call to be decided, nil if somebody does
// that already. A call by another limit than those who wait, as just after a change of plan, has a round to itself.
func (l *Limiter) join(ctx context.Context, a *account, s Subject, limit int, refused func()) (q *Question, run func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next != nil && a.next.limit != limit {
		alone := &round{decided: make(chan struct{}), limit: limit, refused: []func(){refused}}
		return &Question{round: alone}, func() { l.decide(ctx, a, s, alone) }
	}
	if a.next == nil {
		a.next = &round{decided: make(chan struct{}), limit: limit}
	}
	q = &Question{number: len(a.next.refused), round: a.next}
	a.next.refused = append(a.next.refused, refused)
	if a.asking {
		return q, nil
	}
	a.asking = true
	return q, func() { l.run(ctx, a, s) }
}

// run decides the next round and leaves those who have come meanwhile to another goroutine.
func (l *Limiter) run(ctx context.Context, a *account, s Subject) {
	// Calls that are ready to run join this round instead of waiting for it and the next.
	runtime.Gosched()
	a.mu.Lock()
	r := a.next
	a.next = nil
	a.mu.Unlock()
	l.decide(ctx, a, s, r)

	a.mu.Lock()
	a.asking = a.next != nil
	waiting := a.asking
	a.mu.Unlock()
	if waiting {
		go l.run(ctx, a, s)
	}
}

// decide asks Valkey for the places of a round.
func (l *Limiter) decide(ctx context.Context, a *account, s Subject, r *round) {
	wanted := len(r.refused)
	r.decisions = make([]Decision, wanted)
	if !l.decideTogether(ctx, a, s, r) {
		for i := range wanted {
			r.decisions[i] = l.decideAlone(a, s, r.limit)
		}
	}
	close(r.decided)
	for i, refused := range r.refused {
		if refused != nil && !r.decisions[i].Admitted {
			refused()
		}
	}
}

// decideTogether returns false if Valkey is away.
func (l *Limiter) decideTogether(ctx context.Context, a *account, s Subject, r *round) bool {
	if l.away.Load() { // since the calls joined
		return false
	}
	asked := l.clock()
	v, err := l.ask(ctx, a, r.limit, len(r.decisions))
	if err != nil {
		l.failed(err)
		return false
	}
	answered := l.clock()
	a.note(answered, v.admitted)
	if v.admitted < len(r.decisions) {
		a.remember(refusal{earliest: asked.Add(v.frees), latest: answered.Add(v.frees), limit: r.limit})
	}
	for i := range r.decisions {
		r.decisions[i] = l.count(v.decision(i, s, r.limit, r.limit, SourceValkey))
	}
	return true
}

func (l *Limiter) ask(ctx context.Context, a *account, limit, wanted int) (v verdict, err error) {
	err = l.reach(ctx, func(ctx context.Context, client valkey.Client) error {
		v, err = askValkey(ctx, client, a.key, limit, wanted)
		return err
	})
	return v, err
}

// reach does something with Valkey. Should Valkey have admitted calls whose answer was lost, their places are taken twice: that admits too
// few at that moment rather than too many.
func (l *Limiter) reach(ctx context.Context, do func(ctx context.Context, client valkey.Client) error) error {
	return connection.Reach(ctx, l.connector, operationTimeout, do)
}
