package overview

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Service loads overviews.
type Service struct {
	clock clock.Clock
	db    postgres.Querier
}

// NewService returns a service that reads db and dates its answers by now.
func NewService(db postgres.Querier, now clock.Clock) *Service { return &Service{clock: now, db: db} }

// Resolve reads a request.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.GetOverviewRequest) (figures.Query, error) {
	return figures.Resolve(o, c, now, req, req.GetBranchIds()...)
}

// Load answers a query in one statement.
func (s *Service) Load(ctx context.Context, q figures.Query) (*franchisev1.GetOverviewResponse, error) {
	asOf := s.clock() // before reading: what is booked meanwhile may be missing
	pairs, err := figures.LoadPairs(ctx, s.db, q, true)
	if err != nil {
		return nil, err
	}
	return toProto(q, pairs, asOf), nil
}
