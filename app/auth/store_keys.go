package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// insertAPIKey adds a key.
func (s store) insertAPIKey(ctx context.Context, tx postgres.Querier, k *APIKey) error {
	err := s.queries.ApiKeyInsert(ctx, tx, &sqlc.ApiKeyInsertParams{
		OrgID: k.OrgID, ID: k.ID, Name: k.Name, SecretHash: k.SecretHash, Scopes: k.Scopes, BranchID: nullText(k.BranchID),
		CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt, ExpiresAt: nullTime(k.ExpiresAt),
	})
	if err != nil {
		return fmt.Errorf("insert API key: %w", err)
	}
	return nil
}

// findAPIKey returns a key, nil if there is none.
func (s store) findAPIKey(ctx context.Context, q postgres.Querier, orgID, id string) (*APIKey, error) {
	row, err := s.queries.ApiKeyGet(ctx, q, &sqlc.ApiKeyGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get API key: %w", err)
	}
	return apiKeyFromRow(row), nil
}

// findAccess returns what a key is worth, nil if there is none.
func (s store) findAccess(ctx context.Context, q postgres.Querier, orgID, id string) (*keyAccess, error) {
	row, err := s.queries.ApiKeyAccessGet(ctx, q, &sqlc.ApiKeyAccessGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get access of API key: %w", err)
	}
	return &keyAccess{key: apiKeyFromRow(&row.ApiKey), plan: row.Plan}, nil
}

// listAPIKeys returns an organisation's keys, newest first.
func (s store) listAPIKeys(ctx context.Context, q postgres.Querier, orgID string) ([]*APIKey, error) {
	rows, err := s.queries.ApiKeyList(ctx, q, &sqlc.ApiKeyListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	keys := make([]*APIKey, len(rows))
	for i, row := range rows {
		keys[i] = apiKeyFromRow(row)
	}
	return keys, nil
}

// revokeAPIKey revokes a key. It returns false if there is none that is in force.
func (s store) revokeAPIKey(ctx context.Context, tx postgres.Querier, orgID, id string, at time.Time) (bool, error) {
	revoked, err := s.queries.ApiKeyRevoke(ctx, tx, &sqlc.ApiKeyRevokeParams{Now: at, OrgID: orgID, ID: id})
	if err != nil {
		return false, fmt.Errorf("revoke API key: %w", err)
	}
	return revoked == 1, nil
}

func apiKeyFromRow(row *sqlc.ApiKey) *APIKey {
	return &APIKey{
		BranchID: value(row.BranchID), CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, ExpiresAt: value(row.ExpiresAt), ID: row.ID,
		Name: row.Name, OrgID: row.OrgID, RevokedAt: value(row.RevokedAt), Scopes: row.Scopes, SecretHash: row.SecretHash,
	}
}

// personBehind returns who made a key; an actor that is no key is itself.
func (s store) personBehind(ctx context.Context, q postgres.Querier, orgID, actorID string) (string, error) {
	creator, err := s.queries.ApiKeyCreatorGet(ctx, q, &sqlc.ApiKeyCreatorGetParams{OrgID: orgID, ID: actorID})
	if errors.Is(err, pgx.ErrNoRows) {
		return actorID, nil
	}
	if err != nil {
		return "", fmt.Errorf("get creator of API key: %w", err)
	}
	return creator, nil
}
