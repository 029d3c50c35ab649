package rpc

import (
	"context"
	"net/http"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
)

// Dependencies are what the interceptors need.
type Dependencies struct {
	Authenticator Authenticator
	Invalidator   Invalidator
	// Limiter counts calls; nil lets any number through.
	Limiter *ratelimit.Limiter
	Metrics *Metrics
	// Tracing is the OpenTelemetry interceptor; nil if tracing is off.
	Tracing   connect.Interceptor
	Validator protovalidate.Validator
}

// Interceptors returns what every call passes, outermost first. The order is part of the contract:
//
//  1. recover: a panic anywhere below becomes an internal error with a logged stack
//  2. tracing: the span covers all that follows
//  3. observe: counts and times every answer, refused ones too
//  4. errors: the only place that turns errors into wire errors; what observe counts is what the client sees
//  5. authenticate: who calls; before anything that costs. Who brings no valid credentials is counted by address, and an
//     address over its limit is turned away before credentials are looked up
//  6. limit: how often they may call. Before what follows, so that forbidden and invalid calls count: they cost too, and who
//     could make them without end could guess without end
//  7. authorise: may they call this, and for this organisation
//  8. validate: the rules of the proto files; only for those who may know them
//  9. invalidate: after the handler's commit, before its answer
func Interceptors(d Dependencies) []connect.Interceptor {
	chain := []connect.Interceptor{around(recoverPanics)}
	if d.Tracing != nil {
		chain = append(chain, d.Tracing)
	}
	return append(chain,
		around(d.Metrics.observe),
		around(mapErrors),
		around(authenticate(d.Authenticator, d.Limiter)),
		around(limit(d.Limiter)),
		authorise(),
		validate(d.Validator),
		around(invalidate(d.Invalidator)),
	)
}

// call describes the call that an interceptor is around.
type call struct {
	spec   connect.Spec
	header http.Header
	// message is the request of a unary call.
	message any
	// stream is nil for a unary call.
	stream connect.StreamingHandlerConn
	// outside is the header of the answer to a call that isn't an RPC, nil for others.
	outside http.Header
}

// answer returns the header that goes out with the call's answer, be that an error. Outside of handlers nobody reads it.
func (c call) answer(ctx context.Context) http.Header {
	if c.outside != nil {
		return c.outside
	}
	if c.stream != nil {
		return c.stream.ResponseHeader()
	}
	if info, ok := connect.CallInfoForHandlerContext(ctx); ok {
		return info.ResponseHeader()
	}
	return http.Header{}
}

// step does something around a call; next runs the rest with the given context.
type step func(ctx context.Context, c call, next func(ctx context.Context) error) error

// around makes an interceptor of a step that doesn't look at messages, for unary calls and streams alike.
func around(s step) connect.Interceptor { return interceptor{step: s} }

// onMessage makes an interceptor of a check of each message that a client sends, for unary calls and streams alike.
func onMessage(check func(ctx context.Context, spec connect.Spec, message any) error) connect.Interceptor {
	return interceptor{check: check}
}

type interceptor struct {
	step  step
	check func(ctx context.Context, spec connect.Spec, message any) error
}

// WrapUnary implements [connect.Interceptor].
func (i interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	if i.check != nil {
		return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
			if err := i.check(ctx, req.Spec(), req.Any()); err != nil {
				return nil, err
			}
			return next(ctx, req)
		}
	}
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		u := &unary{next: next, req: req}
		if err := i.step(ctx, call{spec: req.Spec(), header: req.Header(), message: req.Any()}, u.run); err != nil {
			return nil, err
		}
		return u.resp, nil
	}
}

// unary is the rest of a unary call: one value rather than a closure over several, for all calls pass here several times.
type unary struct {
	next connect.UnaryFunc
	req  connect.AnyRequest
	resp connect.AnyResponse
}

func (u *unary) run(ctx context.Context) (err error) {
	u.resp, err = u.next(ctx, u.req)
	return err
}

// WrapStreamingClient implements [connect.Interceptor]; it does nothing, clients aren't intercepted.
func (i interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// WrapStreamingHandler implements [connect.Interceptor].
func (i interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	if i.check != nil {
		return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
			return next(ctx, &checkedConn{StreamingHandlerConn: conn, check: func(message any) error {
				return i.check(ctx, conn.Spec(), message)
			}})
		}
	}
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		c := call{spec: conn.Spec(), header: conn.RequestHeader(), stream: conn}
		return i.step(ctx, c, func(ctx context.Context) error { return next(ctx, conn) })
	}
}

// checkedConn checks what a stream receives.
type checkedConn struct {
	connect.StreamingHandlerConn
	check func(message any) error
}

// Receive implements [connect.StreamingHandlerConn].
func (c *checkedConn) Receive(message any) error {
	if err := c.StreamingHandlerConn.Receive(message); err != nil {
		return err
	}
	return c.check(message)
}

// NewMetrics registers the metrics of calls: rate, errors and duration by procedure and code.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chefcloud_rpc_duration_seconds", Help: "Time from a call to its answer, by procedure.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"procedure"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "chefcloud_rpc_in_flight", Help: "Calls and streams under way."}),
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_rpc_total", Help: "Calls by procedure and code.",
		}, []string{"procedure", "code"}),
	}
	registerer.MustRegister(m.duration, m.inFlight, m.total)
	return m
}
