package royalties

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Service loads royalties.
type Service struct {
	clock clock.Clock
	db    postgres.Querier
}

// NewService returns a service that reads db and dates its answers by now.
func NewService(db postgres.Querier, now clock.Clock) *Service { return &Service{clock: now, db: db} }

// Resolve reads a request.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.GetRoyaltiesRequest) (figures.Query, error) {
	return figures.Resolve(o, c, now, req)
}

// Load answers a query in one statement. A branch that had not opened by the end of the range and booked nothing owes
// nothing, not even the floor.
func (s *Service) Load(ctx context.Context, q figures.Query) (*franchisev1.GetRoyaltiesResponse, error) {
	asOf := s.clock()
	spans := make([]figures.Span, len(q.Scope.Branches))
	for i, b := range q.Scope.Branches {
		spans[i] = figures.Span{BranchID: b.ID, Dates: q.Dates.In(b.TimeZone).Current}
	}
	sums, err := figures.Load(ctx, s.db, q.Organisation, spans)
	if err != nil {
		return nil, err
	}
	resp := &franchisev1.GetRoyaltiesResponse{
		Currency: q.Organisation.Currency,
		Range:    figures.DatesToProto(q.Dates.Union().Current),
		AsOf:     timestamppb.New(asOf),
	}
	for i, b := range q.Scope.Branches {
		var owed Royalty
		if figures.TakesPart(b, sums[i], spans[i].Dates) {
			owed = Owed(sums[i].Figures, q.Organisation.Settings)
		}
		resp.Royalties = append(resp.Royalties, &franchisev1.Royalty{
			BranchId:     b.ID,
			BranchName:   b.Name,
			Base:         owed.Base,
			Royalty:      owed.Royalty,
			AdFund:       owed.AdFund,
			FloorApplied: owed.FloorApplied,
		})
		resp.TotalRoyalty += owed.Royalty
		resp.TotalAdFund += owed.AdFund
	}
	return resp, nil
}
