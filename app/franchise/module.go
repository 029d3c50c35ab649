package franchise

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// Module provides the franchise service.
var Module = fx.Module("franchise",
	fx.Provide(
		fx.Annotate(organisation.NewStore, fx.As(new(organisation.Directory))),
		NewHandler,
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: franchisev1connect.FranchiseServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return franchisev1connect.NewFranchiseServiceHandler(h, options...)
		},
	}
}
