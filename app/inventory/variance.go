package inventory

import (
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Usage is how an item was used over a range of business dates, in base units.
type Usage struct {
	Adjusted       decimal.Decimal
	Closing        decimal.Decimal
	Item           Item
	Opening        decimal.Decimal
	Received       decimal.Decimal
	Theoretical    decimal.Decimal // what sales should have used, by their recipes
	TransferredIn  decimal.Decimal
	TransferredOut decimal.Decimal
	// UnitCost is the last known one, in minor units.
	UnitCost decimal.Decimal
	Waste    decimal.Decimal
}

// Actual returns what really went: opening + received + transferred in − transferred out + adjusted − closing.
func (u Usage) Actual() decimal.Decimal {
	return u.Opening.Add(u.Received).Add(u.TransferredIn).Sub(u.TransferredOut).Add(u.Adjusted).Sub(u.Closing)
}

// Unexplained returns what neither sales nor recorded waste account for.
func (u Usage) Unexplained() decimal.Decimal { return u.Actual().Sub(u.Theoretical).Sub(u.Waste) }

// UnexplainedCost returns its cost at the last known cost, in minor units, rounded.
func (u Usage) UnexplainedCost() (int64, error) { return stock.Cost(u.Unexplained(), u.UnitCost) }

// add counts a sum of movements of one kind. Counts are no use of their own: they say what the closing stock really was.
func (u *Usage) add(kind string, quantity decimal.Decimal) {
	switch kind {
	case "OPENING", "RECEIPT":
		u.Received = u.Received.Add(quantity)
	case "SALE", "SHORTFALL", "RESTOCK", "VOID":
		u.Theoretical = u.Theoretical.Sub(quantity)
	case "WASTE":
		u.Waste = u.Waste.Sub(quantity)
	case "TRANSFER_IN", "TRANSFER_LOSS":
		u.TransferredIn = u.TransferredIn.Add(quantity)
	case "TRANSFER_OUT":
		u.TransferredOut = u.TransferredOut.Sub(quantity)
	case "ADJUSTMENT":
		u.Adjusted = u.Adjusted.Add(quantity)
	}
	u.Closing = u.Closing.Add(quantity)
}

// Variance returns how a branch used its items over a range of business dates, by item; all if no items are given.
func (s *Service) Variance(ctx context.Context, q postgres.Querier, branchID string, dates Dates, items []string) ([]Usage, string, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return nil, "", err
	}
	usage, err := s.store.usage(ctx, q, b.OrgID, b.ID, dates, items)
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, 0, len(usage))
	for id := range usage {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	known, err := Load(ctx, q, b.OrgID, ids)
	if err != nil {
		return nil, "", err
	}
	costs, err := stock.LastCosts(ctx, q, b.OrgID, b.ID, ids)
	if err != nil {
		return nil, "", err
	}
	rows := make([]Usage, len(ids))
	for i, id := range ids {
		rows[i] = *usage[id]
		rows[i].Item, rows[i].UnitCost = known[id], costs[id]
	}
	return rows, b.Currency, nil
}
