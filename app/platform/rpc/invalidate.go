package rpc

import (
	"context"
	"errors"

	"connectrpc.com/connect"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Invalidator makes the reports that a procedure changes unusable for an organisation.
type Invalidator interface {
	InvalidateAfter(ctx context.Context, procedure, orgID string) error
}

// invalidate runs after a mutation's commit and before its answer. A failed call invalidates too unless it surely
// committed nothing: a connection that broke during the commit leaves that open.
func invalidate(i Invalidator) step {
	return func(ctx context.Context, c call, next func(ctx context.Context) error) error {
		if c.spec.IdempotencyLevel == connect.IdempotencyNoSideEffects {
			return next(ctx)
		}
		err := next(ctx)
		if err != nil && refused(err) {
			return err
		}
		if failure := i.InvalidateAfter(ctx, c.spec.Procedure, caller.From(ctx).OrgID); failure != nil {
			zerolog.Ctx(ctx).Error().Err(failure).Str("procedure", c.spec.Procedure).Msg("invalidate reports")
			// Without an answer the caller doesn't know of the write, so a stale report breaks no promise to them.
			return fault.Unavailable("INVALIDATION_FAILED", "the change may have been made, but reports could not be refreshed; try again").WithCause(failure)
		}
		return err
	}
}

func refused(err error) bool {
	var known *fault.Error
	return errors.As(err, &known) && known.Kind != fault.KindUnavailable && known.Kind != fault.KindInternal
}
