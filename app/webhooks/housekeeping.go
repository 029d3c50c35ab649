package webhooks

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

const (
	// lostAfter is how long an event waits for its effect before its task is taken for lost: longer than all attempts.
	lostAfter = 6 * time.Hour
	// lostWithin is how far back from then it is looked for.
	lostWithin = 7 * 24 * time.Hour
	// kept is how long events are kept that had their effect, or none.
	kept = 400 * 24 * time.Hour
)

// Housekept is what the daily job did.
type Housekept struct {
	Deliveries int64 `json:"deliveries"` // forgotten
	Events     int64 `json:"events"`     // forgotten
	Queued     int   `json:"queued"`     // again
}

// Housekeeping is the daily job that queues effects anew whose task was lost, and forgets what is too old to matter.
// tolerance is that of deliveries' time.
func Housekeeping(db *postgres.DB, runner *jobs.Runner, now clock.Clock, tolerance time.Duration) jobs.Definition {
	var s store
	effect := newEffects(nil, nil, nil, metrics{}).Task()
	return jobs.Define("webhook_housekeeping", func(ctx context.Context, orgID string, _ struct{}, _ jobs.Progress) (any, error) {
		var did Housekept
		var err error
		if did.Queued, err = requeue(ctx, db, runner, effect, orgID, now().Add(-lostAfter)); err != nil {
			return nil, err
		}
		did.Deliveries, did.Events, err = s.prune(ctx, db, now().Add(-retention(tolerance)), now().Add(-kept))
		return did, err
	}, jobs.Options{Due: func(_ context.Context, _ postgres.Querier, _ string, now time.Time) (any, string, error) {
		return struct{}{}, now.Format(time.DateOnly), nil
	}})
}

// requeue queues the effects of what was received before an instant and had none yet. A task that is there all the same finds it done.
func requeue(ctx context.Context, db *postgres.DB, runner *jobs.Runner, effect jobs.Task, orgID string, before time.Time) (int, error) {
	var s store
	queued := 0
	err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		ids, err := s.lost(ctx, tx, orgID, before)
		if err != nil || len(ids) == 0 {
			return err
		}
		args := make([]any, len(ids))
		for i, id := range ids {
			args[i] = effectArgs{EventID: id}
		}
		queued = len(ids)
		return runner.Enqueue(ctx, tx, effect, args...)
	})
	return queued, err
}
