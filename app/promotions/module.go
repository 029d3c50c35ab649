package promotions

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1/promotionsv1connect"
)

// Module provides the promotion service, and the pricer that closing orders use.
var Module = fx.Module("promotions",
	fx.Provide(
		NewService,
		NewPricer,
		NewHandler,
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: promotionsv1connect.PromotionServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return promotionsv1connect.NewPromotionServiceHandler(h, options...)
		},
	}
}
