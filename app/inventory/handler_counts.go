package inventory

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

// OpenStockCount implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) OpenStockCount(ctx context.Context, req *inventoryv1.OpenStockCountRequest) (*inventoryv1.OpenStockCountResponse, error) {
	n := NewCount{BranchID: req.GetBranchId(), ID: req.GetCountId(), ItemIDs: req.GetItemIds(), Note: req.GetNote()}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.OpenStockCountResponse, error) {
		c, err := h.service.OpenCount(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.OpenStockCountResponse{Count: countToProto(&c)}, nil
	})
}

// SetCountedItems implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) SetCountedItems(ctx context.Context, req *inventoryv1.SetCountedItemsRequest) (*inventoryv1.SetCountedItemsResponse, error) {
	counted, err := countedFromProto(req.GetItems())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.SetCountedItemsResponse, error) {
		c, err := h.service.SetCounted(ctx, tx, req.GetCountId(), counted)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.SetCountedItemsResponse{Count: countToProto(&c)}, nil
	})
}

// CommitStockCount implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) CommitStockCount(ctx context.Context, req *inventoryv1.CommitStockCountRequest) (*inventoryv1.CommitStockCountResponse, error) {
	at := timeFromProto(req.GetCountedAt())
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.CommitStockCountResponse, error) {
		c, err := h.service.CommitCount(ctx, tx, req.GetCountId(), at, req.GetLeaveUncounted())
		if err != nil {
			return nil, err
		}
		return &inventoryv1.CommitStockCountResponse{Count: countToProto(&c)}, nil
	})
}

// CancelStockCount implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) CancelStockCount(ctx context.Context, req *inventoryv1.CancelStockCountRequest) (*inventoryv1.CancelStockCountResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.CancelStockCountResponse, error) {
		c, err := h.service.CancelCount(ctx, tx, req.GetCountId())
		if err != nil {
			return nil, err
		}
		return &inventoryv1.CancelStockCountResponse{Count: countToProto(&c)}, nil
	})
}

// RecordStockCount implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) RecordStockCount(ctx context.Context, req *inventoryv1.RecordStockCountRequest) (*inventoryv1.RecordStockCountResponse, error) {
	counted, err := countedFromProto(req.GetItems())
	if err != nil {
		return nil, err
	}
	n := NewCount{BranchID: req.GetBranchId(), ID: req.GetCountId(), Note: req.GetNote()}
	at := timeFromProto(req.GetCountedAt())
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.RecordStockCountResponse, error) {
		c, err := h.service.RecordCount(ctx, tx, n, at, counted)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.RecordStockCountResponse{Count: countToProto(&c)}, nil
	})
}

// GetStockCount implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) GetStockCount(ctx context.Context, req *inventoryv1.GetStockCountRequest) (*inventoryv1.GetStockCountResponse, error) {
	c, err := h.service.GetCount(ctx, h.db, req.GetCountId())
	if err != nil {
		return nil, err
	}
	return &inventoryv1.GetStockCountResponse{Count: countToProto(&c)}, nil
}

// ListStockCounts implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListStockCounts(ctx context.Context, req *inventoryv1.ListStockCountsRequest) (*inventoryv1.ListStockCountsResponse, error) {
	before, err := page.Decode(req.GetPageToken(), countCursor{OpenedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.ListCounts(ctx, h.db, req.GetBranchId(), countStatusFromProto(req.GetStatus()), before, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(c Count) countCursor { return countCursor{OpenedAt: c.OpenedAt, ID: c.ID} })
	resp := &inventoryv1.ListStockCountsResponse{NextPageToken: next}
	for i := range found {
		resp.Counts = append(resp.Counts, countToProto(&found[i]))
	}
	return resp, nil
}
