package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

func (s store) insertAdjustment(ctx context.Context, tx postgres.Querier, orgID string, a Adjustment) error {
	err := s.queries.StockAdjustmentInsert(ctx, tx, &sqlc.StockAdjustmentInsertParams{
		OrgID: orgID, ID: a.ID, BranchID: a.BranchID, ItemID: a.ItemID, Quantity: a.Quantity, Cost: a.Cost, Reason: a.Reason, Note: a.Note,
		BusinessDate: a.BusinessDate, AdjustedBy: a.AdjustedBy, AdjustedAt: a.AdjustedAt,
	})
	if err != nil {
		return fmt.Errorf("insert stock adjustment: %w", err)
	}
	return nil
}

// adjustmentCursor is the last row of a page of adjustments.
type adjustmentCursor struct {
	AdjustedAt time.Time `json:"at"`
	ID         string    `json:"id"`
}

func (s store) listAdjustments(ctx context.Context, q postgres.Querier, orgID, branchID string, before adjustmentCursor, size int32) ([]Adjustment, error) {
	rows, err := s.queries.StockAdjustmentList(ctx, q, &sqlc.StockAdjustmentListParams{
		OrgID: orgID, BranchID: branchID, BeforeAdjustedAt: before.AdjustedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list stock adjustments: %w", err)
	}
	adjustments := make([]Adjustment, len(rows))
	for i, r := range rows {
		adjustments[i] = Adjustment{
			AdjustedAt: r.AdjustedAt, AdjustedBy: r.AdjustedBy, BranchID: r.BranchID, BusinessDate: r.BusinessDate, Cost: r.Cost, ID: r.ID,
			ItemID: r.ItemID, Note: r.Note, Quantity: r.Quantity, Reason: r.Reason,
		}
	}
	return adjustments, nil
}
