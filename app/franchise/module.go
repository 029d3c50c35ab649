package franchise

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/franchise/reconciliation"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// Module provides the franchise service.
var Module = fx.Module("franchise",
	fx.Provide(
		fx.Annotate(organisation.NewStore, fx.As(new(organisation.Directory))),
		NewHandler,
		forecast.NewRunner,
		fx.Annotate((*forecast.Runner).Job, fx.ResultTags(jobs.Group)),
		fx.Annotate(rankingsJob, fx.ResultTags(jobs.Group)),
		fx.Annotate(reconciliation.Job, fx.ResultTags(jobs.Group)),
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func rankingsJob(db *postgres.DB, now clock.Clock) jobs.Definition {
	return rankings.Job(rankings.NewService(db, now), db)
}

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: franchisev1connect.FranchiseServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return franchisev1connect.NewFranchiseServiceHandler(h, options...)
		},
	}
}
