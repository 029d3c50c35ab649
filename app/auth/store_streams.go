package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

func (s store) insertTicket(ctx context.Context, tx postgres.Querier, minted token.Opaque, t ticket, now, expiresAt time.Time) error {
	err := s.queries.StreamTicketInsert(ctx, tx, &sqlc.StreamTicketInsertParams{
		OrgID: minted.OrgID, ID: minted.ID, SecretHash: minted.Hash(), SessionID: t.sessionID, AccessExpiresAt: t.accessExpiresAt,
		Now: now, ExpiresAt: expiresAt,
	})
	if err != nil {
		return fmt.Errorf("insert stream ticket: %w", err)
	}
	return nil
}

// takeTicket deletes a ticket and returns it, nil if there is none such.
func (s store) takeTicket(ctx context.Context, q postgres.Querier, presented token.Opaque, now time.Time) (*ticket, error) {
	row, err := s.queries.StreamTicketTake(ctx, q, &sqlc.StreamTicketTakeParams{
		OrgID: presented.OrgID, ID: presented.ID, SecretHash: presented.Hash(), Now: now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take stream ticket: %w", err)
	}
	return &ticket{accessExpiresAt: row.AccessExpiresAt, sessionID: row.SessionID}, nil
}

func (s store) usableSessions(ctx context.Context, q postgres.Querier, orgID string, ids []string, usable map[string]bool) error {
	found, err := s.queries.SessionUsableList(ctx, q, &sqlc.SessionUsableListParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return fmt.Errorf("list usable sessions: %w", err)
	}
	for _, id := range found {
		usable[id] = true
	}
	return nil
}

func (s store) usableAPIKeys(ctx context.Context, q postgres.Querier, orgID string, ids []string, now time.Time, usable map[string]bool) error {
	found, err := s.queries.ApiKeyUsableList(ctx, q, &sqlc.ApiKeyUsableListParams{OrgID: orgID, Ids: ids, Now: now})
	if err != nil {
		return fmt.Errorf("list usable API keys: %w", err)
	}
	for _, id := range found {
		usable[id] = true
	}
	return nil
}
