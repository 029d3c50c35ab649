package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

type store struct{ queries *sqlc.Queries }

// receiveStatement does all of a delivery in one round trip, and so in one transaction: it takes what was signed and the request id, then
// the event, and queues its effect. Of deliveries that come at the same time one takes it, and the others wait for what becomes of that.
// Who signs nothing ($1 is null) takes the event alone.
//
// It isn't among the queries, because it writes to River's schema, which sqlc doesn't know.
const receiveStatement = `
WITH taken AS (
  INSERT INTO webhook_deliveries (digest, request_id, received_at)
  SELECT $1, $2, $3 WHERE $1::bytea IS NOT NULL
  ON CONFLICT DO NOTHING
  RETURNING digest
), event AS (
  INSERT INTO webhook_events (id, org_id, type, state, note, body, occurred_at, received_at)
  SELECT $4, $5, $6, CASE WHEN known.note = '' THEN 'RECEIVED' ELSE 'IGNORED' END, known.note, $8, $9, $3
  FROM (
    SELECT CASE
      WHEN $7 <> '' THEN $7
      WHEN NOT EXISTS (SELECT FROM organisations WHERE org_id = $5) THEN 'names an organisation that doesn''t exist'
      ELSE ''
    END AS note
  ) AS known
  WHERE $1::bytea IS NULL OR EXISTS (SELECT FROM taken)
  ON CONFLICT (id) DO NOTHING
  RETURNING state
), queued AS (
  INSERT INTO ` + schema.Jobs + `.river_job (args, kind, queue, max_attempts)
  SELECT $10, $11, $12, $13 FROM event WHERE state = 'RECEIVED'
)
SELECT $1::bytea IS NULL OR EXISTS (SELECT FROM taken), EXISTS (SELECT FROM event)`

// receive takes a delivery with its event and queues the event's effect. fresh is false if what was signed, or the request id, was taken
// before; first if the event came for the first time.
func (s store) receive(ctx context.Context, q postgres.Querier, p proof, e Event, effect jobs.Row) (first, fresh bool, err error) {
	var digest []byte
	var requestID *string
	if p.signed {
		digest = p.digest[:]
	}
	if p.requestID != "" {
		requestID = &p.requestID
	}
	err = q.QueryRow(ctx, receiveStatement, digest, requestID, e.ReceivedAt, e.ID, e.OrgID, e.Type, e.Note, e.Body, e.OccurredAt,
		effect.Args, effect.Kind, effect.Queue, effect.MaxAttempts).Scan(&fresh, &first)
	if err != nil {
		return false, false, fmt.Errorf("receive webhook: %w", err)
	}
	return first, fresh, nil
}

// lock returns an event and keeps others from changing it.
func (s store) lock(ctx context.Context, tx postgres.Querier, id string) (Event, error) {
	row, err := s.queries.WebhookEventLock(ctx, tx, &sqlc.WebhookEventLockParams{ID: id})
	return found(row, id, err)
}

func (s store) get(ctx context.Context, q postgres.Querier, id string) (Event, error) {
	row, err := s.queries.WebhookEventGet(ctx, q, &sqlc.WebhookEventGetParams{ID: id})
	return found(row, id, err)
}

func found(row *sqlc.WebhookEvent, id string, err error) (Event, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return Event{}, fault.NotFound("webhook event", id)
	}
	if err != nil {
		return Event{}, fmt.Errorf("get webhook event: %w", err)
	}
	return fromRow(row), nil
}

func (s store) setState(ctx context.Context, tx postgres.Querier, e Event) error {
	params := &sqlc.WebhookEventSetStateParams{ID: e.ID, State: string(e.State), Note: e.Note, Attempts: e.Attempts}
	if !e.ProcessedAt.IsZero() {
		params.ProcessedAt = &e.ProcessedAt
	}
	if err := s.queries.WebhookEventSetState(ctx, tx, params); err != nil {
		return fmt.Errorf("set state of webhook event: %w", err)
	}
	return nil
}

// list returns up to size events before a cursor, of one organisation or of all if that is empty.
func (s store) list(ctx context.Context, q postgres.Querier, orgID string, f Filter, before Cursor, size int32) ([]Event, error) {
	var rows []*sqlc.WebhookEvent
	var err error
	if orgID == "" {
		rows, err = s.queries.WebhookEventList(ctx, q, &sqlc.WebhookEventListParams{
			State: string(f.State), Type: f.Type, BeforeAt: before.At, BeforeID: before.ID, PageSize: size,
		})
	} else {
		rows, err = s.queries.WebhookEventListByOrganisation(ctx, q, &sqlc.WebhookEventListByOrganisationParams{
			OrgID: orgID, State: string(f.State), Type: f.Type, BeforeAt: before.At, BeforeID: before.ID, PageSize: size,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list webhook events: %w", err)
	}
	events := make([]Event, len(rows))
	for i, row := range rows {
		events[i] = fromRow(row)
	}
	return events, nil
}

// lost returns events whose task must have been lost.
func (s store) lost(ctx context.Context, q postgres.Querier, orgID string, before time.Time) ([]string, error) {
	ids, err := s.queries.WebhookEventListLost(ctx, q, &sqlc.WebhookEventListLostParams{OrgID: orgID, After: before.Add(-lostWithin), Before: before})
	if err != nil {
		return nil, fmt.Errorf("list lost webhook events: %w", err)
	}
	return ids, nil
}

func (s store) prune(ctx context.Context, q postgres.Querier, deliveriesBefore, eventsBefore time.Time) (deliveries, events int64, err error) {
	if deliveries, err = s.queries.WebhookDeliveryPrune(ctx, q, &sqlc.WebhookDeliveryPruneParams{Before: deliveriesBefore}); err != nil {
		return 0, 0, fmt.Errorf("prune webhook deliveries: %w", err)
	}
	if events, err = s.queries.WebhookEventPrune(ctx, q, &sqlc.WebhookEventPruneParams{Before: eventsBefore}); err != nil {
		return 0, 0, fmt.Errorf("prune webhook events: %w", err)
	}
	return deliveries, events, nil
}

func fromRow(row *sqlc.WebhookEvent) Event {
	e := Event{
		Attempts: row.Attempts, Body: row.Body, ID: row.ID, Note: row.Note, OccurredAt: row.OccurredAt, OrgID: row.OrgID, ReceivedAt: row.ReceivedAt,
		State: State(row.State), Type: row.Type,
	}
	if row.ProcessedAt != nil {
		e.ProcessedAt = *row.ProcessedAt
	}
	return e
}
