package cli

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

type schemaCommand struct {
	Apply  schemaApplyCommand  `cmd:"" help:"Bring the database to the declared state."`
	Diff   schemaDiffCommand   `cmd:"" help:"Print the statements that apply would run."`
	Status schemaStatusCommand `cmd:"" help:"Say whether the database is in the declared state (exit code 1 if not)."`
}

type schemaApplyCommand struct {
	databaseURL
	AllowDestructive bool `help:"Permit dropping tables and columns."`
}

// Run applies the schema.
func (c schemaApplyCommand) Run(ctx context.Context) error {
	taken, err := schema.Apply(ctx, c.URL, schema.Options{
		AllowDestructive: c.AllowDestructive,
		Note:             note,
		Progress:         func(statement string) { fmt.Println(statement + ";") },
	})
	if err == nil && len(taken) == 0 {
		fmt.Println("The database is in the declared state, there is nothing to do.")
	}
	return err
}

// note prints what is no statement, as a comment beside those that are.
func note(line string) { fmt.Println("-- " + line) }

type schemaDiffCommand struct{ databaseURL }

// Run prints the plan.
func (c schemaDiffCommand) Run(ctx context.Context) error {
	planned, err := schema.Diff(ctx, c.URL, note)
	for _, statement := range planned {
		fmt.Println(statement + ";")
	}
	return err
}

type schemaStatusCommand struct{ databaseURL }

// Run compares.
func (c schemaStatusCommand) Run(ctx context.Context) error {
	planned, err := schema.Diff(ctx, c.URL, note)
	if err != nil {
		return err
	}
	if len(planned) == 0 {
		fmt.Println("The database is in the declared state.")
		return nil
	}
	fmt.Printf("The database is %d statements away from the declared state; see chefcloud schema diff.\n", len(planned))
	return exitCode(1)
}
