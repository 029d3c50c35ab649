package rpc

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Metrics counts and times calls.
type Metrics struct {
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	total    *prometheus.CounterVec
}

func (m *Metrics) observe(ctx context.Context, c call, next func(ctx context.Context) error) error {
	start := time.Now()
	m.inFlight.Inc()
	code := connect.CodeInternal.String() // what a panic becomes, which goes on to recoverPanics
	defer func() {
		m.inFlight.Dec()
		m.total.WithLabelValues(c.spec.Procedure, code).Inc()
		if c.spec.StreamType == connect.StreamTypeUnary {
			m.duration.WithLabelValues(c.spec.Procedure).Observe(time.Since(start).Seconds())
		}
	}()
	err := next(ctx)
	code = "ok"
	if err != nil {
		code = connect.CodeOf(err).String()
	}
	return err
}

// recoverPanics turns a panic into an internal error. http.ErrAbortHandler goes on: it is how a handler ends a connection.
func recoverPanics(ctx context.Context, c call, next func(ctx context.Context) error) (err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if r == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
			panic(r)
		}
		zerolog.Ctx(ctx).Error().Str("procedure", c.spec.Procedure).Str("panic", fmt.Sprint(r)).Bytes("stack", debug.Stack()).Msg("handler panicked")
		err = internal()
	}()
	return next(ctx)
}
