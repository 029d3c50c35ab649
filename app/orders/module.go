package orders

import (
	"net/http"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"go.uber.org/fx"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// Module provides the order service.
var Module = fx.Module("orders",
	fx.Provide(
		NewService,
		func(db *postgres.DB, service *Service, validator protovalidate.Validator) *Handler {
			return NewHandler(db, service, func(m proto.Message) error { return rpc.Validate(validator, m) })
		},
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: ordersv1connect.OrderServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(h, options...)
		},
	}
}
