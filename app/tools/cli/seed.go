package cli

import (
	"context"
	"os"
	"time"

	"github.com/chefcloud/chefcloud/app/tools/demo"
)

type seedCommand struct {
	databaseURL
	Branches int    `default:"200" help:"Number of branches."`
	Days     int    `default:"365" help:"Days that the orders spread over, the last of them yesterday."`
	Orders   int64  `default:"1000000" help:"Number of orders."`
	Org      string `required:"" help:"Organisation to be made."`
	Replace  bool   `help:"Delete the organisation first if it was seeded before."`
	Seed     uint64 `default:"1" help:"Seed of all chance: the same seed gives the same data."`
}

// Run seeds, and says how fast it was.
func (c seedCommand) Run(ctx context.Context) error {
	db, err := openDatabase(ctx, c.URL)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = demo.Seed(ctx, db, demo.SeedOptions{
		Branches: c.Branches, Days: c.Days, Now: time.Now(), Orders: c.Orders, OrgID: c.Org, Progress: os.Stderr, Replace: c.Replace, Seed: c.Seed,
	})
	return err
}
