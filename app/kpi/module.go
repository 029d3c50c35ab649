package kpi

import (
	"context"
	"net/http"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/places"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
)

// Module provides the live figures, as RPCs and as Server-Sent Events.
var Module = fx.Module("kpi",
	fx.Provide(
		NewService,
		newBroker,
		newLimits,
		newOpener,
		newEvents,
		newHandler,
		fx.Annotate(registration, fx.ResultTags(rpc.Group)),
	),
)

func newBroker(
	lifecycle fx.Lifecycle, settings *config.Config, service *Service, reports *cache.Cache, streams *auth.Streams, registerer prometheus.Registerer,
	log zerolog.Logger,
) *Broker {
	b := NewBroker(Dependencies{
		Access: streams, Changes: reports, Heartbeat: settings.SSE.HeartbeatInterval.Duration(), Interval: Interval, Log: log, Registerer: registerer,
		Source: service, WriteTimeout: WriteTimeout,
	})
	lifecycle.Append(fx.StopHook(b.Close))
	return b
}

func newLimits(
	lifecycle fx.Lifecycle, settings *config.Config, connection *valkey.Connection, limiter *ratelimit.Limiter, log zerolog.Logger,
) Limits {
	p := places.New(places.Config{Prefix: settings.Cache.Prefix, Kind: "streams", Lease: places.Lease, Share: limiter.Share}, connection, log)
	renewing, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	lifecycle.Append(fx.Hook{
		OnStart: func(context.Context) error {
			go func() {
				defer close(done)
				p.Renew(renewing)
			}()
			return nil
		},
		OnStop: func(context.Context) error {
			stop()
			<-done
			return nil
		},
	})
	return &limits{atOnce: settings.SSE.ConcurrencyPerUser, limiter: limiter, places: p}
}

func newOpener(b *Broker, directory organisation.Directory, l Limits) opener {
	return opener{broker: b, directory: directory, limits: l}
}

func newEvents(a rpc.Authenticator, l *ratelimit.Limiter, o opener, streams *auth.Streams) *Events {
	return &Events{authenticator: a, limiter: l, opener: o, tickets: tickets{streams}}
}

func newHandler(db *postgres.DB, o opener, service *Service, streams *auth.Streams) *Handler {
	return &Handler{db: db, opener: o, service: service, streams: streams}
}

func registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: kpiv1connect.KpiServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			// Frames are encoded once for all; compressing them would be done for each stream.
			options = append(options, connect.WithCompression("gzip", nil, nil))
			path, handler := kpiv1connect.NewKpiServiceHandler(h, options...)
			return path, withDeadlines(h.opener.broker.writeTimeout, handler)
		},
	}
}
