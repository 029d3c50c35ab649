package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/tools/explain"
	"github.com/chefcloud/chefcloud/app/tools/plans"
)

type explainCommand struct {
	Server  string `env:"TEST_DATABASE_URL" required:"" help:"A PostgreSQL server, on which a database is made for the run and dropped (TEST_DATABASE_URL)."`
	Update  bool   `help:"Write what the plans are now beside what they must be, and propose a line for new queries."`
	Full    bool   `help:"Ten times the data of the run that is made for every change."`
	Timeout int    `default:"20000" help:"Milliseconds that one execution may take."`
}

// Run proves all plans.
func (c explainCommand) Run(ctx context.Context) error {
	root, err := checkout()
	if err != nil {
		return err
	}
	queries, err := explain.Load(filepath.Join(root, "gen", "sqlc"))
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "queries", "plans")
	book, err := explain.ReadBook(folder)
	if err != nil {
		return err
	}
	url, drop, err := plans.Database(ctx, c.Server)
	if err != nil {
		return err
	}
	defer drop()
	if _, err := schema.Apply(ctx, url, schema.Options{}); err != nil {
		return err
	}
	db, err := openDatabase(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	scale := plans.CI
	if c.Full {
		scale = plans.Full
	}
	verdict, err := plans.Run(ctx, db, plans.Options{Book: book, Progress: os.Stderr, Queries: queries, Scale: scale, StatementTimeout: c.Timeout})
	if err != nil {
		return err
	}
	if c.Update {
		explain.Propose(queries, book, verdict.Measured)
		return book.Write(folder)
	}
	for _, f := range verdict.Findings {
		fmt.Println(f)
	}
	fmt.Printf("%d queries, %d plans, %d findings\n", len(queries), len(verdict.Measured), len(verdict.Findings))
	if len(verdict.Findings) > 0 {
		return exitCode(1)
	}
	return nil
}
