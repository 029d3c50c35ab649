package outgoing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// written is an event as it is stored.
type written struct {
	Event
	data []byte
	id   string
}

// insertEvents writes events and their deliveries in one statement.
func (s store) insertEvents(ctx context.Context, tx postgres.Querier, orgID string, events []written, deliveries []Delivery, now time.Time) error {
	p := &sqlc.EndpointEventInsertParams{OrgID: orgID, Now: now}
	for _, e := range events {
		p.Ids = append(p.Ids, e.id)
		p.Types = append(p.Types, string(e.Type))
		p.BranchIds = append(p.BranchIds, e.BranchID)
		p.OccurredAt = append(p.OccurredAt, e.At)
		p.Data = append(p.Data, e.data)
	}
	for _, d := range deliveries {
		p.DeliveryIds = append(p.DeliveryIds, d.ID)
		p.EndpointIds = append(p.EndpointIds, d.EndpointID)
		p.EventIds = append(p.EventIds, d.EventID)
		p.EventTypes = append(p.EventTypes, string(d.EventType))
	}
	if err := s.queries.EndpointEventInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	return nil
}

// load returns a delivery for an attempt; nil if it is gone.
func (s store) load(ctx context.Context, q postgres.Querier, a assignment) (*due, error) {
	r, err := s.queries.EndpointDeliveryLoad(ctx, q, &sqlc.EndpointDeliveryLoadParams{OrgID: a.OrgID, ID: a.DeliveryID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // what was pruned is nothing to do
	}
	if err != nil {
		return nil, fmt.Errorf("load delivery: %w", err)
	}
	return &due{
		attempts: r.Attempts,
		body:     body{Data: r.Data, ID: r.EventID, Timestamp: r.OccurredAt, Type: Type(r.Type)},
		endpoint: Endpoint{
			Subscription: Subscription{URL: r.Url}, DeletedAt: timeOf(r.DeletedAt), ID: a.EndpointID, OldSecret: r.OldSecret,
			OldSecretUntil: timeOf(r.OldSecretUntil), OrgID: a.OrgID, Secret: r.Secret, State: State(r.EndpointState),
		},
		nextAttemptAt: timeOf(r.NextAttemptAt), run: r.Run, state: DeliveryState(r.State), tries: r.Tries,
	}, nil
}

// record writes an attempt down and what became of its delivery. It returns false if there is nothing to write.
func (s store) record(ctx context.Context, tx postgres.Querier, a assignment, t Attempt, state DeliveryState, next time.Time) (bool, error) {
	rows, err := s.queries.EndpointDeliveryRecord(ctx, tx, &sqlc.EndpointDeliveryRecordParams{
		OrgID: a.OrgID, ID: a.DeliveryID, Run: a.Run, Number: t.Number, StartedAt: t.StartedAt, DurationMs: int32(t.Duration.Milliseconds()),
		StatusCode: int32(t.StatusCode), Error: t.Error, Response: t.Response, State: string(state), Delivered: state == DeliveryDelivered,
		NextAttemptAt: nullTime(next),
	})
	if err != nil {
		return false, fmt.Errorf("record attempt: %w", err)
	}
	return rows == 1, nil
}

func (s store) recordSuccess(ctx context.Context, tx postgres.Querier, a assignment) error {
	if err := s.queries.EndpointRecordSuccess(ctx, tx, &sqlc.EndpointRecordSuccessParams{OrgID: a.OrgID, ID: a.EndpointID}); err != nil {
		return fmt.Errorf("record success of endpoint: %w", err)
	}
	return nil
}

// recordFailure returns since when all attempts have failed and how many deliveries in a row were given up.
func (s store) recordFailure(ctx context.Context, tx postgres.Querier, a assignment, exhausted bool, now time.Time) (since time.Time, inRow int32, err error) {
	p := &sqlc.EndpointRecordFailureParams{OrgID: a.OrgID, ID: a.EndpointID, Now: now}
	if exhausted {
		p.Exhausted = 1
	}
	row, err := s.queries.EndpointRecordFailure(ctx, tx, p)
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("record failure of endpoint: %w", err)
	}
	return row.FailingSince, row.Exhausted, nil
}

func (s store) holdOne(ctx context.Context, q postgres.Querier, a assignment) error {
	err := s.queries.EndpointDeliveryHoldOne(ctx, q, &sqlc.EndpointDeliveryHoldOneParams{OrgID: a.OrgID, ID: a.DeliveryID, Run: a.Run})
	if err != nil {
		return fmt.Errorf("hold delivery: %w", err)
	}
	return nil
}

// hold holds back all that waits for an endpoint.
func (s store) hold(ctx context.Context, tx postgres.Querier, e *Endpoint) error {
	if _, err := s.queries.EndpointDeliveryHold(ctx, tx, &sqlc.EndpointDeliveryHoldParams{OrgID: e.OrgID, EndpointID: e.ID}); err != nil {
		return fmt.Errorf("hold deliveries: %w", err)
	}
	return nil
}

// fail gives up all that waits or is held back for an endpoint.
func (s store) fail(ctx context.Context, tx postgres.Querier, e *Endpoint, problem string) error {
	_, err := s.queries.EndpointDeliveryFail(ctx, tx, &sqlc.EndpointDeliveryFailParams{OrgID: e.OrgID, EndpointID: e.ID, Error: problem})
	if err != nil {
		return fmt.Errorf("fail deliveries: %w", err)
	}
	return nil
}

// release lets the oldest held deliveries of an endpoint wait for an attempt again.
func (s store) release(ctx context.Context, tx postgres.Querier, e *Endpoint, most int32, now time.Time) ([]assignment, error) {
	rows, err := s.queries.EndpointDeliveryRelease(ctx, tx, &sqlc.EndpointDeliveryReleaseParams{OrgID: e.OrgID, EndpointID: e.ID, Most: most, Now: now})
	if err != nil {
		return nil, fmt.Errorf("release deliveries: %w", err)
	}
	released := make([]assignment, len(rows))
	for i, r := range rows {
		released[i] = assignment{DeliveryID: r.ID, EndpointID: e.ID, OrgID: e.OrgID, Run: r.Run}
	}
	return released, nil
}

// revive lets deliveries whose time came before an instant wait for a new task.
func (s store) revive(ctx context.Context, tx postgres.Querier, orgID string, before, now time.Time) ([]assignment, error) {
	rows, err := s.queries.EndpointDeliveryRevive(ctx, tx, &sqlc.EndpointDeliveryReviveParams{OrgID: orgID, Before: before, Now: now})
	if err != nil {
		return nil, fmt.Errorf("revive deliveries: %w", err)
	}
	revived := make([]assignment, len(rows))
	for i, r := range rows {
		revived[i] = assignment{DeliveryID: r.ID, EndpointID: r.EndpointID, OrgID: orgID, Run: r.Run}
	}
	return revived, nil
}

func (s store) replay(ctx context.Context, tx postgres.Querier, orgID, id string, now time.Time) (Delivery, error) {
	row, err := s.queries.EndpointDeliveryReplay(ctx, tx, &sqlc.EndpointDeliveryReplayParams{OrgID: orgID, ID: id, Now: now})
	if errors.Is(err, pgx.ErrNoRows) {
		return Delivery{}, fault.NotFound("delivery", id)
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("replay delivery: %w", err)
	}
	return deliveryFromRow(row), nil
}

// getDelivery returns a delivery with the body that is posted.
func (s store) getDelivery(ctx context.Context, q postgres.Querier, orgID, id string) (Delivery, body, error) {
	r, err := s.queries.EndpointDeliveryGet(ctx, q, &sqlc.EndpointDeliveryGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Delivery{}, body{}, fault.NotFound("delivery", id)
	}
	if err != nil {
		return Delivery{}, body{}, fmt.Errorf("get delivery: %w", err)
	}
	d := deliveryFromRow(&sqlc.EndpointDelivery{
		OrgID: r.OrgID, ID: r.ID, EndpointID: r.EndpointID, EventID: r.EventID, EventType: r.EventType, State: r.State, Run: r.Run, Tries: r.Tries,
		Attempts: r.Attempts, NextAttemptAt: r.NextAttemptAt, Error: r.Error, CreatedAt: r.CreatedAt, DeliveredAt: r.DeliveredAt,
	})
	return d, body{Data: r.Data, ID: r.EventID, Timestamp: r.OccurredAt, Type: Type(r.EventType)}, nil
}

func (s store) attempts(ctx context.Context, q postgres.Querier, orgID, id string) ([]Attempt, error) {
	rows, err := s.queries.EndpointAttemptList(ctx, q, &sqlc.EndpointAttemptListParams{OrgID: orgID, DeliveryID: id})
	if err != nil {
		return nil, fmt.Errorf("list attempts: %w", err)
	}
	attempts := make([]Attempt, len(rows))
	for i, r := range rows {
		attempts[i] = Attempt{
			Duration: time.Duration(r.DurationMs) * time.Millisecond, Error: r.Error, Number: r.Number, Response: r.Response, StartedAt: r.StartedAt,
			StatusCode: int(r.StatusCode),
		}
	}
	return attempts, nil
}

// filter says which deliveries to list; empty fields match all.
type filter struct {
	endpointID string
	eventType  string
	state      DeliveryState
}

// cursor is the last delivery of a page.
type cursor struct {
	CreatedAt time.Time `json:"at"`
	ID        string    `json:"id"`
}

func (s store) listDeliveries(ctx context.Context, q postgres.Querier, orgID string, f filter, before cursor, size int32) ([]Delivery, error) {
	rows, err := s.queries.EndpointDeliveryList(ctx, q, &sqlc.EndpointDeliveryListParams{
		OrgID: orgID, EndpointID: f.endpointID, State: string(f.state), EventType: f.eventType, BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID,
		PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	deliveries := make([]Delivery, len(rows))
	for i, row := range rows {
		deliveries[i] = deliveryFromRow(row)
	}
	return deliveries, nil
}

// deleteOldEvents deletes some of the events before an instant, with their deliveries.
func (s store) deleteOldEvents(ctx context.Context, q postgres.Querier, orgID string, before time.Time, most int32) (int64, error) {
	deleted, err := s.queries.EndpointEventDeleteOld(ctx, q, &sqlc.EndpointEventDeleteOldParams{OrgID: orgID, Before: before, Most: most})
	if err != nil {
		return 0, fmt.Errorf("delete old events: %w", err)
	}
	return deleted, nil
}

func deliveryFromRow(r *sqlc.EndpointDelivery) Delivery {
	return Delivery{
		Attempts: r.Attempts, CreatedAt: r.CreatedAt, DeliveredAt: timeOf(r.DeliveredAt), EndpointID: r.EndpointID, Error: r.Error, EventID: r.EventID,
		EventType: Type(r.EventType), ID: r.ID, NextAttemptAt: timeOf(r.NextAttemptAt), Run: r.Run, State: DeliveryState(r.State),
	}
}
