package mutation

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Lifetime is how long a key is kept.
const Lifetime = 24 * time.Hour

// take claims the key. It returns the stored answer if another call with the same request has claimed it before.
func (c claim) take(ctx context.Context, tx postgres.Querier) ([]byte, error) {
	queries := sqlc.New()
	claimed, err := queries.IdempotencyKeyClaim(ctx, tx, &sqlc.IdempotencyKeyClaimParams{
		OrgID: c.orgID, Key: c.key, Procedure: c.procedure, RequestHash: c.hash,
	})
	if err != nil {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	if claimed == 1 {
		return nil, nil
	}
	row, err := queries.IdempotencyKeyGet(ctx, tx, &sqlc.IdempotencyKeyGetParams{OrgID: c.orgID, Key: c.key})
	if err != nil {
		return nil, fmt.Errorf("get idempotency key: %w", err)
	}
	if err := c.matches(row.Procedure, row.RequestHash); err != nil {
		return nil, err
	}
	if row.Response == nil { // an answer without any field set encodes to nothing
		return []byte{}, nil
	}
	return row.Response, nil
}

// keep stores the answer beside the key.
func (c claim) keep(ctx context.Context, tx postgres.Querier, answer proto.Message) error {
	content, err := proto.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	err = sqlc.New().IdempotencyKeySetResponse(ctx, tx, &sqlc.IdempotencyKeySetResponseParams{OrgID: c.orgID, Key: c.key, Response: content})
	if err != nil {
		return fmt.Errorf("store answer of idempotency key: %w", err)
	}
	return nil
}

// DeleteExpired forgets an organisation's keys that are older than Lifetime and returns their number.
func DeleteExpired(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (int64, error) {
	deleted, err := sqlc.New().IdempotencyKeyDeleteExpired(ctx, q, &sqlc.IdempotencyKeyDeleteExpiredParams{OrgID: orgID, Before: now.Add(-Lifetime)})
	if err != nil {
		return 0, fmt.Errorf("delete expired idempotency keys: %w", err)
	}
	return deleted, nil
}
