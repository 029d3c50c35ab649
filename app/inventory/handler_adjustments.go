package inventory

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

// AdjustStock implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) AdjustStock(ctx context.Context, req *inventoryv1.AdjustStockRequest) (*inventoryv1.AdjustStockResponse, error) {
	n := NewAdjustment{BranchID: req.GetBranchId(), ItemID: req.GetItemId(), Note: req.GetNote(), Reason: req.GetReason()}
	var err error
	if n.Quantity, err = quantity.FromWire("quantity", req.GetQuantity()); err != nil {
		return nil, err
	}
	if req.GetUnitCost() != "" {
		cost, err := quantity.CostFromWire("unit_cost", req.GetUnitCost())
		if err != nil {
			return nil, err
		}
		n.UnitCost = &cost
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.AdjustStockResponse, error) {
		a, err := h.service.Adjust(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.AdjustStockResponse{Adjustment: adjustmentToProto(&a)}, nil
	})
}

// ListAdjustments implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListAdjustments(ctx context.Context, req *inventoryv1.ListAdjustmentsRequest) (*inventoryv1.ListAdjustmentsResponse, error) {
	before, err := page.Decode(req.GetPageToken(), adjustmentCursor{AdjustedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.ListAdjustments(ctx, h.db, req.GetBranchId(), before, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(a Adjustment) adjustmentCursor { return adjustmentCursor{AdjustedAt: a.AdjustedAt, ID: a.ID} })
	resp := &inventoryv1.ListAdjustmentsResponse{NextPageToken: next}
	for i := range found {
		resp.Adjustments = append(resp.Adjustments, adjustmentToProto(&found[i]))
	}
	return resp, nil
}
