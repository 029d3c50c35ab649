package rpc

import (
	"context"
	"errors"

	"connectrpc.com/connect"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
)

// Invalidator makes the reports that a procedure changes unusable for an organisation.
type Invalidator interface {
	// Plan returns what a call of the procedure has to invalidate.
	Plan(procedure, orgID string) Invalidation
}

// Invalidation is what one call has to invalidate.
type Invalidation interface {
	mutation.Note
	// Carry carries it out.
	Carry(ctx context.Context) error
}

// invalidate runs after a mutation's commit and before its answer; the mutation notes in its transaction that it will. A failed call invalidates too unless it surely
// committed nothing: a connection that broke during the commit leaves that open.
func invalidate(i Invalidator) step {
	return func(ctx context.Context, c call, next func(ctx context.Context) error) error {
		if c.spec.IdempotencyLevel == connect.IdempotencyNoSideEffects {
			return next(ctx)
		}
		plan := i.Plan(c.spec.Procedure, caller.From(ctx).OrgID)
		err := next(mutation.WithNote(ctx, plan))
		if err != nil && refused(err) {
			return err
		}
		if failure := plan.Carry(ctx); failure != nil {
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
