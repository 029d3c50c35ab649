package budgets

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Service loads budgets and sets targets.
type Service struct {
	clock clock.Clock
	db    postgres.Querier
}

// NewService returns a service that reads db and dates its answers by now.
func NewService(db postgres.Querier, now clock.Clock) *Service { return &Service{clock: now, db: db} }

// Load answers a query in two statements.
func (s *Service) Load(ctx context.Context, q Query) (*franchisev1.ListBudgetsResponse, error) {
	asOf := s.clock()
	targets, err := list(ctx, s.db, q.Organisation.ID, q.Month)
	if err != nil {
		return nil, err
	}
	past, err := actuals(ctx, s.db, q)
	if err != nil {
		return nil, err
	}
	budgets := make([]Budget, len(q.Scope.Branches))
	for i, b := range q.Scope.Branches {
		budgets[i] = Compare(q.Month, q.Calendar.Today(b.TimeZone), targets[b.ID], past[i].actual, past[i].history)
	}
	return toProto(q, budgets, asOf), nil
}
