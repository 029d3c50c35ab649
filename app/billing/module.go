package billing

import (
	"net/http"

	"connectrpc.com/connect"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1/billingv1connect"
)

// Module provides the billing service and its job.
var Module = fx.Module("billing",
	fx.Provide(
		NewService,
		func(db *postgres.DB, s *Service, settings *config.Config) *Handler {
			return NewHandler(db, s, settings.Limits)
		},
		fx.Annotate(Job, fx.ResultTags(jobs.Group)),
		fx.Annotate(Registration, fx.ResultTags(rpc.Group)),
	),
)

// Registration returns the service to be served.
func Registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: billingv1connect.BillingServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return billingv1connect.NewBillingServiceHandler(h, options...)
		},
	}
}
