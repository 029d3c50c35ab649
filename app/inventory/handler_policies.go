package inventory

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

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
