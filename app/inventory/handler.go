package inventory

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
)

// Handler serves chefcloud.inventory.v1.
type Handler struct {
	db      *postgres.DB
	service *Service
}

var _ inventoryv1connect.InventoryServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, service *Service) *Handler {
	return &Handler{db: db, service: service}
}

// UpsertItem implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) UpsertItem(ctx context.Context, req *inventoryv1.UpsertItemRequest) (*inventoryv1.UpsertItemResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.UpsertItemResponse, error) {
		item, err := h.service.UpsertItem(ctx, tx, itemFromProto(req.GetItem()))
		if err != nil {
			return nil, err
		}
		return &inventoryv1.UpsertItemResponse{Item: itemToProto(item)}, nil
	})
}

// itemCursor is the last row of a page of items.
type itemCursor struct{ ID string }

// ListItems implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListItems(ctx context.Context, req *inventoryv1.ListItemsRequest) (*inventoryv1.ListItemsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), itemCursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	items, err := h.service.ListItems(ctx, h.db, after.ID, size+1)
	if err != nil {
		return nil, err
	}
	items, next := page.Cut(items, size, func(item Item) itemCursor { return itemCursor{ID: item.ID} })
	resp := &inventoryv1.ListItemsResponse{NextPageToken: next}
	for _, item := range items {
		resp.Items = append(resp.Items, itemToProto(item))
	}
	return resp, nil
}

// AddBatch implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) AddBatch(ctx context.Context, req *inventoryv1.AddBatchRequest) (*inventoryv1.AddBatchResponse, error) {
	n, err := openingFromProto(req)
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.AddBatchResponse, error) {
		b, err := h.service.AddBatch(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.AddBatchResponse{Batch: batchToProto(&b)}, nil
	})
}

// ListBatches implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListBatches(ctx context.Context, req *inventoryv1.ListBatchesRequest) (*inventoryv1.ListBatchesResponse, error) {
	after, err := page.Decode(req.GetPageToken(), batchCursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	filter := BatchFilter{BranchID: req.GetBranchId(), IncludeEmpty: req.GetIncludeEmpty(), ItemID: req.GetItemId()}
	batches, err := h.service.ListBatches(ctx, h.db, filter, after, size+1)
	if err != nil {
		return nil, err
	}
	batches, next := page.Cut(batches, size, func(b stock.Batch) batchCursor {
		return batchCursor{ID: b.ID, ItemID: b.ItemID, ReceivedAt: b.ReceivedAt}
	})
	resp := &inventoryv1.ListBatchesResponse{NextPageToken: next}
	for i := range batches {
		resp.Batches = append(resp.Batches, batchToProto(&batches[i]))
	}
	return resp, nil
}

// ListStockLevels implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListStockLevels(ctx context.Context, req *inventoryv1.ListStockLevelsRequest) (*inventoryv1.ListStockLevelsResponse, error) {
	levels, err := h.service.ListLevels(ctx, h.db, req.GetBranchId())
	if err != nil {
		return nil, err
	}
	resp := &inventoryv1.ListStockLevelsResponse{}
	for i := range levels {
		resp.Levels = append(resp.Levels, levelToProto(req.GetBranchId(), &levels[i]))
	}
	return resp, nil
}

// RecordWastage implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) RecordWastage(ctx context.Context, req *inventoryv1.RecordWastageRequest) (*inventoryv1.RecordWastageResponse, error) {
	n, err := newWastageFromProto(req)
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.RecordWastageResponse, error) {
		w, err := h.service.RecordWastage(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.RecordWastageResponse{Wastage: wastageToProto(&w)}, nil
	})
}

// farFuture is later than any record: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// ListWastage implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListWastage(ctx context.Context, req *inventoryv1.ListWastageRequest) (*inventoryv1.ListWastageResponse, error) {
	before, err := page.Decode(req.GetPageToken(), wastageCursor{CreatedAt: farFuture})
	if err != nil {
		return nil, err
	}
	f := WastageFilter{BranchID: req.GetBranchId(), Totals: req.GetPageToken() == ""}
	if req.GetStartDate() != "" || req.GetEndDate() != "" {
		if f.Dates, err = datesFromProto(req.GetStartDate(), req.GetEndDate()); err != nil {
			return nil, err
		}
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.ListWastage(ctx, h.db, f, before, size+1)
	if err != nil {
		return nil, err
	}
	records, next := page.Cut(found.Records, size, func(w Wastage) wastageCursor {
		return wastageCursor{CreatedAt: w.CreatedAt, ID: w.ID}
	})
	resp := &inventoryv1.ListWastageResponse{Currency: found.Currency, NextPageToken: next}
	for i := range records {
		resp.Wastage = append(resp.Wastage, wastageToProto(&records[i]))
	}
	for i := range found.Totals {
		resp.Totals = append(resp.Totals, wastageTotalToProto(&found.Totals[i]))
	}
	return resp, nil
}
