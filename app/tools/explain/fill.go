package explain

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Filler gives tables rows that nothing else makes, so that plans are of a real size. It is for a database of its own: it drops check
// constraints, because it knows only the lists of values in them, and turns triggers off.
type Filler struct {
	Conn *pgx.Conn
	// Column holds the tenant.
	Column string
	// Now is the latest time of a row.
	Now string
	// Leave are tables that aren't filled.
	Leave []string
	// Values are expressions by `column` or `table.column` for the row of number g, where the type says too little; %s is the tenant's id.
	Values map[string]string
}

// column is one that rows need a value for.
type column struct {
	Name, Type string
	Nullable   bool
	Key        bool // part of the primary key
	Unique     bool // part of a unique index
}

// reference is a foreign key but for the tenant column.
type reference struct {
	Parent           string
	Columns, Targets []string
}

// Fill gives each table at least so many rows of a tenant.
func (f *Filler) Fill(ctx context.Context, t Tenant, rows int) error {
	if _, err := f.Conn.Exec(ctx, "SET session_replication_role = replica"); err != nil {
		return fmt.Errorf("turn triggers off: %w", err)
	}
	defer f.Conn.Exec(ctx, "SET session_replication_role = origin") //nolint:errcheck // the connection is the filler's
	tables, err := f.strings(ctx, `SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		return err
	}
	lists, err := f.lists(ctx)
	if err != nil {
		return err
	}
	done := make(map[string]bool)
	circle := false // foreign keys go round: then any table is as good as another
	for len(done) < len(tables) {
		before := len(done)
		for _, table := range tables {
			if done[table] {
				continue
			}
			references, err := f.references(ctx, table)
			if err != nil {
				return err
			}
			if !circle && slices.ContainsFunc(references, func(r reference) bool { return r.Parent != table && !done[r.Parent] }) {
				continue
			}
			circle = false
			if !slices.Contains(f.Leave, table) {
				if err := f.table(ctx, t, table, rows, references, lists); err != nil {
					return fmt.Errorf("fill %s: %w", table, err)
				}
			}
			done[table] = true
		}
		circle = len(done) == before
	}
	return nil
}

func (f *Filler) strings(ctx context.Context, query string, arguments ...any) ([]string, error) {
	rows, err := f.Conn.Query(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

var listed = regexp.MustCompile(`\(?\(?(\w+)\)?(?:::text)? = ANY \(\(?ARRAY\[([^\]]*)\]`)

// lists are the values that check constraints allow, by `table.column`. The constraints are dropped.
func (f *Filler) lists(ctx context.Context) (map[string]string, error) {
	rows, err := f.Conn.Query(ctx, `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
		WHERE contype = 'c' AND connamespace = 'public'::regnamespace`)
	if err != nil {
		return nil, err
	}
	lists := make(map[string]string)
	var table, name, definition string
	var drops []string
	if _, err := pgx.ForEachRow(rows, []any{&table, &name, &definition}, func() error {
		drops = append(drops, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, pgx.Identifier{name}.Sanitize()))
		if match := listed.FindStringSubmatch(definition); match != nil {
			lists[table+"."+match[1]] = "ARRAY[" + match[2] + "]"
			drops[len(drops)-1] = "" // it does no harm, and is needed again
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, drop := range drops {
		if drop == "" {
			continue
		}
		if _, err := f.Conn.Exec(ctx, drop); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

func (f *Filler) references(ctx context.Context, table string) ([]reference, error) {
	rows, err := f.Conn.Query(ctx, `SELECT confrelid::regclass::text,
		(SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(conkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.attnum),
		(SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(confkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = confrelid AND a.attnum = k.attnum)
		FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND conrelid = $1::regclass`, table)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[reference])
	for i := range found {
		at := slices.Index(found[i].Columns, f.Column)
		if at >= 0 {
			found[i].Columns, found[i].Targets = slices.Delete(found[i].Columns, at, at+1), slices.Delete(found[i].Targets, at, at+1)
		}
	}
	return found, err
}

func (f *Filler) columns(ctx context.Context, table string) ([]column, error) {
	rows, err := f.Conn.Query(ctx, `SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
		EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
		EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY (i.indkey))
		FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
		ORDER BY a.attnum`, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[column])
}

// table adds what a table lacks.
func (f *Filler) table(ctx context.Context, t Tenant, table string, rows int, references []reference, lists map[string]string) error {
	columns, err := f.columns(ctx, table)
	if err != nil {
		return err
	}
	where := ""
	if slices.ContainsFunc(columns, func(c column) bool { return c.Name == f.Column }) {
		where = fmt.Sprintf(" WHERE %s = '%s'", f.Column, t.ID)
	}
	var have int
	if err := f.Conn.QueryRow(ctx, "SELECT count(*) FROM "+table+where).Scan(&have); err != nil || have >= rows {
		return err
	}
	values := make(map[string]string)
	var parents strings.Builder
	for i, r := range references {
		if r.Parent == table || len(r.Columns) == 0 {
			continue
		}
		from := r.Parent
		if parent, err := f.columns(ctx, r.Parent); err != nil {
			return err
		} else if slices.ContainsFunc(parent, func(c column) bool { return c.Name == f.Column }) {
			from += fmt.Sprintf(" WHERE %s = '%s'", f.Column, t.ID)
		}
		targets := strings.Join(r.Targets, ", ")
		_, _ = fmt.Fprintf(&parents, " LEFT JOIN (SELECT %[1]s, row_number() OVER (ORDER BY %[1]s) - 1 AS n FROM %[2]s) p%[3]d ON p%[3]d.n = g %% greatest((SELECT count(*) FROM %[2]s), 1)", targets, from, i)
		for k, name := range r.Columns {
			values[name] = fmt.Sprintf("p%d.%s", i, r.Targets[k])
		}
	}
	names, expressions := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i] = pgx.Identifier{c.Name}.Sanitize()
		switch {
		case c.Name == f.Column:
			expressions[i] = "'" + t.ID + "'"
		case values[c.Name] != "":
			expressions[i] = values[c.Name]
		case lists[table+"."+c.Name] != "":
			l := lists[table+"."+c.Name]
			expressions[i] = fmt.Sprintf("(%s)[1 + g %% cardinality(%s)]", l, l)
		case f.Values[table+"."+c.Name] != "" || f.Values[c.Name] != "":
			expressions[i] = strings.ReplaceAll(cmp.Or(f.Values[table+"."+c.Name], f.Values[c.Name]), "%s", t.ID)
		default:
			expressions[i] = f.value(c)
		}
	}
	from := have
	const attempts = 10 // for some that are there already
	for again := range attempts {
		if have >= rows {
			return nil
		}
		batch := max(rows-have, rows/10)
		added, err := f.Conn.Exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(%d, %d) g CROSS JOIN (SELECT %d AS again) attempt%s ORDER BY g ON CONFLICT DO NOTHING",
			table, strings.Join(names, ", "), strings.Join(expressions, ", "), from+1, from+batch, again, parents.String()))
		if err != nil {
			return err
		}
		from += batch
		have += int(added.RowsAffected())
	}
	return fmt.Errorf("has %d rows of the %s tenant instead of %d: the values of unique columns repeat", have, t.Name, rows)
}

// value is an expression for the g-th row.
func (f *Filler) value(c column) string {
	kind, _, _ := strings.Cut(strings.TrimSuffix(c.Type, "[]"), "(")
	var value string
	switch kind {
	case "text", "character varying", "character":
		value = "'" + strings.TrimSuffix(c.Name, "_id") + "_' || g"
	case "bigint", "integer", "smallint", "numeric", "double precision", "real":
		value = "1 + g % 500"
		if c.Unique {
			value = "g"
		}
	case "boolean":
		value = "g % 3 > 0"
	case "date":
		value = fmt.Sprintf("(%s::timestamptz - (g %% 293 + 293 * again) * interval '1 day')::date", f.Now) // a prime: with the numbers of parents it doesn't come to the same pairs
	case "timestamp with time zone", "timestamp without time zone":
		value = fmt.Sprintf("%s::timestamptz - g %% 300 * interval '1 day' - g * interval '1 second'", f.Now)
	case "jsonb", "json":
		value = "'{}'"
	case "bytea":
		value = "decode(md5(g::text), 'hex')"
	case "uuid":
		value = "gen_random_uuid()"
	default:
		value = "NULL"
	}
	if strings.HasSuffix(c.Type, "[]") {
		value = "'{}'"
	}
	if c.Nullable && !c.Key && c.Type != "jsonb" {
		return "CASE WHEN g / 6 % 2 = 0 THEN (" + value + ")::" + c.Type + " END"
	}
	return "(" + value + ")::" + c.Type
}
