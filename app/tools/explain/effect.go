package explain

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// repeats is how often a query runs with an index and without; the quickest counts.
const repeats = 3

// Effect is what an index does for a query, for the largest tenant for whom the query uses it.
type Effect struct {
	Index string `json:"index"`
	Table string `json:"table"`
	Query string `json:"query"`
	// Tenant is its name.
	Tenant string `json:"tenant"`
	// Bytes is the size of the index.
	Bytes int64 `json:"bytes"`
	// Milliseconds and pages with the index, and without it.
	With         float64 `json:"withMs"`
	Without      float64 `json:"withoutMs"`
	PagesWith    int64   `json:"pagesWith"`
	PagesWithout int64   `json:"pagesWithout"`
}

// Faster is how many times faster the query is with the index.
func (e Effect) Faster() float64 { return e.Without / max(e.With, 0.001) }

// Effects runs the queries that use an index with it and without: it is dropped in a transaction that is rolled back, which locks its table
// meanwhile. Indexes that keep rows unique are left out: they aren't there for speed.
func (r *Runner) Effects(ctx context.Context, measured []Measured) ([]Effect, error) {
	rows, err := r.Conn.Query(ctx, `SELECT i.relname, t.relname, pg_relation_size(i.oid) FROM pg_index x
		JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		WHERE i.relnamespace = 'public'::regnamespace AND NOT x.indisunique AND x.indisvalid ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	indexes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Effect, error) {
		var e Effect
		return e, row.Scan(&e.Index, &e.Table, &e.Bytes)
	})
	if err != nil {
		return nil, err
	}
	var effects []Effect
	for _, index := range indexes {
		users := make(map[string]Measured) // tenants come by size, and the last state of the data is the one that is there
		for _, m := range measured {
			if m.Kind == "custom" && m.Analyzed && m.uses(index.Index) {
				users[m.Query.Name] = m
			}
		}
		of, err := r.effects(ctx, index, users)
		if err != nil {
			return nil, fmt.Errorf("effect of %s: %w", index.Index, err)
		}
		effects = append(effects, of...)
	}
	return effects, nil
}

func (m Measured) uses(index string) bool {
	for n := range m.Plan.Nodes() {
		if n.Index == index {
			return true
		}
	}
	return false
}

func (r *Runner) effects(ctx context.Context, index Effect, users map[string]Measured) ([]Effect, error) {
	var effects []Effect
	executes := make(map[string]string)
	for name, m := range users {
		execute, done, err := r.prepare(ctx, m.Query, m.Tenant)
		if err != nil {
			return nil, err
		}
		defer done()
		executes[name] = execute
		e := index
		e.Query, e.Tenant = name, m.Tenant.Name
		if e.With, e.PagesWith, err = r.quickest(ctx, m.Query, execute); err != nil {
			return nil, err
		}
		effects = append(effects, e)
	}
	tx, err := r.Conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // that is what it is for
	if _, err := tx.Exec(ctx, "DROP INDEX "+pgx.Identifier{index.Index}.Sanitize()); err != nil {
		return nil, err
	}
	without := *r
	without.within = tx
	for i := range effects {
		e := &effects[i]
		if e.Without, e.PagesWithout, err = without.quickest(ctx, users[e.Query].Query, executes[e.Query]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(effects, func(a, b Effect) int { return int(b.Faster()*1000) - int(a.Faster()*1000) })
	return effects, nil
}

// quickest returns the time of the quickest of several executions.
func (r *Runner) quickest(ctx context.Context, q Query, execute string) (milliseconds float64, touched int64, err error) {
	for i := range repeats {
		p, _, err := r.explain(ctx, q, execute)
		if err != nil {
			return 0, 0, err
		}
		if i == 0 || p.Execution < milliseconds {
			milliseconds, touched = p.Execution, p.Buffers()
		}
	}
	return milliseconds, touched, nil
}
