package franchise

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// ListBranches implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListBranches(ctx context.Context, _ *franchisev1.ListBranchesRequest) (*franchisev1.ListBranchesResponse, error) {
	c := caller.From(ctx)
	o, err := h.directory.Organisation(ctx, c.OrgID)
	if err != nil {
		return nil, err
	}
	scope, err := o.Scope(c)
	if err != nil {
		return nil, err
	}
	resp, now := &franchisev1.ListBranchesResponse{}, h.clock()
	for _, b := range scope.Branches {
		resp.Branches = append(resp.Branches, organisation.BranchToProto(b, now))
	}
	return resp, nil
}

// UpsertBranch implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) UpsertBranch(ctx context.Context, req *franchisev1.UpsertBranchRequest) (*franchisev1.UpsertBranchResponse, error) {
	settings, err := organisation.BranchFromProto(req.GetBranch())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.UpsertBranchResponse, error) {
		b, err := h.organisation.UpsertBranch(ctx, tx, settings)
		if err != nil {
			return nil, err
		}
		return &franchisev1.UpsertBranchResponse{Branch: organisation.BranchToProto(b, h.clock())}, nil
	})
}

// GetSettings implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetSettings(ctx context.Context, _ *franchisev1.GetSettingsRequest) (*franchisev1.GetSettingsResponse, error) {
	o, err := h.directory.Organisation(ctx, caller.From(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	return &franchisev1.GetSettingsResponse{Settings: organisation.SettingsToProto(o.Settings)}, nil
}

// UpdateSettings implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) UpdateSettings(
	ctx context.Context, req *franchisev1.UpdateSettingsRequest,
) (*franchisev1.UpdateSettingsResponse, error) {
	change := organisation.ChangeFromProto(req)
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.UpdateSettingsResponse, error) {
		settings, err := h.organisation.UpdateSettings(ctx, tx, change)
		if err != nil {
			return nil, err
		}
		return &franchisev1.UpdateSettingsResponse{Settings: organisation.SettingsToProto(settings)}, nil
	})
}
