package httpserver

import (
	"net/http"

	connectcors "connectrpc.com/cors"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/cors"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/observability"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
)

// preflightSeconds is how long browsers may remember a preflight.
const preflightSeconds = 7200

// Routes are what the server answers besides RPCs.
type Routes struct {
	Access    *observability.AccessLog
	Build     observability.Build
	CORS      config.CORS
	Dashboard http.Handler
	Database  Checker
	HTTP      config.HTTP
	// KPIs is the stream of live figures.
	KPIs http.Handler
	Log  zerolog.Logger
	// Metrics is served on /metrics; nil leaves the route out.
	Metrics  *prometheus.Registry
	Ready    *Readiness
	Services []string
	Valkey   Checker
	// Webhooks takes the billing provider's deliveries; it bounds their bodies itself.
	Webhooks http.Handler
}

// Handler builds the whole tree: mount gets the handler of what isn't a route of its own and returns the one that serves
// RPCs before it.
func (r Routes) Handler(mount func(next http.Handler) (http.Handler, error)) (http.Handler, error) {
	rpcs, err := mount(r.Dashboard)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", serveHealth(r.Database, r.Valkey))
	mux.HandleFunc("GET /ready", r.Ready.serveReady)
	mux.HandleFunc("GET /version", serveVersion(r.Build))
	if r.Metrics != nil {
		mux.Handle("GET /metrics", observability.MetricsHandler(r.Metrics))
	}
	mux.Handle(grpchealth.NewHandler(r.Ready))
	reflector := grpcreflect.NewStaticReflector(append([]string{grpchealth.HealthV1ServiceName}, r.Services...)...)
	mux.Handle(grpcreflect.NewHandlerV1(reflector))
	mux.Handle(grpcreflect.NewHandlerV1Alpha(reflector))
	if r.KPIs != nil {
		mux.Handle("GET /stream/kpis", r.KPIs)
	}
	if r.Webhooks != nil {
		mux.Handle("POST /webhooks/billing", r.Webhooks)
	}
	mux.Handle("/", limitBody(int64(r.HTTP.MaxBodyBytes), rpcs))
	return identify(r.Log, r.Access, r.HTTP.TrustedProxies, harden(recoverPanics(r.cors().Handler(mux)))), nil
}

func (r Routes) cors() *cors.Cors {
	origins := make([]string, len(r.CORS.Origins))
	for i, origin := range r.CORS.Origins {
		origins[i] = string(origin)
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: connectcors.AllowedMethods(),
		AllowedHeaders: append(connectcors.AllowedHeaders(), "Authorization", mutation.KeyHeader, observability.RequestIDHeader, "Last-Event-ID"),
		ExposedHeaders: append(connectcors.ExposedHeaders(), cache.StatusHeader, observability.RequestIDHeader, "Retry-After", ratelimit.HeaderPolicy,
			ratelimit.HeaderState),
		MaxAge: preflightSeconds,
	})
}
