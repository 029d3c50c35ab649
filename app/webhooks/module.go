package webhooks

import (
	"net/http"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/webhooks/v1/webhooksv1connect"
)

// Module provides the intake of deliveries, the service that shows them, and their effects.
var Module = fx.Module("webhooks",
	fx.Provide(
		newMetrics,
		newEffects,
		fx.Annotate((*Effects).Task, fx.ResultTags(jobs.TaskGroup)),
		newIntake,
		NewInbox,
		NewHandler,
		fx.Annotate(newHousekeeping, fx.ResultTags(jobs.Group)),
		fx.Annotate(Registration, fx.ResultTags(rpc.Group)),
	),
)

func newIntake(
	db *postgres.DB, settings *config.Config, connection *valkey.Connection, effects *Effects, now clock.Clock, m metrics,
) (*Intake, error) {
	v, err := newVerifier(settings.Webhook.Secrets(), settings.Webhook.TimestampTolerance.Duration())
	if err != nil {
		return nil, err
	}
	i := &Intake{
		clock: now, db: db, effects: effects, metrics: m, unsigned: !settings.Webhook.SignatureRequired, verifier: v,
	}
	i.nonces = &nonces{clock: now, connector: connection, prefix: settings.Cache.Prefix, retention: retention(v.tolerance)}
	return i, nil
}

func newHousekeeping(db *postgres.DB, runner *jobs.Runner, now clock.Clock, settings *config.Config) jobs.Definition {
	return Housekeeping(db, runner, now, settings.Webhook.TimestampTolerance.Duration())
}

// NewIntake returns an intake for tests and benchmarks.
func NewIntake(
	db *postgres.DB, settings *config.Config, connection *valkey.Connection, now clock.Clock, registerer prometheus.Registerer,
) (*Intake, error) {
	m := newMetrics(registerer)
	return newIntake(db, settings, connection, newEffects(db, billing.NewService(now), now, m), now, m)
}

// Registration returns the service to be served.
func Registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: webhooksv1connect.WebhookServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return webhooksv1connect.NewWebhookServiceHandler(h, options...)
		},
	}
}
