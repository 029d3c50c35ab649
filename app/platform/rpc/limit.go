package rpc

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

// Recogniser is an [Authenticator] that can tell credentials which are probably good from others at no cost.
type Recogniser interface {
	// Recognises reports whether the Authorization header looks good without asking anybody.
	Recognises(authorization string) bool
}

// show puts a decision into the header of the answer and returns the error of a refusal.
func show(ctx context.Context, c call, d ratelimit.Decision, plan string) error {
	d.SetHeaders(c.answer(ctx))
	if d.Admitted {
		return nil
	}
	return d.Refusal(plan)
}

// chargeAddress counts a call without valid credentials against the client's address, and refuses it over the limit.
func chargeAddress(ctx context.Context, c call, l *ratelimit.Limiter) error {
	if l == nil {
		return nil
	}
	subject, limit := l.ChargeAddress(httpserver.ClientAddress(ctx))
	return show(ctx, c, l.Allow(ctx, subject, limit), "")
}

// turnAway refuses addresses that are known to be over their limit before anything is looked up for them. Credentials that this
// node recognises pass: those who sit behind one address with an attacker go on working.
func turnAway(ctx context.Context, c call, l *ratelimit.Limiter, a Authenticator, authorization string) error {
	if l == nil {
		return nil
	}
	d, over := l.Refused(l.ChargeAddress(httpserver.ClientAddress(ctx)))
	if !over {
		return nil
	}
	if r, ok := a.(Recogniser); ok && r.Recognises(authorization) {
		return nil
	}
	return show(ctx, c, d, "")
}

func unauthenticated(err error) bool {
	var known *fault.Error
	return errors.As(err, &known) && known.Kind == fault.KindUnauthenticated
}

// attempt opens a stream for a caller. Streams that are opened count where that is decided; here those are counted that come to
// nothing, for they cost too, and who could try without end could guess without end. Over the limit nothing is looked up any more.
func attempt(ctx context.Context, c call, l *ratelimit.Limiter, who caller.Caller, open func(ctx context.Context) error) error {
	if l == nil || who.Kind == caller.KindNone {
		return open(ctx)
	}
	subject, most := l.Charge(ratelimit.Attempt, who)
	if d, over := l.Refused(subject, most); over {
		return show(ctx, c, d, "")
	}
	err := open(ctx)
	if err == nil || !inVain(err) {
		return err
	}
	if d := l.Allow(ctx, subject, most); !d.Admitted {
		return show(ctx, c, d, "")
	}
	return err
}

// Attempt opens a stream for a caller, as for an RPC: for handlers that serve a method outside of RPCs. What the limit of attempts that
// came to nothing says goes into the header of the answer.
func Attempt(ctx context.Context, answer http.Header, l *ratelimit.Limiter, who caller.Caller, open func(ctx context.Context) error) error {
	return attempt(ctx, call{outside: answer}, l, who, open)
}

// inVain reports whether a stream wasn't opened because of what the caller asked for. A stream that ends badly was opened; and a refusal by
// a limit per minute says itself when to come back, and costs nothing until then.
func inVain(err error) bool {
	var known *fault.Error
	if !errors.As(err, &known) {
		return false
	}
	switch known.Kind {
	case fault.KindInternal, fault.KindUnavailable, fault.KindAborted:
		return false
	}
	return known.Reason != ratelimit.Reason
}

// limit counts the calls of users and API keys. A read is decided while its handler works: the question and the handler's own
// for the cache go to Valkey together, and no answer leaves before the decision. A mutation and a stream begin after it.
func limit(l *ratelimit.Limiter) step {
	return func(ctx context.Context, c call, next func(ctx context.Context) error) error {
		who := caller.From(ctx)
		if l == nil || who.Kind == caller.KindNone {
			return next(ctx)
		}
		if policyOf(c.spec).GetBudget() == policyv1.Budget_BUDGET_STREAM {
			return attempt(ctx, c, l, who, next)
		}
		subject, most := l.Charge(budgetOf(c.spec), who)
		if c.spec.IdempotencyLevel == connect.IdempotencyNoSideEffects && c.spec.StreamType == connect.StreamTypeUnary {
			working, stop := context.WithCancel(ctx)
			defer stop()
			return meanwhile(ctx, c, l.Begin(ctx, subject, most, stop), who.Plan, func() error { return next(working) })
		}
		if over := show(ctx, c, l.Allow(ctx, subject, most), who.Plan); over != nil {
			return over
		}
		return next(ctx)
	}
}

// meanwhile works while a question is being decided, and throws the work away if the call is refused. A panic goes on, but not
// before the answer has its header.
func meanwhile(ctx context.Context, c call, q *ratelimit.Question, plan string, work func() error) (err error) {
	if d, ok := q.Decided(); ok && !d.Admitted {
		return show(ctx, c, d, plan)
	}
	defer func() {
		d := q.Wait()
		if !d.Admitted {
			clear(c.answer(ctx)) // of what the handler put there
		}
		if over := show(ctx, c, d, plan); over != nil {
			err = over
		}
	}()
	return work()
}

func budgetOf(spec connect.Spec) ratelimit.Budget {
	if policyOf(spec).GetBudget() == policyv1.Budget_BUDGET_INGEST {
		return ratelimit.Ingest
	}
	return ratelimit.Plan
}
