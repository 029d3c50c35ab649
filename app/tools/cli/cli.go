package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/caarlos0/env/v11"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

// parentInterval is how often it is looked whether the process that started us is still there.
const parentInterval = time.Second

// commands is the command line.
type commands struct {
	Config    configCommand    `cmd:"" help:"Show the effective settings and where each comes from."`
	Explain   explainCommand   `cmd:"" help:"Prove the plan of every query on data of a real size (exit code 1 if a rule is broken)."`
	Indexes   indexesCommand   `cmd:"" help:"Bring indexes into a live database and out of it, and see how they do."`
	Local     localCommand     `cmd:"" help:"Run something with private PostgreSQL and Valkey servers."`
	Org       orgCommand       `cmd:"" help:"Manage organisations."`
	Reconcile reconcileCommand `cmd:"" help:"Recompute rollups and stock from raw rows and print what differs (exit code 1 if something does)."`
	Schema    schemaCommand    `cmd:"" help:"Compare the database with the declared schema and change it."`
	Seed      seedCommand      `cmd:"" help:"Fill an organisation with benchmark data."`
	Serve     serveCommand     `cmd:"" help:"Run a server process."`
	Up        upCommand        `cmd:"" help:"Run the product on this machine with its demo data."`
	Watch     watchCommand     `cmd:"" help:"Show an organisation's live figures."`
	Webhooks  webhooksCommand  `cmd:"" help:"Look at what the billing provider sent, and do again what failed."`
}

// exitCode ends the process with the code of a command that was run on the user's behalf.
type exitCode int

// Error implements error.
func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

// Main parses the arguments, runs a command, and returns the process's exit code.
func Main(args []string) int {
	var c commands
	parser, err := kong.New(&c,
		kong.Name("chefcloud"), kong.Description("The back office of multi-branch restaurants."), kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chefcloud:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	parser.FatalIfErrorf(err)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run()
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	default:
		fmt.Fprintln(os.Stderr, "chefcloud:", err)
		return 1
	}
}

// settings reads the process's environment.
func settings() (*config.Config, error) { return config.Load(env.ToMap(os.Environ())) }

// databaseURL is all that tools which only need the database ask for.
type databaseURL struct {
	URL string `name:"database-url" env:"DATABASE_URL" required:"" help:"PostgreSQL connection string (DATABASE_URL)."`
}

// say prints a progress line.
func say(line string) { fmt.Fprintln(os.Stderr, line) }

// withParent ends the context when the process that started us goes away, so that nothing is left running behind a
// `task` or `go run` that was killed.
func withParent(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	parent := os.Getppid()
	go func() {
		ticker := time.NewTicker(parentInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if os.Getppid() != parent {
					cancel()
				}
			}
		}
	}()
	return ctx, cancel
}
