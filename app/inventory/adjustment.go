package inventory

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Adjustment is a correction by hand. Its cost is neither waste nor cost of sales: it shows in the usage variance.
type Adjustment struct {
	AdjustedAt   time.Time
	AdjustedBy   string
	BranchID     string
	BusinessDate civil.Date
	Cost         int64 // negative for what went out
	ID           string
	ItemID       string
	Note         string
	Quantity     decimal.Decimal // negative for what went out
	Reason       string
}

// NewAdjustment describes a correction. A nil unit cost is the last known one.
type NewAdjustment struct {
	BranchID string
	ItemID   string
	Note     string
	Quantity decimal.Decimal
	Reason   string
	UnitCost *decimal.Decimal
}

// Adjust corrects what a branch has of an item.
func (s *Service) Adjust(ctx context.Context, tx postgres.Querier, n NewAdjustment) (Adjustment, error) {
	b, err := s.at(ctx, tx, n.BranchID, n.ItemID)
	if err != nil {
		return Adjustment{}, err
	}
	now := s.clock()
	a := Adjustment{
		AdjustedAt: now, AdjustedBy: caller.From(ctx).ActorID(), BranchID: b.ID, BusinessDate: b.BusinessDate(now), ID: ids.New("adj"),
		ItemID: n.ItemID, Note: n.Note, Quantity: n.Quantity, Reason: n.Reason,
	}
	if n.Quantity.IsNegative() {
		if n.UnitCost != nil {
			return Adjustment{}, fault.Invalid("unit_cost", "must be empty for what goes out: it has the cost of its batches")
		}
		taken, err := stock.Adjust(ctx, tx, stock.Withdrawal{
			At: now, BranchID: b.ID, BusinessDate: a.BusinessDate, Needs: []stock.Need{{ItemID: n.ItemID, Quantity: n.Quantity.Neg()}}, OrgID: b.OrgID,
			SourceID: a.ID,
		})
		if err != nil {
			return Adjustment{}, err
		}
		a.Cost = -taken.CostByLine[0]
		return a, s.store.insertAdjustment(ctx, tx, b.OrgID, a)
	}
	unitCost := n.UnitCost
	if unitCost == nil {
		last, err := stock.LastCosts(ctx, tx, b.OrgID, b.ID, []string{n.ItemID})
		if err != nil {
			return Adjustment{}, err
		}
		cost := last[n.ItemID]
		unitCost = &cost
	}
	_, settled, err := stock.Receive(ctx, tx, stock.Incoming{
		At: now, BranchID: b.ID, BusinessDate: a.BusinessDate, OrgID: b.OrgID, Source: stock.SourceAdjustment, SourceID: a.ID,
		Lines: []stock.IncomingLine{{ItemID: n.ItemID, Quantity: n.Quantity, UnitCost: *unitCost}},
	})
	if err != nil {
		return Adjustment{}, err
	}
	if a.Cost, err = stock.Cost(n.Quantity, *unitCost); err != nil {
		return Adjustment{}, err
	}
	if err := s.store.insertAdjustment(ctx, tx, b.OrgID, a); err != nil {
		return Adjustment{}, err
	}
	return a, settle(ctx, tx, b, a.BusinessDate, settled)
}

// settle books what negative stock turned out to cost more, on the date on which it was settled.
func settle(ctx context.Context, tx postgres.Querier, b branch.Branch, date civil.Date, settledCOGS int64) error {
	if settledCOGS == 0 {
		return nil
	}
	return daysales.Add(ctx, tx, daysales.Delta{
		Figures: daysales.Figures{COGS: settledCOGS}, BranchID: b.ID, Currency: b.Currency, Date: date, OrgID: b.OrgID,
	})
}

// ListAdjustments returns up to size adjustments of a branch before a cursor, newest first.
func (s *Service) ListAdjustments(ctx context.Context, q postgres.Querier, branchID string, before adjustmentCursor, size int32) ([]Adjustment, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return nil, err
	}
	return s.store.listAdjustments(ctx, q, b.OrgID, b.ID, before, size)
}
