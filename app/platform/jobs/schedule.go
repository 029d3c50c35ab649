package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// scheduleArgs are the job that looks after the schedule.
type scheduleArgs struct{}

// Kind implements [river.JobArgs].
func (scheduleArgs) Kind() string { return "schedule" }

// scheduler looks after the schedule, for as long as the next look isn't due.
type scheduler struct {
	river.WorkerDefaults[scheduleArgs]

	workers *Workers
}

// Timeout implements [river.Worker].
func (s *scheduler) Timeout(*river.Job[scheduleArgs]) time.Duration { return scheduleInterval }

// Work implements [river.Worker].
func (s *scheduler) Work(ctx context.Context, _ *river.Job[scheduleArgs]) error {
	return s.workers.Schedule(s.workers.Log.WithContext(ctx))
}

// Schedule starts what is due, for each organisation, and fails what a node left behind when it died for good. One
// organisation's failure keeps no other's jobs from starting.
func (w *Workers) Schedule(ctx context.Context) error {
	orgIDs, err := w.store.organisations(ctx, w.DB)
	if err != nil {
		return err
	}
	var failures []error
	for _, orgID := range orgIDs {
		if _, err := w.store.failLost(ctx, w.DB, orgID, w.Clock().Add(-2*lostAfter), w.Clock()); err != nil {
			failures = append(failures, err)
		}
		for _, definition := range w.Definitions {
			if err := w.startDue(ctx, orgID, definition); err != nil {
				zerolog.Ctx(ctx).Error().Err(err).Str("kind", definition.Kind).Str("org_id", orgID).Msg("start scheduled job")
				failures = append(failures, err)
			}
		}
	}
	return errors.Join(failures...)
}

func (w *Workers) startDue(ctx context.Context, orgID string, definition Definition) error {
	if definition.Due == nil {
		return nil
	}
	args, key, err := definition.Due(ctx, w.DB, orgID, w.Clock())
	if err != nil {
		return fmt.Errorf("ask whether %s is due: %w", definition.Kind, err)
	}
	if key == "" {
		return nil
	}
	return w.DB.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		_, err := w.Runner.start(ctx, tx, Job{Key: key, Kind: definition.Kind, OrgID: orgID, RequestedBy: RequestedBySchedule}, args)
		return err
	})
}
