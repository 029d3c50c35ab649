package bench_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	pgxdecimal "github.com/jackc/pgx-shopspring-decimal"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// script is what was sent to the database for one order.
type script struct {
	orderID    string
	statements []statement
}

type statement struct {
	sql  string
	args []any
}

// play sends the script again for another order and decodes all answers, as whoever sent it would.
func (s script) play(ctx context.Context, conn *pgx.Conn, orderID string) error {
	for _, statement := range s.statements {
		args := make([]any, len(statement.args))
		for i, arg := range statement.args {
			if arg == s.orderID {
				arg = orderID
			}
			args[i] = arg
		}
		rows, err := conn.Query(ctx, statement.sql, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			if _, err := rows.Values(); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("%s: %w", statement.sql, err)
		}
	}
	return nil
}

// recorder is a tracer that writes a script.
type recorder struct {
	mu     sync.Mutex
	script script
}

// TraceQueryStart implements [pgx.QueryTracer].
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.script.statements = append(r.script.statements, statement{sql: data.SQL, args: data.Args})
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// barePool returns a pool of the size that the product's has, without its settings and metrics.
func barePool(b *testing.B, databaseURL string, tracer pgx.QueryTracer) *pgxpool.Pool {
	b.Helper()
	settings, err := pgxpool.ParseConfig(databaseURL)
	require.NoError(b, err)
	settings.MaxConns = 16
	settings.ConnConfig.Tracer = tracer
	settings.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		pgxdecimal.Register(conn.TypeMap())
		return nil
	}
	pool, err := pgxpool.NewWithConfig(b.Context(), settings)
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	return pool
}
