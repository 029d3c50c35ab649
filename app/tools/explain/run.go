package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// executionsBeforeGeneric is after how many executions PostgreSQL considers a generic plan.
const executionsBeforeGeneric = 5

// refusals are the classes of errors by which the data refuses a write: cardinality, values, integrity.
var refusals = []string{"21", "22", "23"}

// Measured is one execution of a query.
type Measured struct {
	Query  Query
	Tenant Tenant
	// Kind is custom, or generic if PostgreSQL chose a plan without values by itself; sixth if it stayed with custom ones.
	Kind string
	// Size is the name of the state of the data.
	Size string
	Plan *Plan
	// Analyzed says that it ran. A write that the data refuses, such as an identifier that is taken, is planned only.
	Analyzed bool
	// Refused is how the data refused it.
	Refused string
	// Values are the parameters, as they were executed.
	Values string
	// Catalog is what the database was like.
	Catalog *Catalog
}

// Case names what was run.
func (m Measured) Case() string {
	return strings.Join([]string{m.Tenant.Name, m.Kind, m.Size}, " ")
}

// Runner runs queries on a database.
type Runner struct {
	Conn       *pgx.Conn
	Parameters Parameters
	// ReadOnly runs what reads in read-only transactions, and doesn't execute what writes.
	ReadOnly bool
	Catalog  *Catalog
	// StatementTimeout in ms bounds each execution.
	StatementTimeout int

	statements int
	// within is the transaction in which all happens, if there is one.
	within pgx.Tx
}

// Run measures a query for a tenant: its first execution and its sixth.
func (r *Runner) Run(ctx context.Context, q Query, t Tenant, size string) ([]Measured, error) {
	execute, done, err := r.prepare(ctx, q, t)
	if err != nil {
		return nil, err
	}
	defer done()
	m := Measured{Query: q, Tenant: t, Size: size, Values: execute, Kind: "custom", Catalog: r.Catalog}
	if m.Plan, m.Refused, err = r.explain(ctx, q, execute); err != nil {
		return nil, fmt.Errorf("%s for the %s tenant: %w", q.Name, t.Name, err)
	}
	m.Analyzed = m.Refused == ""
	measured := []Measured{m}
	for range executionsBeforeGeneric - 1 {
		if _, err := r.plan(ctx, "EXPLAIN (FORMAT JSON) "+execute, true); err != nil {
			return nil, err
		}
	}
	if m.Plan, m.Refused, err = r.explain(ctx, q, execute); err != nil {
		return nil, err
	}
	m.Analyzed = m.Refused == ""
	m.Kind = "sixth"
	err = r.Conn.QueryRow(ctx, "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE name = $1", r.name()).Scan(&m.Plan.generic)
	if err != nil {
		return nil, fmt.Errorf("ask for the plans of %s: %w", q.Name, err)
	}
	if m.Plan.generic {
		m.Kind = "generic"
	}
	return append(measured, m), nil
}

// name is that of the statement that was prepared last.
func (r *Runner) name() string { return fmt.Sprintf("explain_%d", r.statements) }

// prepare prepares a query, and returns what executes it with a tenant's values.
func (r *Runner) prepare(ctx context.Context, q Query, t Tenant) (execute string, done func(), err error) {
	r.statements++
	name := r.name()
	prepared, err := r.Conn.Prepare(ctx, name, q.SQL)
	if err != nil {
		return "", nil, fmt.Errorf("prepare %s: %w", q.Name, err)
	}
	done = func() { _ = r.Conn.Deallocate(ctx, name) } // the connection ends with the run
	types, err := r.types(ctx, prepared.ParamOIDs)
	if err != nil {
		return "", nil, err
	}
	values, err := r.Parameters.Values(ctx, q, t, types)
	if err != nil {
		return "", nil, fmt.Errorf("parameters of %s: %w", q.Name, err)
	}
	if len(values) == 0 {
		return "EXECUTE " + name, done, nil
	}
	literals, err := r.evaluate(ctx, values, types)
	if err != nil {
		return "", nil, fmt.Errorf("parameters of %s: %w", q.Name, err)
	}
	return "EXECUTE " + name + "(" + strings.Join(literals, ", ") + ")", done, nil
}

// types are the names of types that cut nothing: character would be character(1), so it is bpchar.
func (r *Runner) types(ctx context.Context, oids []uint32) ([]string, error) {
	types := make([]string, len(oids))
	for i, oid := range oids {
		if err := r.Conn.QueryRow(ctx, "SELECT format_type($1, -1)", oid).Scan(&types[i]); err != nil {
			return nil, err
		}
	}
	return types, nil
}

// evaluate turns expressions into literals: EXECUTE takes no subqueries.
func (r *Runner) evaluate(ctx context.Context, values, types []string) ([]string, error) {
	literals := make([]string, len(values))
	for i, value := range values {
		var literal string
		if err := r.Conn.QueryRow(ctx, "SELECT quote_nullable(("+value+")::text)").Scan(&literal); err != nil {
			return nil, fmt.Errorf("$%d %s: %w", i+1, value, err)
		}
		literals[i] = literal + "::" + types[i]
	}
	return literals, nil
}

// explain executes and measures; a write that the data refuses is planned only.
func (r *Runner) explain(ctx context.Context, q Query, execute string) (p *Plan, refused string, err error) {
	refused = "writes aren't executed"
	if !r.ReadOnly || !q.Writes() {
		p, err = r.plan(ctx, "EXPLAIN (ANALYZE, BUFFERS, SETTINGS, FORMAT JSON) "+execute, r.ReadOnly)
		if err == nil {
			return p, "", nil
		}
		var refusal *pgconn.PgError
		if !errors.As(err, &refusal) || !q.Writes() || !slices.Contains(refusals, refusal.Code[:2]) {
			return nil, "", err
		}
		refused = strings.TrimSpace(refusal.Message + " " + refusal.Detail)
	}
	p, err = r.plan(ctx, "EXPLAIN (SETTINGS, FORMAT JSON) "+execute, true)
	return p, refused, err
}

// plan explains in a transaction that is rolled back.
func (r *Runner) plan(ctx context.Context, explain string, readOnly bool) (*Plan, error) {
	begin := r.Conn.Begin
	if r.within != nil {
		begin = r.within.Begin // a savepoint
	}
	tx, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // that is what it is for
	guard := fmt.Sprintf("SET LOCAL statement_timeout = %d", r.StatementTimeout)
	if readOnly {
		guard += "; SET LOCAL transaction_read_only = on"
	}
	if _, err := tx.Exec(ctx, guard); err != nil {
		return nil, err
	}
	var text []byte
	if err := tx.QueryRow(ctx, explain, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
		return nil, err
	}
	return ParsePlan(text)
}
