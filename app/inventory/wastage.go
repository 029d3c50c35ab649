package inventory

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// WastageTotal is what was thrown away of one item for one reason.
type WastageTotal struct {
	Cost     int64 // the sum of the records'
	Item     Item
	Quantity decimal.Decimal // in base units
	Reason   string
	Records  int64
}

// WastageFilter selects wastage.
type WastageFilter struct {
	BranchID string
	Dates    Dates // zero: all
	Totals   bool  // of the range
}

// WastagePage is a page of wastage, newest first, with the totals that were asked for, by reason and item.
type WastagePage struct {
	Currency string
	Records  []Wastage
	Totals   []WastageTotal
}

// ListWastage returns up to size records of a branch before a cursor.
func (s *Service) ListWastage(ctx context.Context, q postgres.Querier, f WastageFilter, before wastageCursor, size int32) (WastagePage, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), f.BranchID)
	if err != nil {
		return WastagePage{}, err
	}
	p := WastagePage{Currency: b.Currency}
	if f.Dates == (Dates{}) {
		p.Records, err = s.store.listWastage(ctx, q, b.OrgID, b.ID, before, size)
		return p, err
	}
	if p.Records, err = s.store.listWastageOf(ctx, q, b.OrgID, b.ID, f.Dates, before, size); err != nil || !f.Totals {
		return p, err
	}
	p.Totals, err = s.store.sumWastage(ctx, q, b.OrgID, b.ID, f.Dates)
	return p, err
}
