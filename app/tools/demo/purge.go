package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// querier is a connection or a transaction of one.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// tenantTables returns the tables with an org_id, those that refer to others first.
func tenantTables(ctx context.Context, q querier) ([]string, error) {
	const list = `
		SELECT c.relname,
			array(SELECT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
				WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.confrelid <> c.oid)
		FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
		ORDER BY c.relname`
	rows, err := q.Query(ctx, list)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	refersTo := make(map[string][]string)
	var names []string
	var name string
	var others []string
	_, err = pgx.ForEachRow(rows, []any{&name, &others}, func() error {
		names = append(names, name)
		refersTo[name] = slices.Clone(others)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var sorted []string // referred to first
	var visit func(string)
	visit = func(table string) {
		if _, tenant := refersTo[table]; !tenant || slices.Contains(sorted, table) {
			return
		}
		for _, other := range refersTo[table] {
			visit(other)
		}
		sorted = append(sorted, table)
	}
	for _, table := range names {
		visit(table)
	}
	slices.Reverse(sorted)
	return sorted, nil
}

// purge deletes all rows of an organisation.
func purge(ctx context.Context, tx pgx.Tx, orgID string) error {
	tables, err := tenantTables(ctx, tx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := tx.Exec(ctx, "DELETE FROM "+pgx.Identifier{table}.Sanitize()+" WHERE org_id = $1", orgID); err != nil {
			return fmt.Errorf("purge %s: %w", table, err)
		}
	}
	return nil
}
