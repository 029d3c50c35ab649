package franchise

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// ListForecastAccuracy implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListForecastAccuracy(
	ctx context.Context, req *franchisev1.ListForecastAccuracyRequest,
) (*franchisev1.ListForecastAccuracyResponse, error) {
	resolve := func(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.ListForecastAccuracyRequest) (forecast.Query, error) {
		return forecast.Resolve(o, c, now, req)
	}
	return answer(ctx, h, req, resolve, h.forecast.LoadAccuracy)
}

// StartForecastRun implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) StartForecastRun(ctx context.Context, req *franchisev1.StartForecastRunRequest) (*franchisev1.StartForecastRunResponse, error) {
	args := forecast.RunArgs{HorizonDays: forecast.DefaultHorizonDays}
	if req.HorizonDays != nil {
		args.HorizonDays = int(req.GetHorizonDays())
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.StartForecastRunResponse, error) {
		job, err := h.jobs.Start(ctx, tx, forecast.RunKind, "", args)
		if err != nil {
			return nil, err
		}
		wire, err := jobs.ToProto(job)
		return &franchisev1.StartForecastRunResponse{Job: wire}, err
	})
}

// StartRankingsRun implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) StartRankingsRun(ctx context.Context, req *franchisev1.StartRankingsRunRequest) (*franchisev1.StartRankingsRunResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.StartRankingsRunResponse, error) {
		job, err := h.jobs.Start(ctx, tx, rankings.JobKind, "", rankings.RunArgs{Months: req.GetPeriods()})
		if err != nil {
			return nil, err
		}
		wire, err := jobs.ToProto(job)
		return &franchisev1.StartRankingsRunResponse{Job: wire}, err
	})
}

// SetForecastUplifts implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) SetForecastUplifts(
	ctx context.Context, req *franchisev1.SetForecastUpliftsRequest,
) (*franchisev1.SetForecastUpliftsResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*franchisev1.SetForecastUpliftsResponse, error) {
		return forecast.SetUplifts(ctx, tx, req)
	})
}

// ListForecastUplifts implements [franchisev1connect.FranchiseServiceHandler].
func (h *Handler) ListForecastUplifts(
	ctx context.Context, _ *franchisev1.ListForecastUpliftsRequest,
) (*franchisev1.ListForecastUpliftsResponse, error) {
	return h.forecast.Uplifts(ctx)
}
