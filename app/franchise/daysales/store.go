package daysales

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Add adds a change to its branch day, in the transaction of what caused it. The branch day stays locked until the
// transaction ends, so call it last.
func Add(ctx context.Context, tx postgres.Querier, d Delta) error {
	if d.Figures == (Figures{}) {
		return nil
	}
	err := sqlc.New().DaySalesAdd(ctx, tx, &sqlc.DaySalesAddParams{
		OrgID:         d.OrgID,
		BranchID:      d.BranchID,
		BusinessDate:  d.Date,
		Currency:      d.Currency,
		Orders:        d.Orders,
		Covers:        d.Covers,
		Gross:         d.Gross,
		Discounts:     d.Discounts,
		Comps:         d.Comps,
		Refunds:       d.Refunds,
		Tax:           d.Tax,
		Cogs:          d.COGS,
		WasteCost:     d.WasteCost,
		Tickets:       d.Tickets,
		TicketsOnTime: d.TicketsOnTime,
		Voids:         d.Voids,
		VoidsValue:    d.VoidsValue,
		Purchases:     d.Purchases,
	})
	if err != nil {
		return fmt.Errorf("add to branch day: %w", err)
	}
	return nil
}

// Reconcile recomputes an organisation's days from the raw rows and returns those that differ from the rollup, by
// branch and date. Run it in a repeatable read transaction while orders are written, or it sees changes half.
func Reconcile(ctx context.Context, q postgres.Querier, orgID string, from, to civil.Date) ([]Difference, error) {
	queries := sqlc.New()
	rows, err := queries.DaySalesList(ctx, q, &sqlc.DaySalesListParams{OrgID: orgID, FromDate: from, ToDate: to})
	if err != nil {
		return nil, fmt.Errorf("list branch days: %w", err)
	}
	stored := make(map[Day]Figures, len(rows))
	for _, r := range rows {
		stored[Day{r.BranchID, r.BusinessDate}] = Figures{
			COGS: r.Cogs, Comps: r.Comps, Covers: r.Covers, Discounts: r.Discounts, Gross: r.Gross, Orders: r.Orders,
			Purchases: r.Purchases, Refunds: r.Refunds, Tax: r.Tax, Tickets: r.Tickets, TicketsOnTime: r.TicketsOnTime,
			Voids: r.Voids, VoidsValue: r.VoidsValue, WasteCost: r.WasteCost,
		}
	}
	raw, err := queries.DaySalesRecompute(ctx, q, &sqlc.DaySalesRecomputeParams{OrgID: orgID, FromDate: from, ToDate: to})
	if err != nil {
		return nil, fmt.Errorf("recompute branch days: %w", err)
	}
	recomputed := make(map[Day]Figures, len(raw))
	for _, r := range raw {
		recomputed[Day{r.BranchID, r.BusinessDate}] = Figures{
			COGS: r.Cogs, Comps: r.Comps, Covers: r.Covers, Discounts: r.Discounts, Gross: r.Gross, Orders: r.Orders,
			Purchases: r.Purchases, Refunds: r.Refunds, Tax: r.Tax, Tickets: r.Tickets, TicketsOnTime: r.TicketsOnTime,
			Voids: r.Voids, VoidsValue: r.VoidsValue, WasteCost: r.WasteCost,
		}
	}
	differences := compare(stored, recomputed)
	slices.SortFunc(differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.BranchID, b.BranchID), a.Date.Compare(b.Date))
	})
	return differences, nil
}
