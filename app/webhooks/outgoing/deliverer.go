package outgoing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// early is how much before its time an attempt may begin: clocks of nodes differ.
const early = 100 * time.Millisecond

// Deliverer makes deliveries.
type Deliverer struct {
	clock   clock.Clock
	db      *postgres.DB
	metrics *Metrics
	sender  *sender
	service *Service
	slots   *slots
	store   store
	workers int
}

// NewDeliverer returns a deliverer for this node.
func NewDeliverer(settings config.Outgoing, db *postgres.DB, service *Service, metrics *Metrics, now clock.Clock) *Deliverer {
	return &Deliverer{
		clock: now, db: db, metrics: metrics, sender: newSender(settings.AllowLoopback, nil, now), service: service,
		slots: newSlots(settings.Workers, now), store: newStore(), workers: settings.Workers,
	}
}

// Task is the task of one delivery: it lasts until the event is taken or given up, and is put off between attempts.
func (d *Deliverer) Task() jobs.Task {
	options := queue.TaskOptions
	options.Workers = d.workers
	return jobs.DefineTask(queue.Kind, func(ctx context.Context, a assignment, _ jobs.Attempt) error { return d.deliver(ctx, a) }, options)
}

// deliver makes an attempt if it is time for one.
func (d *Deliverer) deliver(ctx context.Context, a assignment) error {
	if putOff, ok := d.slots.take(ctx, a.EndpointID); !ok {
		d.metrics.putOff()
		return jobs.Later(putOff)
	}
	var got answer
	defer func() { d.slots.give(a.EndpointID, got) }()
	due, err := d.store.load(ctx, d.db, a)
	switch {
	case err != nil:
		return err
	case due == nil || due.state != DeliveryPending || due.run != a.Run:
		return nil // pruned, done, held or replayed
	case !due.endpoint.DeletedAt.IsZero():
		return d.store.fail(ctx, d.db, &due.endpoint, problemDeleted)
	case due.endpoint.State == StateDisabled:
		return d.store.holdOne(ctx, d.db, a)
	}
	if wait := due.nextAttemptAt.Sub(d.clock()); wait > early {
		return jobs.Later(wait)
	}
	if got, err = d.sender.post(ctx, &due.endpoint, due.body); err != nil {
		return err
	}
	got.Number = due.attempts + 1
	return d.record(ctx, a, due, got)
}

// record writes an attempt down and puts the task off to the next one.
func (d *Deliverer) record(ctx context.Context, a assignment, due *due, got answer) error {
	state, wait := outcome(got, int(due.tries)+1)
	next := time.Time{}
	if state == DeliveryPending {
		next = d.clock().Add(wait)
	}
	d.metrics.attempted(got, state)
	var since time.Time
	var inRow int32
	err := d.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) (err error) {
		// The endpoint's row comes first, as wherever both are changed.
		if got.ok() {
			err = d.store.recordSuccess(ctx, tx, a)
		} else {
			since, inRow, err = d.store.recordFailure(ctx, tx, a, state == DeliveryFailed, got.StartedAt)
		}
		if err != nil {
			return err
		}
		_, err = d.store.record(ctx, tx, a, got.Attempt, state, next)
		return err
	})
	if err != nil {
		return err
	}
	if !got.ok() {
		zerolog.Ctx(ctx).Info().Str("org_id", a.OrgID).Str("endpoint_id", a.EndpointID).Str("delivery_id", a.DeliveryID).
			Int("status", got.StatusCode).Str("problem", got.Error).Str("state", string(state)).Msg("webhook delivery failed")
		if reason := disables(got, since, inRow); reason != "" {
			if err := d.disable(ctx, a, reason); err != nil {
				return err
			}
		}
	}
	if state == DeliveryPending {
		return jobs.Later(wait)
	}
	return nil
}

// disable disables an endpoint and says so.
func (d *Deliverer) disable(ctx context.Context, a assignment, reason string) error {
	return d.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		disabled, err := d.service.disableFailing(ctx, tx, a.OrgID, a.EndpointID, reason)
		if err != nil || !disabled {
			return err
		}
		d.metrics.disabled.Inc()
		zerolog.Ctx(ctx).Warn().Str("org_id", a.OrgID).Str("endpoint_id", a.EndpointID).Str("reason", reason).Msg("webhook endpoint disabled")
		return nil
	})
}

// outcome is what becomes of a delivery whose attempt of the given number came to an answer, and how long until the next attempt.
func outcome(got answer, try int) (DeliveryState, time.Duration) {
	switch {
	case got.ok():
		return DeliveryDelivered, 0
	case got.refused || got.StatusCode == http.StatusGone:
		return DeliveryFailed, 0
	}
	wait, again := retryIn(try, got.retryAfter, rand.Float64()) //nolint:gosec // it spreads load
	if !again {
		return DeliveryFailed, 0
	}
	return DeliveryPending, wait
}

// disables returns why a failed attempt ends an endpoint, or "". since is the first of the failed attempts and inRow how many
// deliveries in a row were given up.
func disables(got answer, since time.Time, inRow int32) string {
	switch {
	case got.StatusCode == http.StatusGone:
		return "the endpoint answered 410 Gone"
	case got.StartedAt.Sub(since) >= failingPeriod:
		return fmt.Sprintf("every attempt has failed since %s", since.UTC().Format(time.RFC3339))
	case inRow >= maxExhausted:
		return fmt.Sprintf("%d deliveries in a row were given up", inRow)
	}
	return ""
}
