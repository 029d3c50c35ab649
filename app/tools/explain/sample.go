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

	columns map[string][]string // of each table, with their types as `name type`
	cache   map[string]string
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
	s.columns, s.cache = make(map[string][]string), make(map[string]string)
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
	return err
}

var word = regexp.MustCompile(`\w+`)

// tables are those that a statement names, in its sequence.
func (s *Sampler) tables(sql string) []string {
	var found []string
	for _, w := range word.FindAllString(sql, -1) {
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
	name, array := snake(argument), strings.HasSuffix(kind, "[]")
	candidates := []string{name}
	for _, position := range positions {
		if rest, ok := strings.CutPrefix(name, position); ok {
			candidates = append(candidates, rest)
		}
	}
	if array {
		for _, c := range slices.Clone(candidates) {
			candidates = append(candidates, singular(c))
		}
	}
	for _, c := range candidates { // prices of rows are unit_price, dates of days business_date
		if c == s.Column {
			return "'" + t.ID + "'::" + kind, nil
		}
	}
	for _, c := range candidates {
		for _, table := range tables {
			if !slices.Contains(s.columns[table], c) {
				continue
			}
			value, err := s.sample(ctx, t, table, c, kind, array)
			if err != nil || value != "" {
				return value, err
			}
		}
	}
	if fixed, ok := s.Fixed[kind]; ok {
		return fill(fixed, t, kind), nil
	}
	return plain(kind, array), nil
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
// the first and the last are often special.
func (s *Sampler) sample(ctx context.Context, t Tenant, table, column, kind string, array bool) (string, error) {
	key := strings.Join([]string{t.ID, table, column, kind}, " ")
	if value, ok := s.cache[key]; ok {
		return value, nil
	}
	where := ""
	if slices.Contains(s.columns[table], s.Column) {
		where = fmt.Sprintf("WHERE %s = '%s'", s.Column, t.ID)
	}
	chosen := fmt.Sprintf(`(SELECT %[1]s AS value FROM %[2]s %[3]s ORDER BY %[4]s OFFSET (SELECT count(*) / 2 FROM %[2]s %[3]s) LIMIT %[5]d) chosen`,
		column, table, where, strings.Join(s.columns[table][:min(3, len(s.columns[table]))], ", "), sampled)
	query := "SELECT quote_literal(value::text) FROM " + chosen + " LIMIT 1"
	if array {
		chosen = fmt.Sprintf(`(SELECT DISTINCT %[1]s::text AS value FROM %[2]s %[3]s ORDER BY 1 LIMIT %[4]d) chosen`, column, table, where, sampled)
		query = "SELECT quote_literal(array_agg(coalesce(value::text, ''))::text) FROM " + chosen
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
func plain(kind string, array bool) string {
	element := strings.TrimSuffix(kind, "[]")
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
		return "ARRAY(SELECT " + value + "::" + element + " FROM generate_series(1, 3))::" + kind
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
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "ches"), strings.HasSuffix(name, "uses"):
		return strings.TrimSuffix(name, "es")
	default:
		return strings.TrimSuffix(name, "s")
	}
}
