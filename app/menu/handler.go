package menu

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

// Handler serves chefcloud.menu.v1.
type Handler struct {
	db      *postgres.DB
	service *Service
}

var _ menuv1connect.MenuServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, service *Service) *Handler {
	return &Handler{db: db, service: service}
}

// UpsertMenuItem implements [menuv1connect.MenuServiceHandler].
func (h *Handler) UpsertMenuItem(ctx context.Context, req *menuv1.UpsertMenuItemRequest) (*menuv1.UpsertMenuItemResponse, error) {
	wanted, err := itemFromProto(req.GetMenuItem())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*menuv1.UpsertMenuItemResponse, error) {
		item, err := h.service.Upsert(ctx, tx, wanted)
		if err != nil {
			return nil, err
		}
		return &menuv1.UpsertMenuItemResponse{MenuItem: itemToProto(&item)}, nil
	})
}

// GetMenuItem implements [menuv1connect.MenuServiceHandler].
func (h *Handler) GetMenuItem(ctx context.Context, req *menuv1.GetMenuItemRequest) (*menuv1.GetMenuItemResponse, error) {
	item, err := h.service.Get(ctx, h.db, req.GetMenuItemId())
	if err != nil {
		return nil, err
	}
	return &menuv1.GetMenuItemResponse{MenuItem: itemToProto(&item)}, nil
}

// cursor is the last row of a page.
type cursor struct{ ID string }

// ListMenuItems implements [menuv1connect.MenuServiceHandler].
func (h *Handler) ListMenuItems(ctx context.Context, req *menuv1.ListMenuItemsRequest) (*menuv1.ListMenuItemsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), cursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	items, err := h.service.List(ctx, h.db, after.ID, size+1)
	if err != nil {
		return nil, err
	}
	items, next := page.Cut(items, size, func(item Item) cursor { return cursor{ID: item.ID} })
	resp := &menuv1.ListMenuItemsResponse{NextPageToken: next}
	for i := range items {
		resp.MenuItems = append(resp.MenuItems, itemToProto(&items[i]))
	}
	return resp, nil
}
