package procurement

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1/procurementv1connect"
)

// Module provides the procurement service.
var Module = fx.Module("procurement",
	fx.Provide(
		NewService,
		NewHandler,
		fx.Annotate(DraftsJob, fx.ResultTags(jobs.Group)),
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: procurementv1connect.ProcurementServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return procurementv1connect.NewProcurementServiceHandler(h, options...)
		},
	}
}
