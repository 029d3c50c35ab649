package webhooks

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

const (
	// effectAttempts is how often an effect is tried: over about two hours, with the pauses between.
	effectAttempts = 13
	effectWorkers  = 8
	// effectTimeout is short, because a task of a process that died is begun again after it.
	effectTimeout = 15 * time.Second
)

// effectArgs name an event.
type effectArgs struct {
	EventID string `json:"event_id"`
}

// Effects let events have their effect.
type Effects struct {
	billing *billing.Service
	clock   clock.Clock
	db      *postgres.DB
	metrics metrics
	store   store
	task    jobs.Task
}

// NewEffects returns effects on billing.
func NewEffects(db *postgres.DB, b *billing.Service, now clock.Clock, registerer prometheus.Registerer) *Effects {
	return newEffects(db, b, now, newMetrics(registerer))
}

func newEffects(db *postgres.DB, b *billing.Service, now clock.Clock, m metrics) *Effects {
	e := &Effects{billing: b, clock: now, db: db, metrics: m}
	e.task = jobs.DefineTask("webhook_effect", e.work, jobs.TaskOptions{
		Backoff: backoff, MaxAttempts: effectAttempts, Timeout: effectTimeout, Workers: effectWorkers,
	})
	return e
}

// Task returns the task of one event's effect.
func (e *Effects) Task() jobs.Task { return e.task }

// backoff doubles from a second, with up to half of it at random, so that what failed together isn't tried together.
func backoff(attempt int) time.Duration {
	full := time.Second << min(attempt-1, effectAttempts)
	return full/2 + rand.N(full/2+1) //nolint:gosec // jitter needs no secrecy
}

// work lets an event have its effect, once: who comes after that finds it done.
func (e *Effects) work(ctx context.Context, args effectArgs, attempt jobs.Attempt) error {
	err := e.apply(ctx, args.EventID)
	if err == nil {
		return nil
	}
	dead := attempt.Last() || hopeless(err)
	if noted := e.note(context.WithoutCancel(ctx), args.EventID, err, dead); noted != nil {
		return errors.Join(err, noted)
	}
	if !dead {
		e.metrics.effect("retried")
		return err
	}
	e.metrics.effect("dead")
	zerolog.Ctx(ctx).Error().Err(err).Str("event_id", args.EventID).Msg("webhook event is dead: replay it when the reason is mended")
	return jobs.Final(err)
}

func (e *Effects) apply(ctx context.Context, id string) error {
	return e.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		event, err := e.store.lock(ctx, tx, id)
		if err != nil || event.State != StateReceived {
			return err
		}
		err = e.billing.Apply(ctx, tx, billing.Event{At: event.OccurredAt, Body: event.Body, ID: event.ID, OrgID: event.OrgID, Type: event.Type})
		if err != nil {
			return err
		}
		event.Attempts++
		event.Note, event.ProcessedAt, event.State = "", e.clock(), StateProcessed
		if err := e.store.setState(ctx, tx, event); err != nil {
			return err
		}
		e.metrics.effect("processed")
		return nil
	})
}

// note writes down what went wrong.
func (e *Effects) note(ctx context.Context, id string, failure error, dead bool) error {
	return e.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		event, err := e.store.lock(ctx, tx, id)
		if err != nil || event.State != StateReceived {
			return err
		}
		event.Attempts++
		event.Note = reason(failure)
		if dead {
			event.State = StateDead
		}
		return e.store.setState(ctx, tx, event)
	})
}

// reason is what operators and owners read of a failure; the log has the rest.
func reason(err error) string {
	var known *fault.Error
	switch {
	case errors.Is(err, billing.ErrBadEvent):
		return err.Error()
	case errors.As(err, &known) && known.Kind != fault.KindInternal:
		return known.Message
	}
	return "internal error"
}

// hopeless reports whether trying again is of no use.
func hopeless(err error) bool {
	var known *fault.Error
	return errors.Is(err, billing.ErrBadEvent) || errors.As(err, &known) && known.Kind == fault.KindNotFound
}
