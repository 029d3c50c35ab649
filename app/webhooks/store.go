package webhooks

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

type store struct{ queries *sqlc.Queries }

// receive stores a delivery and its event in one statement. fresh is false if what was signed, or the request id, was taken before; first
// if the event came for the first time.
func (s store) receive(ctx context.Context, tx postgres.Querier, p proof, e Event) (first, fresh bool, err error) {
	params := &sqlc.WebhookReceiveParams{
		Digest: p.digest[:], ReceivedAt: e.ReceivedAt, ID: e.ID, OrgID: e.OrgID, Type: e.Type, State: string(e.State), Note: e.Note, Body: e.Body,
		OccurredAt: e.OccurredAt,
	}
	if p.requestID != "" {
		params.RequestID = &p.requestID
	}
	row, err := s.queries.WebhookReceive(ctx, tx, params)
	if err != nil {
		return false, false, fmt.Errorf("receive webhook: %w", err)
	}
	return row.First, row.Fresh, nil
}

func (s store) receiveUnsigned(ctx context.Context, tx postgres.Querier, e Event) (first bool, err error) {
	inserted, err := s.queries.WebhookReceiveUnsigned(ctx, tx, &sqlc.WebhookReceiveUnsignedParams{
		ReceivedAt: e.ReceivedAt, ID: e.ID, OrgID: e.OrgID, Type: e.Type, State: string(e.State), Note: e.Note, Body: e.Body, OccurredAt: e.OccurredAt,
	})
	if err != nil {
		return false, fmt.Errorf("receive webhook: %w", err)
	}
	return inserted == 1, nil
}

func (s store) organisationExists(ctx context.Context, q postgres.Querier, orgID string) (bool, error) {
	known, err := s.queries.OrganisationExists(ctx, q, &sqlc.OrganisationExistsParams{OrgID: orgID})
	if err != nil {
		return false, fmt.Errorf("look for organisation: %w", err)
	}
	return known, nil
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
	ids, err := s.queries.WebhookEventListLost(ctx, q, &sqlc.WebhookEventListLostParams{OrgID: orgID, Before: before})
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
