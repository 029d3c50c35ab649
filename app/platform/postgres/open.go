package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/exaring/otelpgx"
	pgxdecimal "github.com/jackc/pgx-shopspring-decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

// pingTimeout bounds a look at the database's health.
const pingTimeout = 2 * time.Second

// Options are what a pool may have besides its settings.
type Options struct {
	// Metrics gets the durations of statements; nil measures nothing.
	Metrics *Metrics
	// Tracing adds a span for each statement.
	Tracing bool
}

// Open returns a pool. It doesn't wait for the database: a server that is away answers unavailable until it is back.
func Open(ctx context.Context, settings config.Database, options Options) (*DB, error) {
	parsed, err := pgxpool.ParseConfig(settings.URL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("parse DATABASE_URL: %w", err)
	}
	parsed.MinConns, parsed.MaxConns = settings.PoolMin, settings.PoolMax
	parameters := parsed.ConnConfig.RuntimeParams
	parameters["application_name"] = "chefcloud"
	parameters["timezone"] = "UTC"
	parameters["jit"] = "off" // compiling costs more than it saves where a query takes milliseconds
	if timeout := settings.StatementTimeout.Duration(); timeout > 0 {
		parameters["statement_timeout"] = strconv.FormatInt(timeout.Milliseconds(), 10)
	}
	parsed.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxdecimal.Register(conn.TypeMap())
		return nil
	}
	tracers := []pgx.QueryTracer{counter{}}
	if options.Metrics != nil {
		tracers = append(tracers, options.Metrics)
	}
	if options.Tracing {
		tracers = append(tracers, otelpgx.NewTracer())
	}
	parsed.ConnConfig.Tracer = multitracer.New(tracers...)
	pool, err := pgxpool.NewWithConfig(ctx, parsed)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	return &DB{Pool: pool}, nil
}

// Healthy returns nil if the database answers.
func (db *DB) Healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return db.Ping(ctx)
}

// Collect registers the pool's metrics.
func (db *DB) Collect(registerer prometheus.Registerer) {
	gauge := func(name, help string, value func(*pgxpool.Stat) float64) {
		registerer.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: "chefcloud_db_pool_" + name, Help: help},
			func() float64 { return value(db.Stat()) },
		))
	}
	gauge("acquired", "Connections in use.", func(s *pgxpool.Stat) float64 { return float64(s.AcquiredConns()) })
	gauge("idle", "Connections at rest.", func(s *pgxpool.Stat) float64 { return float64(s.IdleConns()) })
	gauge("max", "Most connections allowed.", func(s *pgxpool.Stat) float64 { return float64(s.MaxConns()) })
	gauge("wait_seconds", "Time spent waiting for a connection, in all.", func(s *pgxpool.Stat) float64 { return s.EmptyAcquireWaitTime().Seconds() })
}
