package outgoing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// queue is what a task needs to be queued: see [Deliverer.Task] for its work.
var queue = jobs.Task{Kind: "endpoint_delivery", TaskOptions: jobs.TaskOptions{
	// Only what went wrong on our side counts here, such as a database that was away: the schedule of attempts is the delivery's own.
	Backoff:     func(attempt int) time.Duration { return min(time.Duration(attempt)*5*time.Second, 5*time.Minute) },
	MaxAttempts: 1000,
	Timeout:     2 * requestTimeout,
}}

// Emitter writes events. A nil Emitter writes none, as if nobody listened: for tests of what emits.
type Emitter struct {
	clock  clock.Clock
	runner *jobs.Runner
	store  store
}

// NewEmitter returns an emitter that queues deliveries with runner.
func NewEmitter(runner *jobs.Runner, now clock.Clock) *Emitter {
	return &Emitter{clock: now, runner: runner, store: newStore()}
}

// Emit writes events in the transaction of what happened and queues a delivery to each endpoint that wants them: three statements,
// however many there are, or one if nobody wants any. Whoever has read a branch should ask [Wanted] first, which costs none.
func (e *Emitter) Emit(ctx context.Context, tx postgres.Querier, orgID string, events ...Event) error {
	if e == nil || len(events) == 0 {
		return nil
	}
	subscribers, err := e.store.subscribers(ctx, tx, orgID)
	if err != nil {
		return err
	}
	_, err = e.send(ctx, tx, orgID, events, subscribers, Subscription.wants)
	return err
}

// send writes those of the events that a subscriber takes, and queues their deliveries.
func (e *Emitter) send(
	ctx context.Context, tx postgres.Querier, orgID string, events []Event, subscribers []Endpoint, takes func(Subscription, Event) bool,
) ([]Delivery, error) {
	now := e.clock()
	var all []written
	var deliveries []Delivery
	for _, event := range events {
		w := written{Event: event, id: ids.New("evt")}
		queued := len(deliveries)
		for _, s := range subscribers {
			if takes(s.Subscription, event) {
				deliveries = append(deliveries, Delivery{
					CreatedAt: now, EndpointID: s.ID, EventID: w.id, EventType: event.Type, ID: ids.New("dlv"), NextAttemptAt: now, Run: 1,
					State: DeliveryPending,
				})
			}
		}
		if len(deliveries) == queued {
			continue
		}
		var err error
		if w.data, err = json.Marshal(event.Data); err != nil {
			return nil, fmt.Errorf("encode %s: %w", event.Type, err)
		}
		all = append(all, w)
	}
	if len(deliveries) == 0 {
		return nil, nil
	}
	if err := e.store.insertEvents(ctx, tx, orgID, all, deliveries, now); err != nil {
		return nil, err
	}
	assignments := make([]assignment, len(deliveries))
	for i, d := range deliveries {
		assignments[i] = assignment{DeliveryID: d.ID, EndpointID: d.EndpointID, OrgID: orgID, Run: d.Run}
	}
	return deliveries, e.enqueue(ctx, tx, assignments)
}

func (e *Emitter) enqueue(ctx context.Context, tx postgres.Querier, assignments []assignment) error {
	if len(assignments) == 0 {
		return nil
	}
	args := make([]any, len(assignments))
	for i, a := range assignments {
		args[i] = a
	}
	return e.runner.Enqueue(ctx, tx, queue, args...)
}
