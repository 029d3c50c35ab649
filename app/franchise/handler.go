package franchise

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/budgets"
	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/growth"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/overview"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/franchise/royalties"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// Handler serves chefcloud.franchise.v1.
type Handler struct {
	budgets      *budgets.Service
	clock        clock.Clock
	db           *postgres.DB
	directory    organisation.Directory
	forecast     *forecast.Service
	growth       *growth.Service
	organisation *organisation.Service
	overview     *overview.Service
	rankings     *rankings.Service
	royalties    *royalties.Service
}

var _ franchisev1connect.FranchiseServiceHandler = (*Handler)(nil)

// NewHandler returns a handler that reads and writes db and asks directory what organisations look like.
func NewHandler(db *postgres.DB, directory organisation.Directory, now clock.Clock) *Handler {
	return &Handler{
		budgets:      budgets.NewService(db, now),
		clock:        now,
		db:           db,
		directory:    directory,
		forecast:     forecast.NewService(db, now),
		growth:       growth.NewService(db, now),
		organisation: organisation.NewService(now),
		overview:     overview.NewService(db, now),
		rankings:     rankings.NewService(db, now),
		royalties:    royalties.NewService(db, now),
	}
}

// answer resolves a request for the caller of ctx and loads what it asks for.
func answer[Request, Query, Response any](
	ctx context.Context, h *Handler, req Request,
	resolve func(*organisation.Organisation, caller.Caller, time.Time, Request) (Query, error),
	load func(context.Context, Query) (Response, error),
) (Response, error) {
	var none Response
	c := caller.From(ctx)
	o, err := h.directory.Organisation(ctx, c.OrgID)
	if err != nil {
		return none, err
	}
	query, err := resolve(o, c, h.clock(), req)
	if err != nil {
		return none, err
	}
	return load(ctx, query)
}

// GetOverview implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetOverview(ctx context.Context, req *franchisev1.GetOverviewRequest) (*franchisev1.GetOverviewResponse, error) {
	return answer(ctx, h, req, overview.Resolve, h.overview.Load)
}

// GetRankings implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetRankings(ctx context.Context, req *franchisev1.GetRankingsRequest) (*franchisev1.GetRankingsResponse, error) {
	return answer(ctx, h, req, rankings.Resolve, h.rankings.Load)
}

// ListBudgets implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListBudgets(ctx context.Context, req *franchisev1.ListBudgetsRequest) (*franchisev1.ListBudgetsResponse, error) {
	return answer(ctx, h, req, budgets.Resolve, h.budgets.Load)
}

// ListForecastItems implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListForecastItems(
	ctx context.Context, req *franchisev1.ListForecastItemsRequest,
) (*franchisev1.ListForecastItemsResponse, error) {
	return answer(ctx, h, req, forecast.Resolve, h.forecast.Load)
}

// GetSameStoreGrowth implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetSameStoreGrowth(
	ctx context.Context, req *franchisev1.GetSameStoreGrowthRequest,
) (*franchisev1.GetSameStoreGrowthResponse, error) {
	return answer(ctx, h, req, growth.Resolve, h.growth.Load)
}

// GetRoyalties implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetRoyalties(ctx context.Context, req *franchisev1.GetRoyaltiesRequest) (*franchisev1.GetRoyaltiesResponse, error) {
	return answer(ctx, h, req, royalties.Resolve, h.royalties.Load)
}

// RecomputeRankings implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) RecomputeRankings(
	ctx context.Context, req *franchisev1.RecomputeRankingsRequest,
) (*franchisev1.RecomputeRankingsResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.RecomputeRankingsResponse, error) {
		return h.rankings.Recompute(ctx, tx, req.GetPeriod())
	})
}

// UpsertBudgets implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) UpsertBudgets(ctx context.Context, req *franchisev1.UpsertBudgetsRequest) (*franchisev1.UpsertBudgetsResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.UpsertBudgetsResponse, error) {
		if err := h.budgets.Upsert(ctx, tx, req.GetTargets()); err != nil {
			return nil, err
		}
		return &franchisev1.UpsertBudgetsResponse{Written: int32(len(req.GetTargets()))}, nil //nolint:gosec // at most 1000
	})
}
