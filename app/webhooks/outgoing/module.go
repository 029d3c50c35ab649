package outgoing

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
)

// Module provides the endpoint service, the emitter that domains announce events with, and the work of deliveries.
var Module = fx.Module("outgoing",
	fx.Provide(
		func(settings *config.Config) config.Outgoing { return settings.Outgoing },
		NewEmitter,
		NewMetrics,
		NewService,
		NewDeliverer,
		NewHandler,
		fx.Annotate((*Deliverer).Task, fx.ResultTags(jobs.TaskGroup)),
		fx.Annotate(Upkeep, fx.ResultTags(jobs.Group)),
		fx.Annotate(Registration, fx.ResultTags(rpc.Group)),
	),
)

// Registration returns the service for [rpc.Mount].
func Registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: endpointsv1connect.EndpointServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return endpointsv1connect.NewEndpointServiceHandler(h, options...)
		},
	}
}
