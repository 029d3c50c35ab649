package growth

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Service loads same-store growth.
type Service struct {
	clock clock.Clock
	db    postgres.Querier
}

// NewService returns a service that reads db and dates its answers by now.
func NewService(db postgres.Querier, now clock.Clock) *Service { return &Service{clock: now, db: db} }

// Load answers a query in one statement.
func (s *Service) Load(ctx context.Context, q Query) (*franchisev1.GetSameStoreGrowthResponse, error) {
	asOf := s.clock()
	pairs, err := figures.LoadPairs(ctx, s.db, q.Query, false)
	if err != nil {
		return nil, err
	}
	var current, before daysales.Figures
	for _, pair := range pairs {
		current, before = current.Plus(pair.Current.Figures), before.Plus(pair.Before.Figures)
	}
	span := q.Dates.Union()
	return &franchisev1.GetSameStoreGrowthResponse{
		NetSales:          current.Net(),
		NetSalesBefore:    before.Net(),
		GrowthBp:          figures.ChangeBp(current.Net(), before.Net()),
		BranchIds:         q.Scope.IDs(),
		ExcludedBranchIds: q.Excluded.IDs(),
		Currency:          q.Organisation.Currency,
		Range:             figures.DatesToProto(span.Current),
		RangeBefore:       figures.DatesToProto(span.Before),
		AsOf:              timestamppb.New(asOf),
	}, nil
}
