package observability

import (
	"context"
	"fmt"

	"connectrpc.com/connect"
	"connectrpc.com/otelconnect"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

// Tracing exports spans; the zero Tracing exports nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider
	// Interceptor makes a span of each call; nil without an exporter.
	Interceptor connect.Interceptor
}

// NewTracing exports to OTEL_EXPORTER_OTLP_ENDPOINT if ENABLE_TRACING is on and there is one.
func NewTracing(ctx context.Context, settings config.Observability, build Build) (*Tracing, error) {
	if !settings.Tracing || settings.OTLPEndpoint == "" {
		return &Tracing{}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(settings.OTLPEndpoint+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("open trace exporter: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "chefcloud"), attribute.String("service.version", build.Version),
		)),
	)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	interceptor, err := otelconnect.NewInterceptor(
		otelconnect.WithTracerProvider(provider), otelconnect.WithoutMetrics(), otelconnect.WithTrustRemote(),
	)
	if err != nil {
		return nil, fmt.Errorf("build trace interceptor: %w", err)
	}
	return &Tracing{provider: provider, Interceptor: interceptor}, nil
}

// Enabled reports whether spans are exported.
func (t *Tracing) Enabled() bool { return t.provider != nil }

// Close sends what is left.
func (t *Tracing) Close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}
