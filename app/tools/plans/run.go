package plans

import (
	"context"
	"fmt"
	"io"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// leastRows is how many rows a table must have for a plan to prove something.
const leastRows = 100

// Options say what is run.
type Options struct {
	Book     explain.Book
	Progress io.Writer
	Queries  []explain.Query
	Scale    Scale
	// StatementTimeout in ms.
	StatementTimeout int
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
	v.Findings = append(v.Findings, explain.Judge(o.Queries, o.Book, v.Measured)...)
	return v, nil
}

func say(to io.Writer, line string) { _, _ = fmt.Fprintln(to, line) }

func measure(ctx context.Context, db *postgres.DB, o Options, size string, v *explain.Verdict) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	catalog, found, err := explain.ReadCatalog(ctx, conn.Conn(), o.Queries, leastRows, Small)
	if err != nil {
		return err
	}
	v.Findings = append(v.Findings, found...)
	runner := explain.Runner{Catalog: catalog, Conn: conn.Conn(), Parameters: Parameters(conn.Conn()), StatementTimeout: o.StatementTimeout}
	for _, q := range o.Queries {
		for _, t := range Tenants {
			measured, err := runner.Run(ctx, q, t, size)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				v.Findings = append(v.Findings, explain.Finding{Query: q.Name, Case: t.Name + " " + size, Rule: explain.RuleFailed, Found: err.Error()})
				continue
			}
			v.Measured = append(v.Measured, measured...)
		}
	}
	return nil
}
