package outgoing

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

const (
	// kept is how long events and what became of them are kept.
	kept = 30 * 24 * time.Hour
	// lostAfter is how long after its time a delivery that was never attempted has surely lost its task.
	lostAfter = time.Hour
	// prunedAtOnce is how many events a transaction deletes.
	prunedAtOnce = 1000
)

// Upkept is what one day's upkeep did.
type Upkept struct {
	Endpoints int64 `json:"endpoints"` // deleted ones that were forgotten
	Events    int64 `json:"events"`    // forgotten, with their deliveries
	Revived   int64 `json:"revived"`   // deliveries that got a new task
}

// Upkeep is the daily job that forgets events after 30 days and gives deliveries that the queue lost a new task.
func Upkeep(db *postgres.DB, emitter *Emitter) jobs.Definition {
	s := newStore()
	return jobs.Define("endpoint_upkeep", func(ctx context.Context, orgID string, _ struct{}, progress jobs.Progress) (any, error) {
		var did Upkept
		now := emitter.clock()
		for {
			deleted, err := s.deleteOldEvents(ctx, db, orgID, now.Add(-kept), prunedAtOnce)
			if err != nil {
				return nil, err
			}
			did.Events += deleted
			progress(int(did.Events), 0)
			if deleted < prunedAtOnce {
				break
			}
		}
		var err error
		if did.Endpoints, err = s.deleteOldEndpoints(ctx, db, orgID, now.Add(-kept)); err != nil {
			return nil, err
		}
		err = db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
			revived, err := s.revive(ctx, tx, orgID, now.Add(-lostAfter), now)
			if err != nil {
				return err
			}
			did.Revived = int64(len(revived))
			return emitter.enqueue(ctx, tx, revived)
		})
		return did, err
	}, jobs.Options{
		Due: func(_ context.Context, _ postgres.Querier, _ string, now time.Time) (any, string, error) {
			return struct{}{}, now.Format(time.DateOnly), nil
		},
	})
}
