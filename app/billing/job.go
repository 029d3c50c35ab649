package billing

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// JobKind is the kind of job that keeps up with time.
const JobKind = "billing_standing"

// Job returns the job that changes a plan when a grace, a trial or a period is over, a few minutes after.
func Job(db *postgres.DB, s *Service) jobs.Definition {
	return jobs.Define(JobKind, func(ctx context.Context, orgID string, _ struct{}, _ jobs.Progress) (any, error) {
		return struct{}{}, db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error { return s.keepUp(ctx, tx, orgID) })
	}, jobs.Options{Due: func(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (any, string, error) {
		plan, err := s.store.plan(ctx, q, orgID)
		if err != nil {
			return nil, "", err
		}
		sub, err := s.store.find(ctx, q, orgID, plan)
		if err != nil || sub.Standing(now).Plan == plan {
			return nil, "", err
		}
		return struct{}{}, now.Format(time.RFC3339), nil
	}})
}
