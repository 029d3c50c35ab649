package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/reconciliation"
	"github.com/chefcloud/chefcloud/app/platform/civil"
)

type reconcileCommand struct {
	databaseURL
	From string `help:"First business date, YYYY-MM-DD; 35 days before the last if absent."`
	Org  string `required:"" help:"Organisation."`
	To   string `help:"Last business date, YYYY-MM-DD; today if absent."`
}

// Run reconciles and prints what differs.
func (c reconcileCommand) Run(ctx context.Context) error {
	args := reconciliation.Args{To: civil.DateOf(time.Now().UTC())}
	if c.To != "" {
		to, err := civil.ParseDate(c.To)
		if err != nil {
			return fmt.Errorf("--to must be a date of the form YYYY-MM-DD, not %s", c.To)
		}
		args.To = to
	}
	args.From = args.To.AddDays(-35)
	if c.From != "" {
		from, err := civil.ParseDate(c.From)
		if err != nil {
			return fmt.Errorf("--from must be a date of the form YYYY-MM-DD, not %s", c.From)
		}
		args.From = from
	}
	db, err := openDatabase(ctx, c.URL)
	if err != nil {
		return err
	}
	defer db.Close()
	began := time.Now()
	report, err := reconciliation.Run(ctx, db, c.Org, args)
	if err != nil {
		return err
	}
	for _, line := range report.Lines() {
		fmt.Println(line)
	}
	fmt.Printf("%d differences from %s to %s (%s)\n", report.Count(), args.From, args.To, time.Since(began).Round(time.Millisecond))
	if report.Count() > 0 {
		return exitCode(1)
	}
	return nil
}
