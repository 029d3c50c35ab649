package jobs

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// kept is how long a job that has ended is kept.
const kept = 90 * 24 * time.Hour

// Housekept is what one night's housekeeping forgot.
type Housekept struct {
	IdempotencyKeys int64 `json:"idempotency_keys"`
	Jobs            int64 `json:"jobs"`
}

// Housekeeping is the daily job that deletes what nobody will ask for again: idempotency keys past their lifetime, and jobs
// that ended long ago.
func Housekeeping(db *postgres.DB, now clock.Clock) Definition {
	s := newStore()
	return Define("housekeeping", func(ctx context.Context, orgID string, _ struct{}, _ Progress) (any, error) {
		var forgot Housekept
		var err error
		if forgot.IdempotencyKeys, err = mutation.DeleteExpired(ctx, db, orgID, now()); err != nil {
			return nil, err
		}
		forgot.Jobs, err = s.deleteOld(ctx, db, orgID, now().Add(-kept))
		return forgot, err
	}, Options{
		Due: func(_ context.Context, _ postgres.Querier, _ string, now time.Time) (any, string, error) {
			return struct{}{}, now.Format(time.DateOnly), nil
		},
	})
}
