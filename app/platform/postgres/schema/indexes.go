package schema

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"

	declared "github.com/chefcloud/chefcloud/schema"
)

// LockKey is the advisory lock of operators: who changes the schema or its indexes holds it.
const LockKey = lockKey

// Index is a declared index.
type Index struct {
	Name, Table string
	// Priority says when an index is built, by the first word of its comment: P1, P2 or P3; empty: it is there from the start.
	Priority string
	// Comment begins with the priority, and names the queries that are served.
	Comment string
	// Definition is what pg_get_indexdef says of it.
	Definition string
	// Unique says that it keeps rows unique, as a primary key or otherwise.
	Unique bool
	// Create are the statements that build it beside writers, and Drop is the one that drops it so. Atlas plans them.
	Create []string
	Drop   string
}

var priority = regexp.MustCompile(`^(P[1-3])\. `)

// Indexes returns the declared indexes by name, as they are in a scratch database on the server of url.
func Indexes(ctx context.Context, url string) ([]Index, error) {
	db, err := open(url)
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be flushed
	var indexes []Index
	err = inScratch(ctx, db, url, declared.Files, func(scratch *sql.DB) error {
		indexes, err = readIndexes(ctx, scratch)
		return err
	})
	return indexes, err
}

func readIndexes(ctx context.Context, scratch *sql.DB) ([]Index, error) {
	driver, err := postgres.Open(scratch)
	if err != nil {
		return nil, fmt.Errorf("open Atlas driver: %w", err)
	}
	want, err := driver.InspectSchema(ctx, name, nil)
	if err != nil {
		return nil, fmt.Errorf("inspect declared schema: %w", err)
	}
	rows, err := scratch.QueryContext(ctx, `SELECT i.relname, t.relname, pg_get_indexdef(i.oid), x.indisunique, coalesce(obj_description(i.oid, 'pg_class'), '')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		WHERE i.relnamespace = $1::regnamespace ORDER BY 1`, name)
	if err != nil {
		return nil, fmt.Errorf("list declared indexes: %w", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var indexes []Index
	for rows.Next() {
		var index Index
		if err := rows.Scan(&index.Name, &index.Table, &index.Definition, &index.Unique, &index.Comment); err != nil {
			return nil, err
		}
		if match := priority.FindStringSubmatch(index.Comment); match != nil {
			index.Priority = match[1]
		}
		if err := planIndex(ctx, driver, want, &index); err != nil {
			return nil, err
		}
		indexes = append(indexes, index)
	}
	return indexes, rows.Err()
}

// planIndex has Atlas plan how an index is built and dropped beside writers.
func planIndex(ctx context.Context, driver migrate.Driver, want *atlas.Schema, index *Index) error {
	table, ok := want.Table(index.Table)
	if !ok {
		return fmt.Errorf("Atlas doesn't see table %s", index.Table) //nolint:staticcheck // a name
	}
	found, ok := table.Index(index.Name)
	if !ok {
		return nil // of a primary key
	}
	plan := func(change atlas.Change) ([]string, error) {
		planned, err := driver.PlanChanges(ctx, "index", []atlas.Change{&atlas.ModifyTable{T: table, Changes: []atlas.Change{change}}})
		if err != nil {
			return nil, fmt.Errorf("plan %s: %w", index.Name, err)
		}
		return statements(planned), nil
	}
	var err error
	if index.Create, err = plan(&atlas.AddIndex{I: found, Extra: []atlas.Clause{&postgres.Concurrently{}}}); err != nil {
		return err
	}
	drop, err := plan(&atlas.DropIndex{I: found, Extra: []atlas.Clause{&postgres.Concurrently{}}})
	if err != nil || len(drop) == 0 {
		return err
	}
	index.Drop = drop[0]
	return nil
}
