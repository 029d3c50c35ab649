package procurement

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// maxDifferenceDays is the longest range of price differences.
const maxDifferenceDays = 400

// PriceDifferences returns what was received at another cost than ordered, by supplier and item, and the currency.
func (s *Service) PriceDifferences(ctx context.Context, q postgres.Querier, branchID string, from, to civil.Date) ([]PriceDifference, string, error) {
	if days := to.DaysSince(from) + 1; days < 1 || days > maxDifferenceDays {
		return nil, "", fault.Invalid("end_date", fmt.Sprintf("must be from start_date to %d days later", maxDifferenceDays-1))
	}
	branches, err := s.branches(ctx, q, branchID)
	if err != nil || len(branches) == 0 {
		return nil, "", err
	}
	ids := make([]string, len(branches))
	for i, b := range branches {
		ids[i] = b.ID
	}
	differences, err := s.store.priceDifferences(ctx, q, branches[0].OrgID, ids, from, to)
	return differences, branches[0].Currency, err
}
