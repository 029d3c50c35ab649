package inventory

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/page"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

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

// defaultRiskDays is how far ahead expiry is looked for.
const defaultRiskDays = 3

// ListStockAtRisk implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListStockAtRisk(ctx context.Context, req *inventoryv1.ListStockAtRiskRequest) (*inventoryv1.ListStockAtRiskResponse, error) {
	within := int32(defaultRiskDays)
	if req.WithinDays != nil {
		within = req.GetWithinDays()
	}
	after, err := page.Decode(req.GetPageToken(), riskCursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	risks, currency, err := h.service.AtRisk(ctx, h.db, req.GetBranchId(), within, after, size+1)
	if err != nil {
		return nil, err
	}
	risks, next := page.Cut(risks, size, Risk.place)
	resp := &inventoryv1.ListStockAtRiskResponse{Currency: currency, NextPageToken: next}
	for i := range risks {
		resp.Risks = append(resp.Risks, riskToProto(&risks[i]))
	}
	return resp, nil
}
