package explain

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
)

// Tenant is one of the parameter sets for which a query is run.
type Tenant struct {
	// Name is shown: small, typical, large.
	Name string
	// ID is the value of the tenant column.
	ID string
	// Open leaves optional filters empty, see [Query.Optional].
	Open bool
}

// Parameters gives the values of a query's parameters for a tenant, each as an SQL expression without columns or subqueries. types are
// the parameters' types as PostgreSQL names them.
type Parameters interface {
	Values(ctx context.Context, q Query, t Tenant, types []string) ([]string, error)
}

// sampled is how many rows an array parameter is taken from.
const sampled = 20

// Sampler takes values from a tenant's rows in the tables that the query names: a parameter OrderID or OrderIds from a column order_id, or
// id where there is none; values of one table come from the same rows. It serves a schema in which a column holds the tenant.
type Sampler struct {
	Conn *pgx.Conn
	// Column holds the tenant.
	Column string
	// Fixed are expressions by `Query.Argument`, `Argument`, or type, in this precedence; %s is the tenant's id. They come before what rows have,
	// but those by type.
	Fixed map[string]string
	// Named are expressions of a table's columns by `Query.Argument`, as `table.expression`, for arguments that aren't called as their column.
	Named map[string]string
	// Rows are conditions by `Query.table` on the rows that values are taken from.
	Rows map[string]string

	columns map[string][]string // of each table
	keys    map[string]string   // the last column of each table's primary key, if it refers to no other table
	cache   map[string]string
	made    int
}

// Values implements [Parameters].
func (s *Sampler) Values(ctx context.Context, q Query, t Tenant, types []string) ([]string, error) {
	if s.columns == nil {
		if err := s.learn(ctx); err != nil {
			return nil, err
		}
	}
	tables := s.tables(q.SQL)
	values := make([]string, len(types))
	open := q.Optional()
	for i, kind := range types {
		if t.Open && slices.Contains(open, i+1) {
			values[i] = "''::" + kind
			continue
		}
		argument := ""
		if i < len(q.Arguments) {
			argument = q.Arguments[i]
		}
		value, err := s.value(ctx, q, t, tables, argument, kind)
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}

func (s *Sampler) learn(ctx context.Context) error {
	s.columns, s.keys, s.cache = make(map[string][]string), make(map[string]string), make(map[string]string)
	rows, err := s.Conn.Query(ctx, `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`)
	if err != nil {
		return err
	}
	var table, column string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		s.columns[table] = append(s.columns[table], column)
		return nil
	})
	if err != nil {
		return err
	}
	if rows, err = s.Conn.Query(ctx, `SELECT x.indrelid::regclass::text, a.attname FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[x.indnkeyatts - 1]
		WHERE x.indisprimary AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = x.indrelid AND a.attnum = ANY (f.conkey))`); err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		s.keys[table] = column
		return nil
	})
	return err
}

var (
	inserted   = regexp.MustCompile(`(?i)INSERT\s+INTO\s+(\w+)`)
	conflicted = regexp.MustCompile(`(?i)ON\s+CONFLICT\s*\(([^)]*)\)`)
)

// fresh are the arguments of an insert that need values that no row has, by the ends of the primary keys; NextTokenHash rather than TokenHash.
func (s *Sampler) fresh(q Query) []string {
	var found []string
	for _, match := range inserted.FindAllStringSubmatch(q.SQL, -1) {
		argument := ""
		if on := conflicted.FindStringSubmatch(q.SQL); on != nil && slices.Contains(word.FindAllString(on[1], -1), s.keys[match[1]]) {
			continue // one that is there is meant
		}
		for _, a := range q.Arguments {
			if names := candidates(a); slices.Contains(names, s.keys[match[1]]) && (argument == "" || len(a) > len(argument)) {
				argument = a
			}
		}
		if argument != "" {
			found = append(found, argument)
		}
	}
	return found
}

// unused is a value, or several, that no row has; "" for a type that has few.
func (s *Sampler) unused(kind string) string {
	s.made++
	element, array := strings.CutSuffix(kind, "[]")
	var value string
	switch element {
	case "text", "character varying":
		value = fmt.Sprintf("'unused_%d_' || g", s.made)
	case "date", "timestamp with time zone", "timestamp without time zone":
		value = fmt.Sprintf("date '2100-01-01' + %d + g", s.made*sampled)
	case "bigint", "integer", "numeric":
		value = fmt.Sprintf("1000000 + %d + g", s.made*sampled)
	case "smallint":
		value = fmt.Sprintf("10000 + %d + g", s.made*sampled)
	case "bytea":
		value = fmt.Sprintf("decode(md5('%d ' || g), 'hex')", s.made)
	case "uuid":
		value = "gen_random_uuid()"
	default:
		return ""
	}
	if array {
		return fmt.Sprintf("ARRAY(SELECT (%s)::%s FROM generate_series(1, %d) g)", value, element, sampled)
	}
	return fmt.Sprintf("(SELECT (%s)::%s FROM generate_series(1, 1) g)", value, kind)
}

var word = regexp.MustCompile(`\w+`)

// named is a table where a statement says what it reads or writes.
var named = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(\w+)`)

// tables are those that a statement names, in its sequence. A word elsewhere may be a column that is called as a table, so it comes last.
func (s *Sampler) tables(sql string) []string {
	var words, found []string
	for _, match := range named.FindAllStringSubmatch(sql, -1) {
		words = append(words, match[1])
	}
	for _, w := range append(words, word.FindAllString(sql, -1)...) {
		if s.columns[w] != nil && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	return found
}

// positions are the words that say from where to go on, before the name of the column.
var positions = []string{"before_", "after_", "from_", "to_", "next_", "since_", "until_"}

func (s *Sampler) value(ctx context.Context, q Query, t Tenant, tables []string, argument, kind string) (string, error) {
	for _, key := range []string{q.Name + "." + argument, argument} {
		if fixed, ok := s.Fixed[key]; ok {
			return fill(fixed, t, kind), nil
		}
	}
	if named, ok := s.Named[q.Name+"."+argument]; ok {
		table, expression, _ := strings.Cut(named, ".")
		if value, err := s.sample(ctx, q, t, table, expression, kind); err != nil || value != "" {
			return value, err
		}
	}
	names := candidates(argument)
	for _, c := range names { // prices of rows are unit_price, dates of days business_date
		if c == s.Column {
			return fill("'%s'", t, kind), nil
		}
	}
	if slices.Contains(s.fresh(q), argument) {
		if value := s.unused(kind); value != "" {
			return value, nil
		}
	}
	for _, c := range names {
		for _, table := range tables {
			if !slices.Contains(s.columns[table], c) {
				continue
			}
			value, err := s.sample(ctx, q, t, table, c, kind)
			if err != nil || value != "" {
				return value, err
			}
		}
	}
	if fixed, ok := s.Fixed[kind]; ok {
		return fill(fixed, t, kind), nil
	}
	return plain(kind), nil
}

// candidates are the columns that an argument may be of: BeforeItemIds of before_item_ids, item_ids, before_item_id and item_id.
func candidates(argument string) []string {
	name := snake(argument)
	names := []string{name}
	for _, position := range positions {
		if rest, ok := strings.CutPrefix(name, position); ok {
			names = append(names, rest)
		}
	}
	for _, c := range slices.Clone(names) {
		names = append(names, singular(c), strings.Replace(c, "s_", "_", 1))
	}
	return names
}

// fill puts the tenant into an expression, and repeats it for an array.
func fill(expression string, t Tenant, kind string) string {
	value := strings.ReplaceAll(expression, "%s", t.ID)
	if element, array := strings.CutSuffix(kind, "[]"); array && !strings.Contains(value, "[]") {
		return fmt.Sprintf("array_fill(%s::%s, ARRAY[%d])", value, element, sampled)
	}
	return value + "::" + kind
}

// sample returns what the tenant's rows have in a column, "" if that isn't of the kind or there are none. Rows in the middle are taken:
// the first and the last are often special. An array has what is different in all rows, but for a write that puts arrays side by side: then
// they are of the same rows.
func (s *Sampler) sample(ctx context.Context, q Query, t Tenant, table, column, kind string) (string, error) {
	array := strings.HasSuffix(kind, "[]")
	together := array && q.Writes() && strings.Contains(q.SQL, "unnest(")
	key := fmt.Sprint(t.ID, table, column, kind, together, s.Rows[q.Name+"."+table])
	if value, ok := s.cache[key]; ok {
		return value, nil
	}
	where := ""
	if slices.Contains(s.columns[table], s.Column) {
		where = fmt.Sprintf("WHERE %s = '%s'", s.Column, t.ID)
	}
	if condition, ok := s.Rows[q.Name+"."+table]; ok {
		where = strings.TrimSuffix("WHERE "+condition+" AND "+strings.TrimPrefix(where, "WHERE "), " AND ")
	}
	chosen := fmt.Sprintf(`(SELECT %[1]s AS value FROM %[2]s %[3]s ORDER BY %[4]s OFFSET (SELECT least(count(*) / 2, greatest(count(*) - %[5]d, 0)) FROM %[2]s %[3]s) LIMIT %[5]d) chosen`,
		column, table, where, strings.Join(s.columns[table][:min(3, len(s.columns[table]))], ", "), sampled)
	query := "SELECT quote_literal(value::text) FROM " + chosen + " LIMIT 1"
	switch {
	case together:
		query = "SELECT quote_literal(array_agg(coalesce(value::text, ''))::text) FROM " + chosen
	case array: // with that of the row that others are of
		query = fmt.Sprintf(`SELECT quote_literal(array_agg(coalesce(value, ''))::text) FROM (
			(SELECT value::text FROM %[5]s LIMIT 1) UNION (SELECT DISTINCT %[1]s::text FROM %[2]s %[3]s ORDER BY 1 LIMIT %[4]d)) chosen`,
			column, table, where, sampled, chosen)
	}
	var literal *string
	err := s.Conn.QueryRow(ctx, query).Scan(&literal)
	if err != nil && err != pgx.ErrNoRows { //nolint:errorlint // as it is documented
		return "", fmt.Errorf("sample %s.%s: %w", table, column, err)
	}
	value := ""
	if literal != nil {
		var fits bool
		if err := s.Conn.QueryRow(ctx, "SELECT "+*literal+"::"+kind+" IS NOT NULL").Scan(&fits); err == nil && fits {
			value = *literal + "::" + kind
		}
	}
	s.cache[key] = value
	return value, nil
}

// plain is a value of a type of which nothing is known.
func plain(kind string) string {
	element, array := strings.CutSuffix(kind, "[]")
	value := "'x'"
	switch element {
	case "bigint", "integer", "smallint", "numeric", "double precision", "real":
		value = "50"
	case "boolean":
		value = "false"
	case "date", "timestamp with time zone", "timestamp without time zone", "time without time zone":
		value = "now()"
	case "interval":
		value = "'1 day'"
	case "jsonb", "json":
		value = "'{}'"
	case "uuid":
		value = "'00000000-0000-0000-0000-000000000000'"
	case "bytea":
		value = "''"
	}
	if array {
		return fmt.Sprintf("ARRAY(SELECT %s::%s FROM generate_series(1, %d))::%s", value, element, sampled, kind)
	}
	return value + "::" + kind
}

// snake turns OrderID into order_id.
func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// singular turns item_ids into item_id, batches into batch and categories into category.
func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "uses"), strings.HasSuffix(name, "xes"):
		return strings.TrimSuffix(name, "es")
	default:
		return strings.TrimSuffix(name, "s")
	}
}
