package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Count is what was found on a branch's shelves at one instant.
type Count struct {
	BranchID     string
	BusinessDate civil.Date
	CountedAt    time.Time
	CountedBy    string
	ID           string
	Lines        []CountLine // by item; nil in lists
	Note         string
}

// CountLine is what was found of one item.
type CountLine struct {
	Cost     int64 // of the difference, negative for what was missing
	Counted  decimal.Decimal
	Expected decimal.Decimal // what the ledger had, what is owed being negative
	ItemID   string
}

// NewCount describes a count. A zero instant is now.
type NewCount struct {
	BranchID  string
	CountedAt time.Time
	ID        string // minted if empty
	Items     []CountLine
	Note      string
}

// RecordCount books what was counted in the place of what the ledger had at that instant.
func (s *Service) RecordCount(ctx context.Context, tx postgres.Querier, n NewCount) (Count, error) {
	b, err := branch.Get(ctx, tx, caller.From(ctx), n.BranchID)
	if err != nil {
		return Count{}, err
	}
	now := s.clock()
	if n.CountedAt.IsZero() {
		n.CountedAt = now
	}
	if err := checkInstant("counted_at", n.CountedAt, now); err != nil {
		return Count{}, err
	}
	c := Count{
		BranchID: b.ID, BusinessDate: b.BusinessDate(n.CountedAt), CountedAt: n.CountedAt, CountedBy: caller.From(ctx).ActorID(), ID: n.ID,
		Note: n.Note,
	}
	if c.ID == "" {
		c.ID = ids.New("cnt")
	}
	if err := checkItems(ctx, tx, b.OrgID, itemIDs(n.Items)); err != nil {
		return Count{}, err
	}
	inserted, err := s.store.insertCount(ctx, tx, b.OrgID, c)
	if err != nil {
		return Count{}, err
	}
	if !inserted {
		return Count{}, fault.AlreadyExists("COUNT_ID_TAKEN", "count "+c.ID+" exists already")
	}
	if c.Lines, err = s.bookCount(ctx, tx, b, c, n.Items); err != nil {
		return Count{}, err
	}
	return c, s.store.insertCountLines(ctx, tx, b.OrgID, c)
}

func itemIDs(lines []CountLine) []string {
	found := make([]string, len(lines))
	for i, l := range lines {
		found[i] = l.ItemID
	}
	return found
}

// bookCount moves the differences and returns the lines with what was expected and what the differences cost.
func (s *Service) bookCount(ctx context.Context, tx postgres.Querier, b branch.Branch, c Count, counted []CountLine) ([]CountLine, error) {
	out := stock.Withdrawal{At: c.CountedAt, BranchID: b.ID, BusinessDate: c.BusinessDate, OrgID: b.OrgID, SourceID: c.ID}
	expected, err := stock.OnHand(ctx, tx, b.OrgID, b.ID, itemIDs(counted), c.CountedAt)
	if err != nil {
		return nil, err
	}
	later, err := s.store.countedSince(ctx, tx, b.OrgID, b.ID, c.CountedAt, itemIDs(counted))
	if err != nil {
		return nil, err
	}
	last, err := stock.LastCosts(ctx, tx, b.OrgID, b.ID, itemIDs(counted))
	if err != nil {
		return nil, err
	}
	in := stock.Incoming{At: c.CountedAt, BranchID: b.ID, BusinessDate: c.BusinessDate, OrgID: b.OrgID, Source: stock.SourceCount, SourceID: c.ID}
	lines := make([]CountLine, len(counted))
	for i, l := range counted {
		if at, ok := later[l.ItemID]; ok {
			return nil, fault.FailedPrecondition("COUNT_OUTDATED", fmt.Sprintf("item %s was counted later already, at %s", l.ItemID, at.Format(time.RFC3339))).
				With("item_id", l.ItemID)
		}
		l.Expected = expected[l.ItemID]
		switch difference := l.Counted.Sub(l.Expected); difference.Sign() {
		case 1:
			in.Lines = append(in.Lines, stock.IncomingLine{ItemID: l.ItemID, Quantity: difference, UnitCost: last[l.ItemID]})
			if l.Cost, err = stock.Cost(difference, last[l.ItemID]); err != nil {
				return nil, err
			}
		case -1:
			out.Needs = append(out.Needs, stock.Need{ItemID: l.ItemID, LineNo: int32(i), Quantity: difference.Neg()})
		}
		lines[i] = l
	}
	if len(out.Needs) > 0 {
		taken, err := stock.CountOut(ctx, tx, out)
		if err != nil {
			return nil, err
		}
		for no, cost := range taken.CostByLine {
			lines[no].Cost = -cost
		}
	}
	if len(in.Lines) == 0 {
		return lines, nil
	}
	_, settled, err := stock.Receive(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	return lines, settle(ctx, tx, b, c.BusinessDate, settled)
}

// checkItems refuses items that don't exist or are there twice.
func checkItems(ctx context.Context, q postgres.Querier, orgID string, ids []string) error {
	known, err := Load(ctx, q, orgID, ids)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		field := fmt.Sprintf("items[%d].item_id", i)
		if _, ok := known[id]; !ok {
			return fault.Invalid(field, "must be an inventory item, not "+id)
		}
		if seen[id] {
			return fault.Invalid(field, "must not name "+id+" a second time")
		}
		seen[id] = true
	}
	return nil
}

// GetCount returns a count that the caller may see.
func (s *Service) GetCount(ctx context.Context, q postgres.Querier, id string) (Count, error) {
	c := caller.From(ctx)
	count, err := s.store.getCount(ctx, q, c.OrgID, id)
	if err != nil {
		return Count{}, err
	}
	if !c.MayBranch(count.BranchID) {
		return Count{}, fault.NotFound("count", id)
	}
	return count, nil
}

// ListCounts returns up to size counts of a branch before a cursor, newest first, without their lines.
func (s *Service) ListCounts(ctx context.Context, q postgres.Querier, branchID string, before countCursor, size int32) ([]Count, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return nil, err
	}
	return s.store.listCounts(ctx, q, b.OrgID, b.ID, before, size)
}
