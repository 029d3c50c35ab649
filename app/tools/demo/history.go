package demo

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// chunkRows is how many orders are collected before they are sent, some 25 MB with all that belongs to them: enough that
	// the dozen statements of a chunk cost little beside its rows.
	chunkRows = 25_000
	// detailedDays is how many days up to now write movements of stock order by order, so that orders can be put back.
	detailedDays = 7
)

// history is what happened to a company, and what reports will need of it.
type history struct {
	company *company
	ledger  *ledger
	options Options
	sums    map[string]daysales.Figures // by branch
	used    map[string][][]use          // by branch, then item, then day
}

// use is what a branch used of an item on an open day.
type use struct {
	date        civil.Date
	thousandths int64
}

func newHistory(c *company, options Options) *history {
	return &history{
		company: c, ledger: newLedger(), options: options,
		sums: make(map[string]daysales.Figures), used: make(map[string][][]use),
	}
}

// simulate takes the company through the dates and copies what happened into the database.
func (h *history) simulate(ctx context.Context, conn *pgconn.PgConn, dates []civil.Date, bar *bar) error {
	today := dates[len(dates)-1]
	world := sim.NewWorld(h.company.catalogue, sim.Options{
		DetailedFrom: today.AddDays(1 - detailedDays), ExpiryFrom: startOfRun(dates), Seed: h.options.Seed, TicketPermille: 1_000,
		WastePermille: 1_000,
	})
	branches := make([]*sim.Branch, len(h.company.branches))
	for i, clerk := range h.company.clerks() {
		clerk.ledger, clerk.watch, clerk.runningFrom = h.ledger, h.watch, today.AddDays(-detailedDays)
		branches[i] = sim.NewBranch(world, &h.company.branches[i].Profile, i, clerk)
	}
	for i, date := range dates {
		for j, b := range branches {
			p := &h.company.branches[j].Profile
			if !p.Open(date) {
				continue
			}
			followed := i+1 < len(dates) && dates[i+1] == date.AddDays(1) && p.Open(dates[i+1])
			orders := (world.Weight(p, date)*h.options.OrdersPermille/1_000 + 500) / 1_000
			b.Day(date, orders, h.options.Now, followed)
		}
		if err := h.flush(ctx, conn, chunkRows); err != nil {
			return err
		}
		bar.add(1)
	}
	for _, b := range branches {
		b.Finish()
	}
	return h.flush(ctx, conn, 0)
}

// flush sends the ledger if it holds so many orders.
func (h *history) flush(ctx context.Context, conn *pgconn.PgConn, least int) error {
	if h.ledger.orders.Rows() < least {
		return nil
	}
	return h.ledger.send(ctx, conn)
}

// watch remembers what budgets and forecasts build on.
func (h *history) watch(branchID string, d *sim.Day) {
	h.sums[branchID] = h.sums[branchID].Plus(d.Figures)
	items := h.used[branchID]
	if items == nil {
		items = make([][]use, len(d.Used))
		h.used[branchID] = items
	}
	for item, quantity := range d.Used {
		items[item] = append(items[item], use{date: d.Date, thousandths: quantity})
	}
}

// startOfRun returns the first of the dates that lead to the last without a gap.
func startOfRun(dates []civil.Date) civil.Date {
	start := len(dates) - 1
	for start > 0 && dates[start-1].AddDays(1) == dates[start] {
		start--
	}
	return dates[start]
}
