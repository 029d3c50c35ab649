package menu

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

// UpsertPreparation implements [menuv1connect.MenuServiceHandler].
func (h *Handler) UpsertPreparation(ctx context.Context, req *menuv1.UpsertPreparationRequest) (*menuv1.UpsertPreparationResponse, error) {
	wanted, err := preparationFromProto(req.GetPreparation())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*menuv1.UpsertPreparationResponse, error) {
		p, err := h.service.UpsertPreparation(ctx, tx, wanted)
		if err != nil {
			return nil, err
		}
		return &menuv1.UpsertPreparationResponse{Preparation: preparationToProto(&p)}, nil
	})
}

// ListPreparations implements [menuv1connect.MenuServiceHandler].
func (h *Handler) ListPreparations(ctx context.Context, req *menuv1.ListPreparationsRequest) (*menuv1.ListPreparationsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), cursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.ListPreparations(ctx, h.db, after.ID, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(p Preparation) cursor { return cursor{ID: p.ID} })
	resp := &menuv1.ListPreparationsResponse{NextPageToken: next}
	for i := range found {
		resp.Preparations = append(resp.Preparations, preparationToProto(&found[i]))
	}
	return resp, nil
}

// UpsertModifierGroup implements [menuv1connect.MenuServiceHandler].
func (h *Handler) UpsertModifierGroup(ctx context.Context, req *menuv1.UpsertModifierGroupRequest) (*menuv1.UpsertModifierGroupResponse, error) {
	wanted, err := groupFromProto(req.GetModifierGroup())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*menuv1.UpsertModifierGroupResponse, error) {
		g, err := h.service.UpsertModifierGroup(ctx, tx, wanted)
		if err != nil {
			return nil, err
		}
		return &menuv1.UpsertModifierGroupResponse{ModifierGroup: groupToProto(&g)}, nil
	})
}

// ListModifierGroups implements [menuv1connect.MenuServiceHandler].
func (h *Handler) ListModifierGroups(ctx context.Context, req *menuv1.ListModifierGroupsRequest) (*menuv1.ListModifierGroupsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), cursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.ListModifierGroups(ctx, h.db, after.ID, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(g ModifierGroup) cursor { return cursor{ID: g.ID} })
	resp := &menuv1.ListModifierGroupsResponse{NextPageToken: next}
	for i := range found {
		resp.ModifierGroups = append(resp.ModifierGroups, groupToProto(&found[i]))
	}
	return resp, nil
}

// UpsertCategory implements [menuv1connect.MenuServiceHandler].
func (h *Handler) UpsertCategory(ctx context.Context, req *menuv1.UpsertCategoryRequest) (*menuv1.UpsertCategoryResponse, error) {
	wanted := Category{Name: req.GetCategory().GetName(), Position: req.GetCategory().GetPosition()}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*menuv1.UpsertCategoryResponse, error) {
		if err := h.service.UpsertCategory(ctx, tx, wanted); err != nil {
			return nil, err
		}
		return &menuv1.UpsertCategoryResponse{Category: &menuv1.Category{Name: wanted.Name, Position: wanted.Position}}, nil
	})
}

// ListCategories implements [menuv1connect.MenuServiceHandler].
func (h *Handler) ListCategories(ctx context.Context, _ *menuv1.ListCategoriesRequest) (*menuv1.ListCategoriesResponse, error) {
	categories, err := h.service.ListCategories(ctx, h.db)
	if err != nil {
		return nil, err
	}
	resp := &menuv1.ListCategoriesResponse{}
	for _, c := range categories {
		resp.Categories = append(resp.Categories, &menuv1.Category{Dishes: c.Dishes, Name: c.Name, Position: c.Position})
	}
	return resp, nil
}

// GetMenuItemCost implements [menuv1connect.MenuServiceHandler].
func (h *Handler) GetMenuItemCost(ctx context.Context, req *menuv1.GetMenuItemCostRequest) (*menuv1.GetMenuItemCostResponse, error) {
	at, err := h.service.place(ctx, h.db, req.GetBranchId())
	if err != nil {
		return nil, err
	}
	c, err := h.service.Cost(ctx, h.db, at, req.GetMenuItemId())
	if err != nil {
		return nil, err
	}
	return costToProto(&c, at.currency), nil
}

// ListMenuItemCosts implements [menuv1connect.MenuServiceHandler].
func (h *Handler) ListMenuItemCosts(ctx context.Context, req *menuv1.ListMenuItemCostsRequest) (*menuv1.ListMenuItemCostsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), cursor{})
	if err != nil {
		return nil, err
	}
	at, err := h.service.place(ctx, h.db, req.GetBranchId())
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	costs, err := h.service.Costs(ctx, h.db, at, after.ID, size+1)
	if err != nil {
		return nil, err
	}
	costs, next := page.Cut(costs, size, func(c Cost) cursor { return cursor{ID: c.Dish.ID} })
	resp := &menuv1.ListMenuItemCostsResponse{Currency: at.currency, NextPageToken: next}
	for i := range costs {
		resp.Costs = append(resp.Costs, dishCostToProto(&costs[i]))
	}
	return resp, nil
}
