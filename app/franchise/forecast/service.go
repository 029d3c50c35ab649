package forecast

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Service lists forecasts.
type Service struct {
	clock clock.Clock
	db    postgres.Querier
}

// NewService returns a service that reads db and dates its answers by now.
func NewService(db postgres.Querier, now clock.Clock) *Service { return &Service{clock: now, db: db} }

// Load answers a query in one statement, or two if it names items. An item that doesn't exist is not_found.
func (s *Service) Load(ctx context.Context, q Query) (*franchisev1.ListForecastItemsResponse, error) {
	asOf := s.clock()
	if len(q.ItemIDs) > 0 {
		if err := checkItems(ctx, s.db, q.Organisation.ID, q.ItemIDs); err != nil {
			return nil, err
		}
	}
	points, err := list(ctx, s.db, q)
	if err != nil {
		return nil, err
	}
	return toProto(q, points, asOf), nil
}
