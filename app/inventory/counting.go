package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// commitCount books what was counted in the place of what the ledger had at an instant; zero is now.
func (s *Service) commitCount(ctx context.Context, tx postgres.Querier, b branch.Branch, c *Count, at time.Time, leaveUncounted bool) error {
	now := s.clock()
	if at.IsZero() {
		at = now
	}
	if err := checkInstant("counted_at", at, now); err != nil {
		return err
	}
	lines, err := c.counted(leaveUncounted)
	if err != nil {
		return err
	}
	c.BusinessDate, c.CountedAt, c.CountedBy, c.Status = b.BusinessDate(at), at, caller.From(ctx).ActorID(), CountCommitted
	itemIDs := make([]string, len(lines))
	for i, l := range lines {
		itemIDs[i] = l.ItemID
	}
	expected, err := stock.OnHand(ctx, tx, b.OrgID, b.ID, itemIDs, at)
	if err != nil {
		return err
	}
	if err := s.checkNotOutdated(ctx, tx, b, at, itemIDs); err != nil {
		return err
	}
	for _, l := range lines {
		l.Expected = decimal.NewNullDecimal(expected[l.ItemID])
	}
	if err := takeMissing(ctx, tx, b, c, lines); err != nil {
		return err
	}
	return bringSurplus(ctx, tx, b, c, lines, itemIDs)
}

// checkNotOutdated refuses items that were counted later: that count took these differences into account.
func (s *Service) checkNotOutdated(ctx context.Context, q postgres.Querier, b branch.Branch, at time.Time, itemIDs []string) error {
	later, err := s.store.countedSince(ctx, q, b.OrgID, b.ID, at, itemIDs)
	if err != nil {
		return err
	}
	for _, id := range itemIDs {
		if counted, ok := later[id]; ok {
			return fault.FailedPrecondition("COUNT_OUTDATED", fmt.Sprintf("item %s was counted later already, at %s", id, counted.Format(time.RFC3339))).
				With("item_id", id)
		}
	}
	return nil
}

// takeMissing takes out what wasn't there, and notes its cost.
func takeMissing(ctx context.Context, tx postgres.Querier, b branch.Branch, c *Count, lines []*CountLine) error {
	w := stock.Withdrawal{At: c.CountedAt, BranchID: b.ID, BusinessDate: c.BusinessDate, OrgID: b.OrgID, SourceID: c.ID}
	for i, l := range lines {
		if difference := l.Difference(); difference.IsNegative() {
			w.Needs = append(w.Needs, stock.Need{ItemID: l.ItemID, LineNo: int32(i), Quantity: difference.Neg()})
		}
	}
	if len(w.Needs) == 0 {
		return nil
	}
	taken, err := stock.CountOut(ctx, tx, w)
	if err != nil {
		return err
	}
	for i, cost := range taken.CostByLine {
		lines[i].Cost = -cost
	}
	return nil
}

// bringSurplus brings in what was there too much at the last known cost, and settles what is owed from it.
func bringSurplus(ctx context.Context, tx postgres.Querier, b branch.Branch, c *Count, lines []*CountLine, itemIDs []string) error {
	in := stock.Incoming{At: c.CountedAt, BranchID: b.ID, BusinessDate: c.BusinessDate, OrgID: b.OrgID, Source: stock.SourceCount, SourceID: c.ID}
	costs, err := stock.LastCosts(ctx, tx, b.OrgID, b.ID, itemIDs)
	if err != nil {
		return err
	}
	for _, l := range lines {
		difference := l.Difference()
		if !difference.IsPositive() {
			continue
		}
		if l.Cost, err = stock.Cost(difference, costs[l.ItemID]); err != nil {
			return err
		}
		in.Lines = append(in.Lines, stock.IncomingLine{ItemID: l.ItemID, Quantity: difference, UnitCost: costs[l.ItemID]})
	}
	if len(in.Lines) == 0 {
		return nil
	}
	_, settled, err := stock.Receive(ctx, tx, in)
	if err != nil {
		return err
	}
	return settle(ctx, tx, b, c.BusinessDate, settled)
}
