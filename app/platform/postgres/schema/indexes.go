package schema

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

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

var (
	priority = regexp.MustCompile(`^(P[1-3])\. `)
	// reindexed matches what REINDEX CONCURRENTLY makes, and leaves behind when it is stopped.
	reindexed = regexp.MustCompile(`_cc(new|old)\d*$`)
)

// Indexes returns the declared indexes by name, as they were generated from the files: to look at a server's indexes takes no scratch
// database, which a standby can't have and which not every role may make.
func Indexes() ([]Index, error) {
	var indexes []Index
	if err := json.Unmarshal(declared.Indexes, &indexes); err != nil {
		return nil, fmt.Errorf("read schema/indexes.json: %w", err)
	}
	return indexes, nil
}

// GenerateIndexes returns what Indexes reads, from a scratch database on the server of url.
func GenerateIndexes(ctx context.Context, url string) ([]byte, error) {
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
	if err != nil {
		return nil, err
	}
	content, err := json.MarshalIndent(indexes, "", "  ")
	return append(content, '\n'), err
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

// leave takes indexes with a priority, of tables that exist, out of the changes and returns their names: operators build them when their
// time has come, and drop them again.
func leave(changes []atlas.Change, want *atlas.Schema) (kept []atlas.Change, left []string) {
	for _, change := range changes {
		if table, ok := change.(*atlas.ModifyTable); ok {
			var parts []atlas.Change
			for _, part := range table.Changes {
				switch name := changed(part); {
				case prioritised(want, table.T.Name, name):
					left = append(left, name)
				case reindexed.MatchString(name): // perhaps just now
				default:
					parts = append(parts, part)
				}
			}
			if len(parts) == 0 {
				continue
			}
			table.Changes = parts
		}
		kept = append(kept, change)
	}
	return kept, left
}

// changed names the index that a change is of; empty: of none.
func changed(change atlas.Change) string {
	switch c := change.(type) {
	case *atlas.AddIndex:
		return c.I.Name
	case *atlas.DropIndex:
		return c.I.Name
	case *atlas.ModifyIndex:
		return c.To.Name
	default:
		return ""
	}
}

func prioritised(want *atlas.Schema, tableName, indexName string) bool {
	table, ok := want.Table(tableName)
	if !ok {
		return false
	}
	index, ok := table.Index(indexName)
	if !ok {
		return false
	}
	for _, attribute := range index.Attrs {
		if comment, ok := attribute.(*atlas.Comment); ok && priority.MatchString(comment.Text) {
			return true
		}
	}
	return false
}

// noteIndexes says which indexes aren't brought to the declared state.
func noteIndexes(ctx context.Context, db *sql.DB, left []string, note func(string)) error {
	if note == nil {
		return nil
	}
	if len(left) > 0 {
		note("left to `chefcloud indexes apply`, as they have a priority: " + strings.Join(left, ", "))
	}
	var invalid string
	err := db.QueryRowContext(ctx, `SELECT coalesce(string_agg(i.relname, ', ' ORDER BY 1), '') FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
		WHERE i.relnamespace = $1::regnamespace AND NOT x.indisvalid`, name).Scan(&invalid)
	if err != nil {
		return fmt.Errorf("look for invalid indexes: %w", err)
	}
	if invalid != "" {
		note("invalid, as a build was stopped: " + invalid + "; `chefcloud indexes apply` repairs what is declared or was reindexed, `chefcloud indexes verify` names the rest")
	}
	return nil
}
