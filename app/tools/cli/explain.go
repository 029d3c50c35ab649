package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/tools/explain"
	"github.com/chefcloud/chefcloud/app/tools/plans"
)

type explainCommand struct {
	Full    bool     `help:"More than ten times the data of the run that is made for every change."`
	Look    string   `placeholder:"URL" help:"Look at a database that others use instead, such as staging: nothing is written."`
	Org     []string `help:"Organisations of that database to run for, the smallest first."`
	Report  string   `default:"reports/perf" help:"Folder for the reports, from the checkout; empty: none."`
	Server  string   `env:"TEST_DATABASE_URL" help:"A PostgreSQL server, on which a database is made for the run and dropped (TEST_DATABASE_URL)."`
	Timeout int      `default:"20000" help:"Milliseconds that one execution may take."`
	Weaken  bool     `help:"Also make each index worse, one column at a time, and print what no rule notices: a column that no query needs, or a rule that is too generous. Takes minutes."`
	Update  bool     `help:"Write what the plans are now beside what they must be, and propose a line for new queries."`
}

// Validate is called by kong.
func (c explainCommand) Validate() error {
	switch {
	case c.Look == "" && c.Server == "":
		return errors.New("set TEST_DATABASE_URL or --server, or run task explain")
	case c.Look != "" && len(c.Org) == 0:
		return errors.New("--look needs --org")
	case c.Look != "" && c.Weaken:
		return errors.New("--weaken drops indexes for a moment, so it works on data that is made for it, not on another database's")
	case c.Look != "" && c.Update:
		return errors.New("--update writes what plans are on the data that is made for it, not on another database's")
	}
	return nil
}

// Run proves all plans.
func (c explainCommand) Run(ctx context.Context) error {
	root, err := checkout()
	if err != nil {
		return err
	}
	options := plans.Options{Progress: os.Stderr, Scale: plans.CI, StatementTimeout: c.Timeout}
	if c.Full {
		options.Scale = plans.Full
	}
	if options.Queries, err = explain.Load(filepath.Join(root, "gen", "sqlc")); err != nil {
		return err
	}
	if options.Declared, err = explain.Declared(filepath.Join(root, "queries")); err != nil {
		return err
	}
	folder := filepath.Join(root, "queries", "plans")
	if options.Book, err = explain.ReadBook(folder); err != nil {
		return err
	}
	if options.Indexes, err = explain.ReadIndexesFile(folder); err != nil {
		return err
	}
	var verdict explain.Verdict
	var report explain.Report
	var sizes []plans.Size
	if c.Look != "" {
		verdict, report, sizes, err = c.look(ctx, options)
	} else {
		verdict, report, sizes, err = c.prove(ctx, options)
	}
	if err != nil {
		return err
	}
	if c.Report != "" {
		if !filepath.IsAbs(c.Report) {
			c.Report = filepath.Join(root, c.Report)
		}
		if err := report.Write(c.Report, plans.Reports); err != nil {
			return err
		}
		if c.Look == "" { // nothing is measured without its index where others work
			if err := plans.WriteNotes(c.Report, report, sizes); err != nil {
				return err
			}
		}
	}
	if c.Update {
		explain.Propose(options.Queries, options.Book, verdict.Measured)
		if err := errors.Join(options.Book.Write(folder), verdict.Indexes.Write(folder, options.Book)); err != nil {
			return err
		}
		options.Indexes = verdict.Indexes
		plans.Judge(options, &verdict)
	}
	if c.Look != "" {
		for _, name := range slices.Sorted(maps.Keys(report.Settings)) {
			fmt.Printf("%s is %s\n", name, report.Settings[name])
		}
	}
	findings := explain.Together(verdict.Findings)
	for _, f := range findings {
		fmt.Println(f)
	}
	fmt.Printf("%d queries, %d plans, %d findings\n", len(options.Queries), len(verdict.Measured), len(findings))
	if len(findings) > 0 {
		return exitCode(1)
	}
	return nil
}

// prove makes a database, and measures what each index does as well.
func (c explainCommand) prove(ctx context.Context, o plans.Options) (v explain.Verdict, r explain.Report, sizes []plans.Size, err error) {
	url, drop, err := plans.Database(ctx, c.Server)
	if err != nil {
		return v, r, nil, err
	}
	defer drop()
	if _, err := schema.Apply(ctx, url, schema.Options{}); err != nil {
		return v, r, nil, err
	}
	db, err := openDatabase(ctx, url)
	if err != nil {
		return v, r, nil, err
	}
	defer db.Close()
	if v, err = plans.Run(ctx, db, o); err != nil {
		return v, r, nil, err
	}
	if c.Weaken {
		unnoticed, err := plans.Weaken(ctx, db, o, v)
		if err != nil {
			return v, r, nil, err
		}
		for _, w := range unnoticed {
			fmt.Println("unnoticed: " + w.String())
		}
		fmt.Printf("%d worse forms of indexes unnoticed\n", len(unnoticed))
	}
	var effects []explain.Effect
	if c.Report != "" {
		if effects, err = plans.Effects(ctx, db, o, v); err != nil {
			return v, r, nil, err
		}
	}
	if sizes, err = plans.Sizes(ctx, db); err != nil {
		return v, r, nil, err
	}
	r, err = newReport(ctx, db, v, effects, o.Scale.Name)
	return v, r, sizes, err
}

func (c explainCommand) look(ctx context.Context, o plans.Options) (v explain.Verdict, r explain.Report, sizes []plans.Size, err error) {
	for _, id := range c.Org {
		o.Tenants = append(o.Tenants, explain.Tenant{ID: id, Name: id})
	}
	db, err := openDatabase(ctx, c.Look)
	if err != nil {
		return v, r, nil, err
	}
	defer db.Close()
	if v, err = plans.Look(ctx, db, o); err != nil {
		return v, r, nil, err
	}
	if sizes, err = plans.Sizes(ctx, db); err != nil {
		return v, r, nil, err
	}
	r, err = newReport(ctx, db, v, nil, "as it is")
	return v, r, sizes, err
}

func newReport(ctx context.Context, db *postgres.DB, v explain.Verdict, effects []explain.Effect, size string) (explain.Report, error) {
	var server string
	err := db.QueryRow(ctx, "SELECT 'PostgreSQL ' || current_setting('server_version')").Scan(&server)
	return explain.NewReport(v, effects, server, size, time.Now()), err
}
