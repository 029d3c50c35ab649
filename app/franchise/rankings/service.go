package rankings

import (
	"context"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Service loads rankings and stores those of a month.
type Service struct {
	clock clock.Clock
	db    postgres.Querier
}

// NewService returns a service that reads db and dates its answers by now.
func NewService(db postgres.Querier, now clock.Clock) *Service { return &Service{clock: now, db: db} }

// standings are the rankings of a range, as computed or as stored.
type standings struct {
	asOf     time.Time
	currency string
	rankings []Ranking
	stored   bool
	weights  organisation.Weights
}

// Load answers a query: a closed month as it was stored, if it was, anything else from the branch days. That takes at most
// two statements.
func (s *Service) Load(ctx context.Context, q Query) (*franchisev1.GetRankingsResponse, error) {
	if !q.Closed.IsZero() {
		stored, err := list(ctx, s.db, q.Organisation.ID, q.Closed)
		if err != nil {
			return nil, err
		}
		// What was stored while the month still ran is only how it stood then.
		if len(stored.rankings) > 0 && closed(q.Organisation, q.Closed, stored.asOf) {
			return toProto(q, stored), nil
		}
	}
	computed, err := s.compute(ctx, s.db, q.Organisation, q.Dates)
	if err != nil {
		return nil, err
	}
	return toProto(q, computed), nil
}

// Recompute ranks a month anew and stores the result in place of what was stored, for the caller's organisation. A month
// that is still open may be stored; it is shown only once stored again after its end.
func (s *Service) Recompute(ctx context.Context, tx postgres.Querier, period string) (*franchisev1.RecomputeRankingsResponse, error) {
	month, err := ranges.ParsePeriod(period)
	if err != nil {
		return nil, err
	}
	o, err := organisation.Load(ctx, tx, caller.From(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	computed, err := s.Store(ctx, tx, o, month)
	if err != nil {
		return nil, err
	}
	return &franchisev1.RecomputeRankingsResponse{Rankings: rankingsToProto(o, computed)}, nil
}

// Store ranks a month and stores the result. A month in the future is refused.
func (s *Service) Store(ctx context.Context, tx postgres.Querier, o *organisation.Organisation, month civil.Month) ([]Ranking, error) {
	selection, calendar := ranges.Month(month), o.Calendar(s.clock())
	if err := selection.RefuseFuture(calendar.Latest()); err != nil {
		return nil, err
	}
	computed, err := s.compute(ctx, tx, o, selection.Resolve(calendar))
	if err != nil {
		return nil, err
	}
	return computed.rankings, replace(ctx, tx, o.ID, month, computed)
}

// compute ranks the branches of a range against each other, and in the range before to see who moved.
func (s *Service) compute(ctx context.Context, db postgres.Querier, o *organisation.Organisation, dates ranges.Resolved) (standings, error) {
	asOf := s.clock()
	pairs, err := figures.LoadPairs(ctx, db, figures.Query{
		Dates: dates, Organisation: o, Scope: organisation.Scope{All: true, Branches: o.Branches},
	}, false)
	if err != nil {
		return standings{}, err
	}
	var now, before []Branch
	for i, pair := range pairs {
		b, span := o.Branches[i], dates.In(o.Branches[i].TimeZone)
		if figures.TakesPart(b, pair.Current, span.Current) {
			now = append(now, Branch{Figures: pair.Current.Figures, ID: b.ID})
		}
		if figures.TakesPart(b, pair.Before, span.Before) {
			before = append(before, Branch{Figures: pair.Before.Figures, ID: b.ID})
		}
	}
	rankings := Rank(now, o.Settings)
	Move(rankings, Rank(before, o.Settings))
	return standings{asOf: asOf, currency: o.Currency, rankings: rankings, weights: o.Weights}, nil
}

// visible returns the rankings of branches in scope. Places stay those among all branches.
func visible(rankings []Ranking, scope organisation.Scope) []Ranking {
	if scope.All {
		return rankings
	}
	return slices.DeleteFunc(slices.Clone(rankings), func(r Ranking) bool {
		return !slices.ContainsFunc(scope.Branches, func(b branch.Branch) bool { return b.ID == r.BranchID })
	})
}
