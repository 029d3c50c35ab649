package rankings

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// JobKind is the kind of job that stores an organisation's rankings.
const JobKind = "rankings"

// JobSummary is what a job stored.
type JobSummary struct {
	Stored []string `json:"stored"` // months
}

// Job returns the job that stores the rankings of the current month each day, and those of the month before once it has ended in
// every branch. What was stored of a month after its end is left alone: only a recomputation on purpose changes it.
func Job(s *Service, db *postgres.DB) jobs.Definition {
	return jobs.Define(JobKind, func(ctx context.Context, orgID string, _ struct{}, _ jobs.Progress) (any, error) {
		var summary JobSummary
		err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) (err error) {
			summary, err = s.storeDue(ctx, tx, orgID)
			return err
		})
		return summary, err
	}, jobs.Options{Busts: []cache.Report{cache.Rankings}, Due: func(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (any, string, error) {
		o, err := organisation.Load(ctx, q, orgID)
		if err != nil || len(o.Branches) == 0 {
			return nil, "", err
		}
		return struct{}{}, o.Calendar(now).Earliest().String(), nil
	}})
}

func (s *Service) storeDue(ctx context.Context, tx postgres.Querier, orgID string) (JobSummary, error) {
	summary := JobSummary{Stored: []string{}}
	o, err := organisation.Load(ctx, tx, orgID)
	if err != nil || len(o.Branches) == 0 {
		return summary, err
	}
	now := s.clock()
	current := o.Calendar(now).Latest().MonthOf()
	for _, month := range []civil.Month{current.First().AddDays(-1).MonthOf(), current} {
		stored, err := list(ctx, tx, orgID, month)
		if err != nil {
			return summary, err
		}
		if len(stored.rankings) > 0 && closed(o, month, stored.asOf) {
			continue
		}
		if _, err := s.Store(ctx, tx, o, month); err != nil {
			return summary, err
		}
		summary.Stored = append(summary.Stored, month.String())
	}
	return summary, nil
}
