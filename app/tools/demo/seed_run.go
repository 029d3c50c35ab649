package demo

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

const (
	// seedTicketPermille keeps tickets to a part of the orders: enough for a service level.
	seedTicketPermille = 100
	// seedWastePermille keeps notes of waste to about one in three days.
	seedWastePermille = 80
	// seedLedgers is how many are filled or sent at the same time: one in each lane, one that is filled, and one to spare.
	seedLedgers = laneCount + 2
)

// seedRun is the work of one seed.
type seedRun struct {
	bar     *bar
	company *company
	dates   []civil.Date
	lines   atomic.Int64
	orders  atomic.Int64
	quotas  [][]int64
	world   *sim.World
}

func newSeedRun(c *company, options SeedOptions, dates []civil.Date) *seedRun {
	world := sim.NewWorld(c.catalogue, sim.Options{
		DetailedFrom: options.after(), ExpiryFrom: options.after(), NightlyUpload: true, Seed: options.Seed, TicketPermille: seedTicketPermille,
		WastePermille: seedWastePermille,
	})
	return &seedRun{
		bar: newBar(options.Progress, "Seeding "+c.orgID, int(options.Orders), "orders"), company: c, dates: dates,
		quotas: c.quotas(world, dates, options.Orders), world: world,
	}
}

// after is a date that no seed reaches.
func (o SeedOptions) after() civil.Date { return civil.DateOf(o.Now).AddDays(1) }

// run simulates the branches and copies their rows at the same time, over a connection for each lane of the ledger. A ledger
// goes through the lanes one after the other, so that no row comes before one that it refers to. Since each table has one
// writer, and ids begin with the time, rows come in at the right edge of the primary keys: with three writers on each table,
// which split pages in the middle, the server worked a quarter longer.
func (r *seedRun) run(ctx context.Context, db *postgres.DB) error {
	group, ctx := errgroup.WithContext(ctx)
	free, full := make(chan *ledger, seedLedgers), make(chan *ledger, seedLedgers)
	for range seedLedgers {
		free <- newLedger()
	}
	group.Go(func() error {
		defer close(full)
		return r.simulate(ctx, free, full)
	})
	in := full
	for lane := range laneCount {
		out := make(chan *ledger, seedLedgers)
		if lane == laneCount-1 {
			out = free
		}
		from := in
		group.Go(func() error {
			if lane < laneCount-1 {
				defer close(out)
			}
			return r.send(ctx, db, lane, from, out)
		})
		in = out
	}
	return group.Wait()
}

// simulate takes all branches through the dates side by side, and passes each ledger on that is full.
func (r *seedRun) simulate(ctx context.Context, free <-chan *ledger, full chan<- *ledger) error {
	current := <-free
	clerks := r.company.clerks()
	branches := make([]*sim.Branch, len(clerks))
	for i, clerk := range clerks {
		branches[i] = sim.NewBranch(r.world, &r.company.branches[i].Profile, i, clerk)
	}
	turnOver := func() error {
		full <- current // has room for all there are
		select {
		case current = <-free:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	end := time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC) // all dates are over
	for day, date := range r.dates {
		for i, b := range branches {
			clerks[i].ledger = current
			b.Day(date, r.quotas[day][i], end, day+1 < len(r.dates))
			if current.orders.Rows() >= chunkRows {
				if err := turnOver(); err != nil {
					return err
				}
			}
		}
	}
	for i, b := range branches {
		clerks[i].ledger = current
		b.Finish()
	}
	return turnOver()
}

// send copies a lane of each ledger, in a transaction of its own, and passes the ledger on.
func (r *seedRun) send(ctx context.Context, db *postgres.DB, lane int, in <-chan *ledger, out chan<- *ledger) error {
	conn, err := connect(ctx, db)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // committed or lost by then
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l, more := <-in:
			if !more {
				return nil
			}
			orders, lines := l.orders.Rows(), l.lines.Rows()
			err := pgx.BeginFunc(ctx, conn, func(pgx.Tx) error { return l.sendLane(ctx, conn.PgConn(), lane) })
			if err != nil {
				return err
			}
			r.orders.Add(int64(orders - l.orders.Rows()))
			r.lines.Add(int64(lines - l.lines.Rows()))
			r.bar.add(orders - l.orders.Rows())
			out <- l // has room for all there are
		}
	}
}
