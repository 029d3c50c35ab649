package stock

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Loss is what was thrown away.
type Loss struct {
	At           time.Time
	BranchID     string
	BusinessDate civil.Date
	ItemID       string
	OrgID        string
	Quantity     decimal.Decimal // in base units, above 0
	WastageID    string
}

// Waste takes what was thrown away from the oldest batches and returns its cost in minor units. More than is on hand is
// failed_precondition INSUFFICIENT_STOCK, naming what there is, and nothing is taken.
func Waste(ctx context.Context, tx postgres.Querier, l Loss) (int64, error) {
	st := newStore(tx, l.OrgID, l.BranchID)
	if err := st.lock(ctx, []string{l.ItemID}); err != nil {
		return 0, err
	}
	batches, err := st.openBatches(ctx, []string{l.ItemID})
	if err != nil {
		return 0, err
	}
	need := Need{ItemID: l.ItemID, Quantity: l.Quantity}
	parts, _, missing := take(need, batches)
	if missing.IsPositive() {
		return 0, insufficient(need, need.Quantity.Sub(missing))
	}
	costs, err := costByLine(parts)
	if err != nil {
		return 0, err
	}
	movements := make([]movement, len(parts))
	for i, p := range parts {
		movements[i] = movement{BatchID: p.BatchID, ItemID: p.ItemID, Kind: kindWaste, Quantity: p.Quantity.Neg(), UnitCost: p.UnitCost}
	}
	return costs[need.LineNo], st.book(ctx, posting{At: l.At, BusinessDate: l.BusinessDate, SourceID: l.WastageID}, movements)
}

func insufficient(need Need, available decimal.Decimal) error {
	return fault.FailedPrecondition("INSUFFICIENT_STOCK",
		"only "+available.String()+" of item "+need.ItemID+" on hand, not "+need.Quantity.String()).
		With("item_id", need.ItemID).With("available", available.String()).With("requested", need.Quantity.String())
}
