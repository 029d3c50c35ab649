package inventory

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// listWastageOf lists the wastage of a range of business dates.
func (s store) listWastageOf(
	ctx context.Context, q postgres.Querier, orgID, branchID string, dates Dates, before wastageCursor, size int32,
) ([]Wastage, error) {
	rows, err := s.queries.WastageListByDate(ctx, q, &sqlc.WastageListByDateParams{
		OrgID: orgID, BranchID: branchID, FromDate: dates.From, ToDate: dates.To, BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID,
		PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list wastage by date: %w", err)
	}
	records := make([]Wastage, len(rows))
	for i, r := range rows {
		records[i] = wastageFromRow(r)
	}
	return records, nil
}

// sumWastage sums the wastage of a range by reason and item.
func (s store) sumWastage(ctx context.Context, q postgres.Querier, orgID, branchID string, dates Dates) ([]WastageTotal, error) {
	rows, err := s.queries.WastageSum(ctx, q, &sqlc.WastageSumParams{OrgID: orgID, BranchID: branchID, FromDate: dates.From, ToDate: dates.To})
	if err != nil {
		return nil, fmt.Errorf("sum wastage: %w", err)
	}
	totals := make([]WastageTotal, len(rows))
	for i, r := range rows {
		totals[i] = WastageTotal{
			Cost: r.Cost, Item: Item{BaseUnit: r.BaseUnit, ID: r.ItemID, Name: r.Name}, Quantity: r.Quantity, Reason: r.Reason, Records: r.Records,
		}
	}
	return totals, nil
}
