package alerts

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
)

// Module provides the threshold service and the job that looks at the figures.
var Module = fx.Module("alerts",
	fx.Provide(
		NewService,
		NewHandler,
		fx.Annotate(Job, fx.ResultTags(jobs.Group)),
		fx.Annotate(Registration, fx.ResultTags(rpc.Group)),
	),
)

// Registration returns the service for [rpc.Mount].
func Registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: endpointsv1connect.ThresholdServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return endpointsv1connect.NewThresholdServiceHandler(h, options...)
		},
	}
}
