package demo

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	pgxdecimal "github.com/jackc/pgx-shopspring-decimal"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// connect opens a connection of its own, fit for long statements: outside of the pool, whose limits are those of requests.
//
// It doesn't check foreign keys if the role may do without, because that would take longer than all the rest. Nothing else
// depends on session_replication_role: the schema has no triggers of its own.
func connect(ctx context.Context, db *postgres.DB) (*pgx.Conn, error) {
	config := db.Config().ConnConfig.Copy()
	config.Tracer = nil
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["synchronous_commit"] = "off"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	pgxdecimal.Register(conn.TypeMap())
	const relax = `SELECT set_config('session_replication_role', 'replica', false)
		WHERE has_parameter_privilege('session_replication_role', 'SET')`
	if _, err := conn.Exec(ctx, relax); err != nil {
		return nil, fmt.Errorf("relax foreign keys: %w", err)
	}
	return conn, nil
}

// lock lets one load or seed run at a time in a database. It ends with the connection.
func lock(ctx context.Context, conn *pgx.Conn) error {
	const key = 2_517_044_610_887
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(key)); err != nil {
		return fmt.Errorf("lock demo data: %w", err)
	}
	return nil
}

// holdVacuum keeps autovacuum away from the tables until the transaction ends: it would go through them again and again while
// they grow. Reads and writes aren't held up.
func holdVacuum(ctx context.Context, tx pgx.Tx) error {
	for _, buffer := range newLedger().all() {
		if _, err := tx.Exec(ctx, "LOCK TABLE "+pgx.Identifier{buffer.Table()}.Sanitize()+" IN SHARE UPDATE EXCLUSIVE MODE"); err != nil {
			return fmt.Errorf("hold vacuum: %w", err)
		}
	}
	return nil
}

// analyze tells the planner what is in the tables.
func analyze(ctx context.Context, conn *pgx.Conn) error {
	tables, err := tenantTables(ctx, conn)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := conn.Exec(ctx, "ANALYZE "+pgx.Identifier{table}.Sanitize()); err != nil {
			return fmt.Errorf("analyze %s: %w", table, err)
		}
	}
	return nil
}
