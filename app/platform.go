package app

import (
	"context"
	"net/http"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.uber.org/fx"

	"github.com/chefcloud/chefcloud/app/kpi"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/observability"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/webhooks"
	"github.com/chefcloud/chefcloud/web"
)

// platform is what the domains stand on.
var platform = fx.Module("platform",
	fx.Provide(
		func() clock.Clock { return clock.System },
		observability.ThisBuild,
		fx.Annotate(observability.NewRegistry, fx.As(fx.Self()), fx.As(new(prometheus.Registerer))),
		newLogger,
		newAccessLog,
		newTracing,
		newDatabase,
		newValkey,
		newCache,
		func() (protovalidate.Validator, error) { return protovalidate.New() },
		ratelimit.NewMetrics,
		newLimiter,
		rpc.NewMetrics,
		jobs.NewRunner,
		jobs.NewHandler,
		fx.Annotate(jobs.Registration, fx.ResultTags(rpc.Group)),
		fx.Annotate(jobs.Housekeeping, fx.ResultTags(jobs.Group)),
		newWorkers,
		func() *httpserver.Readiness { return &httpserver.Readiness{} },
		newHandler,
		func(settings *config.Config, handler http.Handler, ready *httpserver.Readiness, kpis *kpi.Broker, log zerolog.Logger) *httpserver.Server {
			server := httpserver.New(settings.HTTP, handler, ready, log)
			server.OnShutdown(kpis.Goodbye)
			return server
		},
	),
)

func newLogger(lifecycle fx.Lifecycle, settings *config.Config) (zerolog.Logger, error) {
	log, file, err := observability.NewLogger(settings.Observability)
	if err != nil {
		return log, err
	}
	lifecycle.Append(fx.StopHook(file.Close))
	return log, nil
}

func newAccessLog(lifecycle fx.Lifecycle, settings *config.Config) (*observability.AccessLog, error) {
	access, err := observability.NewAccessLog(settings.Observability)
	if err != nil {
		return nil, err
	}
	lifecycle.Append(fx.StopHook(access.Close))
	return access, nil
}

func newTracing(lifecycle fx.Lifecycle, settings *config.Config, build observability.Build) (*observability.Tracing, error) {
	tracing, err := observability.NewTracing(context.Background(), settings.Observability, build)
	if err != nil {
		return nil, err
	}
	lifecycle.Append(fx.StopHook(tracing.Close))
	return tracing, nil
}

func newDatabase(lifecycle fx.Lifecycle, settings *config.Config, tracing *observability.Tracing, registerer prometheus.Registerer) (*postgres.DB, error) {
	db, err := postgres.Open(context.Background(), settings.Database, postgres.Options{
		Metrics: postgres.NewMetrics(registerer), Tracing: tracing.Enabled(),
	})
	if err != nil {
		return nil, err
	}
	db.Collect(registerer)
	lifecycle.Append(fx.StopHook(db.Close))
	return db, nil
}

func newValkey(lifecycle fx.Lifecycle, settings *config.Config) *valkey.Connection {
	connection := valkey.Open(settings.Redis)
	lifecycle.Append(fx.StopHook(connection.Close))
	return connection
}

func newCache(
	lifecycle fx.Lifecycle, settings *config.Config, connection *valkey.Connection, db *postgres.DB,
	now clock.Clock, registerer prometheus.Registerer, log zerolog.Logger,
) (*cache.Cache, error) {
	c, err := cache.New(cache.Config{
		Prefix: settings.Cache.Prefix,
		TTLs: map[cache.Report]time.Duration{
			cache.Budgets:  settings.Cache.BudgetsTTL.Duration(),
			cache.Forecast: settings.Cache.ForecastTTL.Duration(),
			cache.Overview: settings.Cache.OverviewTTL.Duration(),
			cache.KPIs:     kpi.SnapshotTTL,
			cache.Rankings: settings.Cache.RankingsTTL.Duration(),
			cache.Standing: kpi.StandingTTL,
		},
	}, connection, cache.NewNotes(db), now, cache.NewMetrics(registerer), log)
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	lifecycle.Append(fx.Hook{
		OnStart: func(context.Context) error {
			go func() {
				defer close(done)
				c.Watch(watching)
			}()
			return nil
		},
		OnStop: func(context.Context) error {
			stop()
			<-done
			return nil
		},
	})
	return c, nil
}

// newLimiter starts the limiter before the server listens, so that the first calls are counted by all nodes together.
func newLimiter(
	lifecycle fx.Lifecycle, settings *config.Config, connection *valkey.Connection, now clock.Clock, metrics *ratelimit.Metrics, log zerolog.Logger,
) *ratelimit.Limiter {
	l := ratelimit.New(settings.Cache.Prefix, ratelimit.Limits{
		Address:    settings.Limits.Address,
		Enterprise: settings.Limits.Enterprise,
		Free:       settings.Limits.Free,
		Ingest:     settings.Limits.Ingest,
		Pro:        settings.Limits.Pro,
		Stream:     settings.SSE.RatePerMinute,
	}, connection, now, metrics, log)
	lifecycle.Append(fx.StartStopHook(l.Start, l.Stop))
	return l
}

// work is what jobs are done with.
type work struct {
	fx.In

	Cache       *cache.Cache
	Clock       clock.Clock
	DB          *postgres.DB
	Definitions []jobs.Definition `group:"jobs"`
	Log         zerolog.Logger
	Registerer  prometheus.Registerer
	Runner      *jobs.Runner
	Settings    *config.Config
	Tasks       []jobs.Task `group:"tasks"`
}

func newWorkers(w work) (*jobs.Workers, error) {
	return jobs.NewWorkers(jobs.Dependencies{
		Clock: w.Clock, DB: w.DB, Definitions: w.Definitions, Invalidator: w.Cache, Log: w.Log, Max: w.Settings.Jobs.Workers,
		Registerer: w.Registerer, Runner: w.Runner, Tasks: w.Tasks,
	})
}

// parts are what the HTTP side is built from.
type parts struct {
	fx.In

	Access        *observability.AccessLog
	Authenticator rpc.Authenticator
	Build         observability.Build
	Cache         *cache.Cache
	Connection    *valkey.Connection
	DB            *postgres.DB
	Events        *kpi.Events
	KPIs          *kpi.Broker
	Limiter       *ratelimit.Limiter
	Log           zerolog.Logger
	Metrics       *rpc.Metrics
	Ready         *httpserver.Readiness
	Registry      *prometheus.Registry
	Services      []rpc.Service `group:"services"`
	Settings      *config.Config
	Tracing       *observability.Tracing
	Validator     protovalidate.Validator
	Webhooks      *webhooks.Intake
}

// invalidator plans what is to be invalidated in the cache.
type invalidator struct{ *cache.Cache }

// Plan implements [rpc.Invalidator].
func (i invalidator) Plan(procedure, orgID string) rpc.Invalidation {
	return i.Cache.Plan(procedure, orgID)
}

// encodings finds kept encodings of any kind of message.
type encodings []rpc.Encodings

// Encoded implements [rpc.Encodings].
func (e encodings) Encoded(message any, codec string, encode func() ([]byte, error)) (data []byte, ok bool, err error) {
	for _, kept := range e {
		if data, ok, err = kept.Encoded(message, codec, encode); ok || err != nil {
			return data, ok, err
		}
	}
	return nil, false, nil
}

func newHandler(p parts) (http.Handler, error) {
	options := append(rpc.Codecs(encodings{p.Cache, p.KPIs}),
		// Of each message, unpacked; the HTTP side bounds bodies, but not the messages of a stream.
		connect.WithReadMaxBytes(p.Settings.HTTP.MaxBodyBytes),
		connect.WithInterceptors(rpc.Interceptors(rpc.Dependencies{
			Authenticator: p.Authenticator,
			Invalidator:   invalidator{p.Cache},
			Limiter:       p.Limiter,
			Metrics:       p.Metrics,
			Tracing:       p.Tracing.Interceptor,
			Validator:     p.Validator,
		})...),
	)
	files, built := web.Files()
	routes := httpserver.Routes{
		Access:    p.Access,
		Build:     p.Build,
		CORS:      p.Settings.CORS,
		Dashboard: httpserver.Dashboard(files, built),
		Database:  p.DB,
		HTTP:      p.Settings.HTTP,
		KPIs:      p.Events,
		Log:       p.Log,
		Ready:     p.Ready,
		Valkey:    p.Connection,
		Webhooks:  p.Webhooks,
	}
	if p.Settings.Observability.Metrics {
		routes.Metrics = p.Registry
	}
	for _, s := range p.Services {
		routes.Services = append(routes.Services, s.Name)
	}
	return routes.Handler(func(next http.Handler) (http.Handler, error) { return rpc.Mount(p.Services, options, next) })
}
