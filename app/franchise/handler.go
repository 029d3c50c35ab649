package franchise

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/franchise/budgets"
	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/growth"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/overview"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/franchise/royalties"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// Handler serves chefcloud.franchise.v1.
type Handler struct {
	budgets      *budgets.Service
	cache        *cache.Cache
	clock        clock.Clock
	db           *postgres.DB
	directory    organisation.Directory
	forecast     *forecast.Service
	jobs         *jobs.Runner
	growth       *growth.Service
	organisation *organisation.Service
	overview     *overview.Service
	rankings     *rankings.Service
	royalties    *royalties.Service
}

var _ franchisev1connect.FranchiseServiceHandler = (*Handler)(nil)

// NewHandler returns a handler that reads and writes db, asks directory what organisations look like, and keeps its
// answers in reports.
func NewHandler(db *postgres.DB, directory organisation.Directory, reports *cache.Cache, now clock.Clock, runner *jobs.Runner) *Handler {
	return &Handler{
		budgets:      budgets.NewService(db, now),
		cache:        reports,
		clock:        now,
		db:           db,
		directory:    directory,
		forecast:     forecast.NewService(db, now),
		growth:       growth.NewService(db, now),
		jobs:         runner,
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

// params is a resolved request, which says by what its answer is known.
type params interface{ Params() string }

// cached is answer through the cache of a report. What the organisation looks like comes from the same cache, so that a
// hit costs no statement.
func cached[Request any, Query params, Response proto.Message](
	ctx context.Context, h *Handler, report cache.Report, req Request,
	resolve func(*organisation.Organisation, caller.Caller, time.Time, Request) (Query, error),
	load func(context.Context, Query) (Response, error),
) (Response, error) {
	var none Response
	c := caller.From(ctx)
	view := h.cache.Begin(ctx, c.OrgID, report)
	o, err := cache.Snapshot(ctx, view, func(ctx context.Context) (*organisation.Organisation, error) {
		return h.directory.Organisation(ctx, c.OrgID)
	})
	if err != nil {
		return none, err
	}
	query, err := resolve(o, c, h.clock(), req)
	if err != nil {
		return none, err
	}
	response, status, err := cache.Read(ctx, view, query.Params(), func(ctx context.Context) (Response, error) { return load(ctx, query) })
	if err != nil {
		return none, err
	}
	if info, ok := connect.CallInfoForHandlerContext(ctx); ok {
		info.ResponseHeader().Set(cache.StatusHeader, string(status))
	}
	return response, nil
}

// GetOverview implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetOverview(ctx context.Context, req *franchisev1.GetOverviewRequest) (*franchisev1.GetOverviewResponse, error) {
	return cached(ctx, h, cache.Overview, req, overview.Resolve, h.overview.Load)
}

// GetRankings implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) GetRankings(ctx context.Context, req *franchisev1.GetRankingsRequest) (*franchisev1.GetRankingsResponse, error) {
	return cached(ctx, h, cache.Rankings, req, rankings.Resolve, h.rankings.Load)
}

// ListBudgets implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListBudgets(ctx context.Context, req *franchisev1.ListBudgetsRequest) (*franchisev1.ListBudgetsResponse, error) {
	return cached(ctx, h, cache.Budgets, req, budgets.Resolve, h.budgets.Load)
}

// ListForecastItems implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListForecastItems(
	ctx context.Context, req *franchisev1.ListForecastItemsRequest,
) (*franchisev1.ListForecastItemsResponse, error) {
	resolve := func(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.ListForecastItemsRequest) (forecast.Query, error) {
		return forecast.Resolve(o, c, now, req)
	}
	return cached(ctx, h, cache.Forecast, req, resolve, h.forecast.Load)
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
		return &franchisev1.UpsertBudgetsResponse{Written: int32(len(req.GetTargets()))}, nil
	})
}
