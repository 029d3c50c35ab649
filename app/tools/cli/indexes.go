package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/tools/release"
)

type indexesCommand struct {
	Apply  indexesApplyCommand  `cmd:"" help:"Build the indexes of a priority that are missing or invalid, one at a time, beside writers."`
	Drop   indexesDropCommand   `cmd:"" help:"Drop the indexes of a priority, beside writers."`
	Plan   indexesPlanCommand   `cmd:"" help:"Show what apply would do, and what is in its way."`
	Status indexesStatusCommand `cmd:"" help:"Show how indexes, tables and slow statements do."`
	Verify indexesVerifyCommand `cmd:"" help:"Compare the database's indexes with what is declared (exit code 1 if they differ)."`
}

// priorityFlag chooses indexes.
type priorityFlag struct {
	Priority string `enum:",P1,P2,P3" default:"" help:"P1, P2 or P3; all if left out."`
}

// careFlags say how careful an operator is.
type careFlags struct {
	Attempts        int           `default:"5" help:"How often to try what doesn't get its table's lock."`
	CancelBlockers  bool          `help:"Cancel what is in the way, and end sessions that idle in an open transaction, instead of waiting."`
	LockTimeout     time.Duration `default:"30s" help:"How long to wait for a table's lock in one attempt."`
	Long            time.Duration `default:"1m" help:"From when on an open transaction is in the way."`
	MaxWriteLatency time.Duration `default:"500ms" help:"Cancel work on an index when most writes take longer; 0: never."`
	Wait            time.Duration `default:"10m" help:"How long to wait for what is in the way, before and during the work."`
	Yes             bool          `help:"Don't ask."`
}

func (f careFlags) options() release.Options {
	o := release.Defaults()
	o.Attempts, o.CancelBlockers, o.LockTimeout, o.Long = f.Attempts, f.CancelBlockers, f.LockTimeout, f.Long
	o.MaxWriteLatency, o.Wait, o.Say, o.Progress = f.MaxWriteLatency, f.Wait, say, drawProgress()
	return o
}

// drawProgress draws a bar on a terminal, and a line every ten seconds elsewhere.
func drawProgress() func(release.Progress) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		var last time.Time
		return func(p release.Progress) {
			if time.Since(last) > 10*time.Second {
				last = time.Now()
				say(p.String())
			}
		}
	}
	var bar *progressbar.ProgressBar
	phase := ""
	return func(p release.Progress) {
		if bar == nil || p.Phase != phase {
			if bar != nil {
				_ = bar.Finish()
			}
			phase, bar = p.Phase, progressbar.NewOptions64(max(p.Total, 1), progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetPredictTime(true),
				progressbar.OptionSetDescription(p.Index+": "+p.Phase))
		}
		bar.Describe(fmt.Sprintf("%s: %s, writes take %s", p.Index, p.Phase, p.WriteLatency.Round(time.Microsecond)))
		_ = bar.Set64(p.Done)
	}
}

type indexesPlanCommand struct {
	databaseURL
	priorityFlag
}

// Run shows the plan.
func (c indexesPlanCommand) Run(ctx context.Context) error {
	return operate(ctx, c.URL, release.Defaults(), func(o *release.Operator, declared []schema.Index) error {
		steps, err := o.Plan(ctx, declared, c.Priority)
		if err != nil {
			return err
		}
		showPlan(steps)
		return nil
	})
}

// showPlan prints the steps and returns how many there is something to do for.
func showPlan(steps []release.Step) (todo int) {
	for _, step := range steps {
		fmt.Printf("%-2s  %-10s %s on %s, %s\n", step.Index.Priority, step.State, step.Index.Name, step.Index.Table, release.Size(step.Bytes))
		if step.State == release.Valid {
			continue
		}
		todo++
		statements := step.Index.Create
		switch step.State {
		case release.Unfinished:
			statements = statements[1:]
		case release.Leftover:
			statements = []string{step.Index.Drop}
		case release.Missing, release.Invalid, release.Different, release.Valid:
		}
		for _, statement := range statements {
			fmt.Println("      " + statement)
		}
		showBlockers(step)
	}
	return todo
}

func showBlockers(step release.Step) {
	for _, blocker := range step.Blockers {
		fmt.Println("      in the way: " + blocker.String())
	}
}

type indexesApplyCommand struct {
	databaseURL
	priorityFlag
	careFlags

	History string `default:"reports/indexes.json" help:"Where to note the updates before, for status."`
}

// Run builds what is missing.
func (c indexesApplyCommand) Run(ctx context.Context) error {
	return operate(ctx, c.URL, c.options(), func(o *release.Operator, declared []schema.Index) error {
		steps, err := o.Plan(ctx, declared, c.Priority)
		if err != nil {
			return err
		}
		if showPlan(steps) == 0 {
			return nil
		}
		if err := confirm(c.Yes, "Build them?"); err != nil {
			return err
		}
		if err := look(ctx, c.URL, func(conn *pgx.Conn, _ []schema.Index) error { return release.NoteUpdates(ctx, conn, c.History, steps) }); err != nil {
			return err
		}
		return o.Apply(ctx, declared, c.Priority)
	})
}

type indexesDropCommand struct {
	databaseURL
	careFlags

	Priority string `enum:"P1,P2,P3" required:"" help:"P1, P2 or P3."`
}

// Run drops a priority.
func (c indexesDropCommand) Run(ctx context.Context) error {
	return operate(ctx, c.URL, c.options(), func(o *release.Operator, declared []schema.Index) error {
		steps, err := o.PlanDrop(ctx, declared, c.Priority)
		if err != nil {
			return err
		}
		if len(steps) == 0 {
			fmt.Println("No index of " + c.Priority + " is there.")
			return nil
		}
		for _, step := range steps {
			fmt.Printf("%s  %s, %s, used %d times\n", step.Index.Priority, step.Index.Drop, release.Size(step.Bytes), step.Scans)
			showBlockers(step)
		}
		if err := confirm(c.Yes, "Drop them?"); err != nil {
			return err
		}
		return o.Drop(ctx, declared, c.Priority)
	})
}

type indexesVerifyCommand struct{ databaseURL }

// Run compares.
func (c indexesVerifyCommand) Run(ctx context.Context) error {
	return look(ctx, c.URL, func(conn *pgx.Conn, declared []schema.Index) error {
		problems, err := release.Verify(ctx, conn, declared)
		if err != nil {
			return err
		}
		for _, problem := range problems {
			fmt.Println(problem)
		}
		if len(problems) > 0 {
			return exitCode(1)
		}
		fmt.Printf("%d indexes are valid and as declared\n", len(declared))
		return nil
	})
}

type indexesStatusCommand struct {
	databaseURL

	History string `default:"reports/indexes.json" help:"Where apply noted the updates before."`
	JSON    bool   `help:"As one JSON document."`
}

// Run shows how all does.
func (c indexesStatusCommand) Run(ctx context.Context) error {
	return look(ctx, c.URL, func(conn *pgx.Conn, declared []schema.Index) error {
		before, err := release.UpdatesBefore(ctx, conn, c.History)
		if err != nil {
			return err
		}
		status, err := release.ReadStatus(ctx, conn, declared, before)
		if err != nil {
			return err
		}
		if c.JSON {
			encoder := json.NewEncoder(os.Stdout)
			encoder.SetIndent("", "  ")
			return encoder.Encode(status)
		}
		return status.Write(os.Stdout)
	})
}

// operate opens an operator for the declared indexes.
func operate(ctx context.Context, url string, options release.Options, work func(*release.Operator, []schema.Index) error) error {
	declared, err := schema.Indexes()
	if err != nil {
		return err
	}
	o, err := release.Open(ctx, url, options)
	if err != nil {
		return err
	}
	defer o.Close(ctx) //nolint:errcheck // nothing is left to be flushed
	return work(o, declared)
}

// look connects to only look.
func look(ctx context.Context, url string, at func(*pgx.Conn, []schema.Index) error) error {
	declared, err := schema.Indexes()
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be flushed
	return at(conn, declared)
}

// confirm asks on a terminal.
func confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return errors.New("say --yes where nobody can be asked")
	}
	fmt.Fprint(os.Stderr, question+" [y/N] ")
	var answer string
	_, _ = fmt.Scanln(&answer) // an empty line is no
	if answer != "y" && answer != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}
