package stock

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

// Sale is what an order uses up.
type Sale struct {
	At           time.Time
	BranchID     string
	BusinessDate civil.Date
	Needs        []Need
	OrderID      string
	OrgID        string
}

// Consumed is what a sale cost.
type Consumed struct {
	// CostByLine is in minor units by line number, each rounded once. Lines that needed nothing have no entry.
	CostByLine map[int32]int64
	// Short says that some of it was not on hand and was booked as a shortfall.
	Short bool
}

// errQuantity is a need that numeric(14,3) can't hold.
var errQuantity = &fault.Error{
	Kind:    fault.KindInvalid,
	Message: "the order needs more of an item than can be booked",
	Reason:  "QUANTITY_TOO_LARGE",
}

// Consume takes what a sale needs from the branch's batches. Lines that use the same item are served in the order of their
// numbers. What is not on hand is booked as a shortfall at the cost of the item's newest batch in the branch, else in any
// branch, else at 0. A cost that doesn't fit is invalid_argument AMOUNT_TOO_LARGE.
func Consume(ctx context.Context, tx postgres.Querier, s Sale) (Consumed, error) {
	needs := slices.DeleteFunc(slices.Clone(s.Needs), func(n Need) bool { return !n.Quantity.IsPositive() })
	if len(needs) == 0 {
		return Consumed{}, nil
	}
	for _, n := range needs {
		if !quantity.Fits(n.Quantity) {
			return Consumed{}, errQuantity.With("item_id", n.ItemID)
		}
	}
	st := newStore(tx, s.OrgID, s.BranchID)
	if err := st.lock(ctx, items(needs)); err != nil {
		return Consumed{}, err
	}
	batches, err := st.openBatches(ctx, items(needs))
	if err != nil {
		return Consumed{}, err
	}
	parts := allocate(needs, batches)
	movements, short, err := saleMovements(ctx, st, s, parts)
	if err != nil {
		return Consumed{}, err
	}
	costs, err := costByLine(parts)
	if err != nil {
		return Consumed{}, err
	}
	return Consumed{CostByLine: costs, Short: short}, st.book(ctx, s.posting(), movements)
}

func (s Sale) posting() posting {
	return posting{At: s.At, BusinessDate: s.BusinessDate, SourceID: s.OrderID}
}

// saleMovements turns the parts of a sale into movements. Short parts get their cost and a shortfall each.
func saleMovements(ctx context.Context, st store, s Sale, parts []part) (movements []movement, short bool, err error) {
	var missing []string
	for _, p := range parts {
		if p.short() {
			missing = append(missing, p.ItemID)
		}
	}
	var lastCosts map[string]decimal.Decimal
	if len(missing) > 0 {
		if lastCosts, err = st.lastCosts(ctx, missing); err != nil {
			return nil, false, err
		}
	}
	var shortfalls []shortfall
	for i := range parts {
		p := &parts[i]
		m := movement{BatchID: p.BatchID, ItemID: p.ItemID, Kind: kindSale, LineNo: p.LineNo, Quantity: p.Quantity.Neg()}
		if p.short() {
			p.UnitCost = lastCosts[p.ItemID]
			m.Kind, m.ShortfallID = kindShortfall, ids.New("sho")
			shortfalls = append(shortfalls, shortfall{
				ID: m.ShortfallID, ItemID: p.ItemID, Quantity: p.Quantity, UnitCost: p.UnitCost, lineNo: p.LineNo,
			})
		}
		m.UnitCost = p.UnitCost
		movements = append(movements, m)
	}
	if len(shortfalls) > 0 {
		err = st.insertShortfalls(ctx, s.posting(), shortfalls)
	}
	return movements, len(shortfalls) > 0, err
}
