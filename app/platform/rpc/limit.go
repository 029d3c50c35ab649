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

type headerKey struct{}

// carryHeader lets interceptors add to the header of the HTTP answer. Over connect they could add to answers and errors only, in
// another way for each protocol, and errors end up in trailers.
func carryHeader(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), headerKey{}, w.Header())))
	})
}

// CarryHeader lets [Show] reach the header of the answer, as it does in RPCs.
func CarryHeader(next http.Handler) http.Handler { return carryHeader(next) }

// Show puts a decision into the header of the answer, for what is counted by a handler itself.
func Show(ctx context.Context, d ratelimit.Decision) { show(ctx, d) }

// show puts a decision into the header of the answer.
func show(ctx context.Context, d ratelimit.Decision) {
	if header, ok := ctx.Value(headerKey{}).(http.Header); ok {
		d.SetHeaders(header)
	}
}

// chargeAddress counts a call without valid credentials against the client's address, and refuses it over the limit.
func chargeAddress(ctx context.Context, l *ratelimit.Limiter) error {
	if l == nil {
		return nil
	}
	subject, limit := l.ChargeAddress(httpserver.ClientAddress(ctx))
	d := l.Allow(ctx, subject, limit)
	show(ctx, d)
	if !d.Admitted {
		return d.Refusal("")
	}
	return nil
}

// turnAway refuses addresses that are known to be over their limit before anything is looked up for them. Credentials that this
// node recognises pass: those who sit behind one address with an attacker go on working.
func turnAway(ctx context.Context, l *ratelimit.Limiter, a Authenticator, authorization string) error {
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
	show(ctx, d)
	return d.Refusal("")
}

func unauthenticated(err error) bool {
	var known *fault.Error
	return errors.As(err, &known) && known.Kind == fault.KindUnauthenticated
}

// limit counts the calls of users and API keys. A read is decided while its handler works: the question and the handler's own
// for the cache go to Valkey together, and no answer leaves before the decision. A mutation and a stream begin after it.
func limit(l *ratelimit.Limiter) step {
	return func(ctx context.Context, c call, next func(ctx context.Context) error) error {
		who := caller.From(ctx)
		if l == nil || who.Kind == caller.KindNone || policyOf(c.spec).GetBudget() == policyv1.Budget_BUDGET_STREAM {
			return next(ctx)
		}
		subject, most := l.Charge(budgetOf(c.spec), who)
		if c.spec.IdempotencyLevel == connect.IdempotencyNoSideEffects && c.spec.StreamType == connect.StreamTypeUnary {
			working, stop := context.WithCancel(ctx)
			defer stop()
			return meanwhile(ctx, l.Begin(ctx, subject, most, stop), who.Plan, func() error { return next(working) })
		}
		d := l.Allow(ctx, subject, most)
		show(ctx, d)
		if !d.Admitted {
			return d.Refusal(who.Plan)
		}
		return next(ctx)
	}
}

// meanwhile works while a question is being decided, and throws the work away if the call is refused. A panic goes on, but not
// before the answer has its header.
func meanwhile(ctx context.Context, q *ratelimit.Question, plan string, work func() error) (err error) {
	if d, ok := q.Decided(); ok && !d.Admitted {
		show(ctx, d)
		return d.Refusal(plan)
	}
	defer func() {
		d := q.Wait()
		show(ctx, d)
		if !d.Admitted {
			err = d.Refusal(plan)
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
