package plans

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// Options say what is run.
type Options struct {
	Book explain.Book
	// Declared are the names of the queries in their files; one that isn't in Queries is a finding.
	Declared []string
	Indexes  explain.Indexes
	Progress io.Writer
	Queries  []explain.Query
	Scale    Scale
	// StatementTimeout in ms.
	StatementTimeout int
	// Tenants are whom the queries run for, by size; [Tenants] if there are none.
	Tenants []explain.Tenant
}

// Effects measures what each index does for the queries that use it.
func Effects(ctx context.Context, db *postgres.DB, o Options, v explain.Verdict) ([]explain.Effect, error) {
	say(o.Progress, "Running queries without their indexes")
	conn, err := db.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	runner := explain.Runner{Conn: conn.Conn(), Parameters: Parameters(conn.Conn()), StatementTimeout: o.StatementTimeout}
	return runner.Effects(ctx, v.Measured)
}

// Weaken makes each index worse and returns what no rule noticed.
func Weaken(ctx context.Context, db *postgres.DB, o Options, v explain.Verdict) ([]explain.Weakening, error) {
	say(o.Progress, "Making indexes worse")
	conn, err := db.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	runner := explain.Runner{Conn: conn.Conn(), Parameters: Parameters(conn.Conn()), StatementTimeout: o.StatementTimeout}
	return runner.Weaken(ctx, o.Book, v.Measured)
}

// Run fills an empty database, and measures all queries for all tenants, before and after the others came.
func Run(ctx context.Context, db *postgres.DB, o Options) (explain.Verdict, error) {
	var v explain.Verdict
	say(o.Progress, "Making the data")
	if err := Make(ctx, db, o.Scale, io.Discard); err != nil {
		return v, fmt.Errorf("make data: %w", err)
	}
	say(o.Progress, "Running the queries")
	if err := measure(ctx, db, o, "before", &v); err != nil {
		return v, err
	}
	say(o.Progress, "Making the database larger")
	if err := Grow(ctx, db, o.Scale); err != nil {
		return v, fmt.Errorf("make more data: %w", err)
	}
	say(o.Progress, "Running the queries again")
	if err := measure(ctx, db, o, "after", &v); err != nil {
		return v, err
	}
	if err := readIndexes(ctx, db, &v); err != nil {
		return v, err
	}
	Judge(o, &v)
	return v, nil
}

// Judge compares what was measured with the book and the indexes of the options.
func Judge(o Options, v *explain.Verdict) {
	v.Findings = slices.Concat(v.Failed, explain.Missing(o.Declared, o.Queries), explain.Judge(o.Queries, o.Book, v.Measured), explain.JudgeIndexes(o.Book, o.Indexes, v.Indexes))
}

// Look measures all queries on a database that others use, such as staging: nothing is written, and what would write is planned only. Plans are
// of other data than the baselines, so only the rules are judged.
func Look(ctx context.Context, db *postgres.DB, o Options) (explain.Verdict, error) {
	var v explain.Verdict
	if len(o.Tenants) == 0 {
		return v, errors.New("name the organisations to look at")
	}
	for _, t := range o.Tenants {
		var known bool
		if err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM organisations WHERE org_id = $1)", t.ID).Scan(&known); err != nil {
			return v, fmt.Errorf("look for %s: %w", t.ID, err)
		}
		if !known { // no query would find anything, and every budget hold
			return v, fmt.Errorf("there is no organisation %s", t.ID)
		}
	}
	if err := measure(ctx, db, o, "as it is", &v); err != nil {
		return v, err
	}
	if err := readIndexes(ctx, db, &v); err != nil {
		return v, err
	}
	Judge(o, &v)
	v.Findings = slices.DeleteFunc(v.Findings, func(f explain.Finding) bool {
		return f.Rule == explain.RulePlan || f.Rule == explain.RuleEmpty || f.Rule == explain.RulePlanned
	})
	return v, nil
}

func readIndexes(ctx context.Context, db *postgres.DB, v *explain.Verdict) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if v.Indexes, err = explain.ReadIndexes(ctx, conn.Conn()); err != nil {
		return fmt.Errorf("read indexes: %w", err)
	}
	return nil
}

func say(to io.Writer, line string) { _, _ = fmt.Fprintln(to, line) }

func measure(ctx context.Context, db *postgres.DB, o Options, size string, v *explain.Verdict) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	catalog, found, err := explain.ReadCatalog(ctx, conn.Conn(), o.Queries, explain.LargeRows, Small)
	if err != nil {
		return err
	}
	v.Failed = append(v.Failed, found...)
	tenants := o.Tenants
	if len(tenants) == 0 {
		tenants = Tenants
	}
	readOnly := len(o.Tenants) > 0
	if readOnly {
		for name, source := range catalog.Forced { // the server's owner chose what its database and users have
			if source != "session" && source != "client" {
				delete(catalog.Forced, name)
			}
		}
		// what looks for parameters is held to the same as the queries
		if _, err := conn.Exec(ctx, fmt.Sprintf("SET default_transaction_read_only = on; SET statement_timeout = %d", o.StatementTimeout)); err != nil {
			return err
		}
		defer conn.Exec(context.WithoutCancel(ctx), "RESET default_transaction_read_only; RESET statement_timeout") //nolint:errcheck // the connection goes with the run
	}
	runner := explain.Runner{ReadOnly: readOnly, Catalog: catalog, Conn: conn.Conn(), Parameters: Parameters(conn.Conn()), StatementTimeout: o.StatementTimeout}
	for _, q := range o.Queries {
		for _, t := range tenants {
			if t.Open && len(q.Optional()) == 0 {
				continue
			}
			measured, err := runner.Run(ctx, q, t, size)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				v.Failed = append(v.Failed, explain.Finding{Query: q.Name, Case: t.Name + " " + size, Rule: explain.RuleFailed, Found: err.Error()})
				continue
			}
			v.Measured = append(v.Measured, measured...)
		}
	}
	return nil
}
