package auth

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// insertEvent adds to the audit trail.
func (s store) insertEvent(ctx context.Context, tx postgres.Querier, e *Event) error {
	err := s.queries.AuditEventInsert(ctx, tx, &sqlc.AuditEventInsertParams{
		OrgID: e.OrgID, ID: e.ID, At: e.At, ActorID: e.ActorID, Action: string(e.Action), Target: e.Target, Address: e.Address, RequestID: e.RequestID,
	})
	if err != nil {
		return fmt.Errorf("insert audit event: %w", err)
	}
	return nil
}

// listEvents returns what happened before an event, newest first.
func (s store) listEvents(ctx context.Context, q postgres.Querier, orgID string, before eventCursor, size int32) ([]*Event, error) {
	rows, err := s.queries.AuditEventList(ctx, q, &sqlc.AuditEventListParams{OrgID: orgID, BeforeAt: before.At, BeforeID: before.ID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	events := make([]*Event, len(rows))
	for i, row := range rows {
		events[i] = &Event{
			Action: Action(row.Action), ActorID: row.ActorID, Address: row.Address, At: row.At, ID: row.ID, OrgID: row.OrgID,
			RequestID: row.RequestID, Target: row.Target,
		}
	}
	return events, nil
}
