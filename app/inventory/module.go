package inventory

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
)

// Module provides the inventory service.
var Module = fx.Module("inventory",
	fx.Provide(
		NewService,
		NewHandler,
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: inventoryv1connect.InventoryServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return inventoryv1connect.NewInventoryServiceHandler(h, options...)
		},
	}
}
