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

// RunArgs say what to store.
type RunArgs struct {
	// Months are stored whatever stands, `YYYY-MM`; none: those that are due.
	Months []string `json:"months,omitempty"`
}

// JobSummary is what a job stored.
type JobSummary struct {
	Stored []string `json:"stored"` // months
}

// lookBack is how many months before the present one are looked at for rankings that nobody stored after their end.
const lookBack = 13

// Job returns the job that stores the rankings of the current month each day, and those of the months before once they have ended in
// every branch. What was stored of a month after its end is left alone: only a recomputation on purpose changes it.
func Job(s *Service, db *postgres.DB) jobs.Definition {
	return jobs.Define(JobKind, func(ctx context.Context, orgID string, args RunArgs, progress jobs.Progress) (any, error) {
		summary := JobSummary{Stored: []string{}}
		o, err := organisation.Load(ctx, db, orgID)
		if err != nil || len(o.Branches) == 0 {
			return summary, err
		}
		months, err := s.months(ctx, db, o, args)
		if err != nil {
			return summary, err
		}
		for i, month := range months {
			err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
				_, err := s.Store(ctx, tx, o, month)
				return err
			})
			if err != nil {
				return summary, err
			}
			summary.Stored = append(summary.Stored, month.String())
			progress(i+1, len(months))
		}
		return summary, nil
	}, jobs.Options{Busts: []cache.Report{cache.Rankings}, Due: func(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (any, string, error) {
		o, err := organisation.Load(ctx, q, orgID)
		if err != nil || len(o.Branches) == 0 {
			return nil, "", err
		}
		return RunArgs{}, o.Calendar(now).Earliest().String(), nil
	}})
}

// months returns what a job has to store, the oldest first.
func (s *Service) months(ctx context.Context, q postgres.Querier, o *organisation.Organisation, args RunArgs) ([]civil.Month, error) {
	var months []civil.Month
	for _, text := range args.Months {
		month, err := civil.ParseMonth(text)
		if err != nil {
			return nil, err
		}
		months = append(months, month)
	}
	if len(months) > 0 {
		return months, nil
	}
	current := o.Calendar(s.clock()).Latest().MonthOf()
	for back := lookBack; back >= 0; back-- {
		month := current.AddMonths(-back)
		stored, err := list(ctx, q, o.ID, month)
		if err != nil {
			return nil, err
		}
		recent := back <= 1 // of older ones only what was stored before their end, so that no month appears that nobody asked for
		if len(stored.rankings) == 0 && recent || len(stored.rankings) > 0 && !closed(o, month, stored.asOf) {
			months = append(months, month)
		}
	}
	return months, nil
}
