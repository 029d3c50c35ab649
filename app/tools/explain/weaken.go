package explain

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Weakening is a worse form of an index that no rule noticed: something in the index that no query needs, or that the rules don't see.
type Weakening struct {
	Index string
	// How it was made worse, such as "without branch_id".
	How string
	// Queries are those that used it.
	Queries []string
}

// String says it in one line.
func (w Weakening) String() string {
	if len(w.Queries) == 0 {
		return w.Index + ": no query uses it"
	}
	return fmt.Sprintf("%s %s: no rule is broken by %s", w.Index, w.How, strings.Join(w.Queries, ", "))
}

// form is an index as it is declared.
type form struct {
	Name, Table, Method string
	// Keys have their direction; Includes are further columns.
	Keys, Includes []string
	Condition      string
}

func (f form) create(keys, includes []string) string {
	text := fmt.Sprintf("CREATE INDEX %s ON %s USING %s (%s)", pgx.Identifier{f.Name}.Sanitize(), pgx.Identifier{f.Table}.Sanitize(), f.Method, strings.Join(keys, ", "))
	if len(includes) > 0 {
		text += " INCLUDE (" + strings.Join(includes, ", ") + ")"
	}
	if f.Condition != "" {
		text += " WHERE " + f.Condition
	}
	return text
}

// weaker are worse forms, by how they are made. An empty one has no index at all.
func (f form) weaker() map[string]string {
	without := func(all []string, i int) []string { return slices.Delete(slices.Clone(all), i, i+1) }
	forms := map[string]string{"dropped": ""}
	if len(f.Keys) > 1 {
		for i, key := range f.Keys {
			forms["without "+key] = f.create(without(f.Keys, i), f.Includes)
		}
		turned := slices.Clone(f.Keys)
		slices.Reverse(turned)
		forms["with its columns the other way round"] = f.create(turned, f.Includes)
	}
	for i, column := range f.Includes {
		forms["without the included "+column] = f.create(f.Keys, without(f.Includes, i))
	}
	return forms
}

// forms are the indexes that don't keep rows unique.
func (r *Runner) forms(ctx context.Context) ([]form, error) {
	rows, err := r.Conn.Query(ctx, `SELECT i.relname, t.relname, m.amname,
			ARRAY(SELECT pg_get_indexdef(i.oid, k, false) || CASE x.indoption[k - 1] & 3 WHEN 0 THEN '' WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' ELSE ' DESC' END
				FROM generate_series(1, x.indnkeyatts) k ORDER BY k),
			ARRAY(SELECT pg_get_indexdef(i.oid, k, false) FROM generate_series(x.indnkeyatts + 1, x.indnatts) k ORDER BY k),
			coalesce(pg_get_expr(x.indpred, x.indrelid), '')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_am m ON m.oid = i.relam
		WHERE i.relnamespace = 'public'::regnamespace AND NOT x.indisunique AND x.indisvalid ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[form])
}

// Weaken makes each index worse in a transaction that is rolled back, which locks its table meanwhile: without a column, with its columns in
// another order, and not there at all. It returns what no rule noticed, for the queries that used the index when measured.
func (r *Runner) Weaken(ctx context.Context, book Book, measured []Measured) ([]Weakening, error) {
	forms, err := r.forms(ctx)
	if err != nil {
		return nil, err
	}
	var unnoticed []Weakening
	for _, f := range forms {
		var users []Measured
		var names []string
		for _, m := range measured {
			if m.Kind != "custom" || !m.uses(f.Name) {
				continue
			}
			same := func(u Measured) bool { return u.Query.Name == m.Query.Name && u.Tenant == m.Tenant }
			users = append(slices.DeleteFunc(users, same), m) // of the last size
			if !slices.Contains(names, m.Query.Name) {
				names = append(names, m.Query.Name)
			}
		}
		weaker := f.weaker()
		for _, how := range slices.Sorted(maps.Keys(weaker)) {
			create := weaker[how]
			noticed := false
			if len(users) > 0 {
				if noticed, err = r.notices(ctx, book, f.Name, create, users); err != nil {
					return nil, fmt.Errorf("%s %s: %w", f.Name, how, err)
				}
			}
			if !noticed {
				unnoticed = append(unnoticed, Weakening{Index: f.Name, How: how, Queries: names})
			}
			if len(users) == 0 {
				break
			}
		}
	}
	return unnoticed, nil
}

// notices reports whether queries break a rule with another form of an index.
func (r *Runner) notices(ctx context.Context, book Book, index, create string, users []Measured) (bool, error) {
	tx, err := r.Conn.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // that is what it is for
	if _, err := tx.Exec(ctx, "DROP INDEX "+pgx.Identifier{index}.Sanitize()); err != nil {
		return false, err
	}
	if create != "" {
		if _, err := tx.Exec(ctx, create); err != nil {
			return false, err
		}
	}
	worse := *r
	worse.within = tx
	byQuery := make(map[string][]Measured)
	var queries []Query
	for _, u := range users {
		worse.Catalog = u.Catalog
		measured, err := worse.Run(ctx, u.Query, u.Tenant, u.Size)
		if err != nil { // such as one that takes too long now
			return ctx.Err() == nil, ctx.Err()
		}
		if byQuery[u.Query.Name] == nil {
			queries = append(queries, u.Query)
		}
		byQuery[u.Query.Name] = append(byQuery[u.Query.Name], measured...)
	}
	for _, q := range queries {
		of := make(Book)
		if e, ok := book.Of(q); ok {
			of[q.File] = map[string]Expectation{q.Name: e}
		}
		if len(Judge([]Query{q}, of, byQuery[q.Name])) > 0 {
			return true, nil
		}
	}
	return false, nil
}
