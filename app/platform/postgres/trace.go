package postgres

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Metrics times statements by their name in queries/.
type Metrics struct{ duration *prometheus.HistogramVec }

// NewMetrics registers the metrics of statements.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "chefcloud_db_query_seconds", Help: "Time of SQL statements by their name in queries/.",
		Buckets: []float64{.0002, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30},
	}, []string{"query"})}
	registerer.MustRegister(m.duration)
	return m
}

type statement struct {
	name  string
	start time.Time
}

type statementKey struct{}

// TraceQueryStart implements [pgx.QueryTracer].
func (m *Metrics) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, statementKey{}, statement{name: nameOf(data.SQL), start: time.Now()})
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (m *Metrics) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	s, ok := ctx.Value(statementKey{}).(statement)
	if !ok {
		return
	}
	took := time.Since(s.start)
	m.duration.WithLabelValues(s.name).Observe(took.Seconds())
	zerolog.Ctx(ctx).Debug().Str("query", s.name).Float64("db_query_ms", float64(took.Microseconds())/1000).Msg("statement")
}

// nameOf reads the name that sqlc leaves as the statement's first comment, `-- name: OrderGet :one`.
func nameOf(sql string) string {
	rest, found := strings.CutPrefix(sql, "-- name: ")
	if !found {
		return "other"
	}
	name, _, _ := strings.Cut(rest, " ")
	return name
}

// Statements counts the statements that run under a context.
type Statements struct{ n atomic.Int64 }

// Count returns how many statements have run.
func (s *Statements) Count() int64 { return s.n.Load() }

type countKey struct{}

// CountStatements returns a context under which statements are counted: for tests that a call's number of statements
// doesn't grow with the data.
func CountStatements(ctx context.Context) (context.Context, *Statements) {
	s := &Statements{}
	return context.WithValue(ctx, countKey{}, s), s
}

// counter is the tracer behind CountStatements.
type counter struct{}

// TraceQueryStart implements [pgx.QueryTracer].
func (counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	if s, ok := ctx.Value(countKey{}).(*Statements); ok {
		s.n.Add(1)
	}
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
