package inventory

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

// defaultRiskDays is how far ahead expiry is looked for.
const defaultRiskDays = 3

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

// GetUsageVariance implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) GetUsageVariance(ctx context.Context, req *inventoryv1.GetUsageVarianceRequest) (*inventoryv1.GetUsageVarianceResponse, error) {
	dates, err := datesFromProto(req.GetStartDate(), req.GetEndDate())
	if err != nil {
		return nil, err
	}
	usage, currency, err := h.service.Variance(ctx, h.db, req.GetBranchId(), dates, req.GetItemIds())
	if err != nil {
		return nil, err
	}
	resp := &inventoryv1.GetUsageVarianceResponse{Currency: currency}
	for i := range usage {
		row, err := usageToProto(&usage[i])
		if err != nil {
			return nil, err
		}
		resp.Items = append(resp.Items, row)
	}
	return resp, nil
}

// ListStockAtRisk implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListStockAtRisk(ctx context.Context, req *inventoryv1.ListStockAtRiskRequest) (*inventoryv1.ListStockAtRiskResponse, error) {
	within := int32(defaultRiskDays)
	if req.WithinDays != nil {
		within = req.GetWithinDays()
	}
	risks, currency, err := h.service.AtRisk(ctx, h.db, req.GetBranchId(), within)
	if err != nil {
		return nil, err
	}
	resp := &inventoryv1.ListStockAtRiskResponse{Currency: currency}
	for i := range risks {
		resp.Risks = append(resp.Risks, riskToProto(&risks[i]))
	}
	return resp, nil
}

// UpsertStockPolicies implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) UpsertStockPolicies(ctx context.Context, req *inventoryv1.UpsertStockPoliciesRequest) (*inventoryv1.UpsertStockPoliciesResponse, error) {
	policies := make([]Policy, len(req.GetPolicies()))
	for i, p := range req.GetPolicies() {
		var err error
		if policies[i], err = policyFromProto(fmt.Sprintf("policies[%d]", i), p); err != nil {
			return nil, err
		}
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.UpsertStockPoliciesResponse, error) {
		if err := h.service.SetPolicies(ctx, tx, policies); err != nil {
			return nil, err
		}
		return &inventoryv1.UpsertStockPoliciesResponse{Policies: req.GetPolicies()}, nil
	})
}

// ListStockPolicies implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListStockPolicies(ctx context.Context, req *inventoryv1.ListStockPoliciesRequest) (*inventoryv1.ListStockPoliciesResponse, error) {
	policies, err := h.service.ListPolicies(ctx, h.db, req.GetBranchId())
	if err != nil {
		return nil, err
	}
	resp := &inventoryv1.ListStockPoliciesResponse{}
	for i := range policies {
		resp.Policies = append(resp.Policies, policyToProto(&policies[i]))
	}
	return resp, nil
}
