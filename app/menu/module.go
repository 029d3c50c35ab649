package menu

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

// Module provides the menu service.
var Module = fx.Module("menu",
	fx.Provide(
		NewService,
		NewHandler,
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(h, options...)
		},
	}
}
