package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"

	declared "github.com/chefcloud/chefcloud/schema"
)

// name is the PostgreSQL schema that is declared; others, such as River's, are left alone.
const name = "public"

// ErrDestructive refuses a plan that would lose data.
var ErrDestructive = errors.New("the plan would lose data; run it with --allow-destructive if that is meant")

// Options say how to apply.
type Options struct {
	// AllowDestructive permits dropping tables and columns.
	AllowDestructive bool
	// DryRun plans and runs nothing.
	DryRun bool
	// Files replace the files of schema/, for tests.
	Files fs.FS
	// Note is told in a line what is left to others.
	Note func(line string)
	// Progress is called before each statement is run.
	Progress func(statement string)
}

// Apply brings the database at url to the declared state and returns the statements that it took, none if there was
// nothing to do. Of several operators one works and the others wait. Indexes with a priority come with their table; for one that exists they
// are left to the operators' own command.
func Apply(ctx context.Context, url string, options Options) ([]string, error) {
	db, err := open(url)
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be flushed
	unlock, err := lock(ctx, db)
	if err != nil {
		return nil, err
	}
	defer unlock()

	plan, err := diff(ctx, db, url, options)
	if err != nil {
		return nil, err
	}
	taken := statements(plan)
	if options.DryRun {
		jobs, err := applyJobs(ctx, url, options)
		return append(taken, jobs...), err
	}
	for _, change := range plan.Changes {
		if options.Progress != nil {
			options.Progress(change.Cmd)
		}
		if _, err := db.ExecContext(ctx, change.Cmd, change.Args...); err != nil {
			return nil, fmt.Errorf("%s: %w", change.Cmd, err)
		}
	}
	jobs, err := applyJobs(ctx, url, options)
	return append(taken, jobs...), err
}

// Diff returns the statements that Apply would run, and notes what it would leave to others.
func Diff(ctx context.Context, url string, note func(line string)) ([]string, error) {
	return Apply(ctx, url, Options{AllowDestructive: true, DryRun: true, Note: note})
}

func statements(plan *migrate.Plan) []string {
	if plan == nil {
		return nil
	}
	list := make([]string, len(plan.Changes))
	for i, change := range plan.Changes {
		list[i] = change.Cmd
	}
	return list
}

func diff(ctx context.Context, db *sql.DB, url string, options Options) (*migrate.Plan, error) {
	files := options.Files
	if files == nil {
		files = declared.Files
	}
	want, err := wanted(ctx, db, url, files)
	if err != nil {
		return nil, err
	}
	driver, err := postgres.Open(db)
	if err != nil {
		return nil, fmt.Errorf("open Atlas driver: %w", err)
	}
	have, err := driver.InspectSchema(ctx, name, nil)
	if err != nil {
		return nil, fmt.Errorf("inspect database: %w", err)
	}
	changes, err := driver.SchemaDiff(have, want)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	if lost := destructive(changes); len(lost) > 0 && !options.AllowDestructive {
		return nil, fmt.Errorf("%w: %s", ErrDestructive, strings.Join(lost, ", "))
	}
	changes, left := leave(changes, want)
	if err := noteIndexes(ctx, db, left, options.Note); err != nil {
		return nil, err
	}
	concurrently(changes)
	plan, err := driver.PlanChanges(ctx, "apply", changes)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return plan, nil
}

// concurrently marks indexes of tables that exist, so that building them blocks no writer.
func concurrently(changes []atlas.Change) {
	for _, change := range changes {
		table, ok := change.(*atlas.ModifyTable)
		if !ok {
			continue
		}
		for _, part := range table.Changes {
			switch c := part.(type) {
			case *atlas.AddIndex:
				c.Extra = append(c.Extra, &postgres.Concurrently{})
			case *atlas.DropIndex:
				c.Extra = append(c.Extra, &postgres.Concurrently{})
			}
		}
	}
}

// destructive names what the changes would lose.
func destructive(changes []atlas.Change) []string {
	var lost []string
	for _, change := range changes {
		switch c := change.(type) {
		case *atlas.DropTable:
			lost = append(lost, "table "+c.T.Name)
		case *atlas.ModifyTable:
			for _, part := range c.Changes {
				if column, ok := part.(*atlas.DropColumn); ok {
					lost = append(lost, "column "+c.T.Name+"."+column.C.Name)
				}
			}
		}
	}
	return lost
}
