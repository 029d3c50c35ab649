package stock

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Withdrawal is what leaves a branch without being sold.
type Withdrawal struct {
	At           time.Time
	BranchID     string
	BusinessDate civil.Date
	Needs        []Need // each item once
	OrgID        string
	SourceID     string
}

// Withdrawn is what a withdrawal took.
type Withdrawn struct {
	// CostByLine is in minor units by line number, each rounded once.
	CostByLine map[int32]int64
	Parcels    []Parcel
}

// Parcel is what was taken from one batch, with what travels along.
type Parcel struct {
	ExpiresOn  civil.Date // zero if it doesn't expire
	LineNo     int32
	Quantity   decimal.Decimal
	ReceivedAt time.Time
	UnitCost   decimal.Decimal
}

// Waste takes what was thrown away from the oldest batches. More than is on hand is failed_precondition
// INSUFFICIENT_STOCK, naming what there is, and nothing is taken. So it is with all withdrawals.
func Waste(ctx context.Context, tx postgres.Querier, w Withdrawal) (Withdrawn, error) {
	return withdraw(ctx, tx, w, kindWaste)
}

// Adjust takes out what was found missing by hand.
func Adjust(ctx context.Context, tx postgres.Querier, w Withdrawal) (Withdrawn, error) {
	return withdraw(ctx, tx, w, kindAdjustment)
}

// CountOut takes out what a count found missing.
func CountOut(ctx context.Context, tx postgres.Querier, w Withdrawal) (Withdrawn, error) {
	return withdraw(ctx, tx, w, kindCount)
}

// Send takes what goes to another branch.
func Send(ctx context.Context, tx postgres.Querier, w Withdrawal) (Withdrawn, error) {
	return withdraw(ctx, tx, w, kindTransferOut)
}

func withdraw(ctx context.Context, tx postgres.Querier, w Withdrawal, k kind) (Withdrawn, error) {
	st := newStore(tx, w.OrgID, w.BranchID)
	itemIDs := items(w.Needs)
	if err := st.lock(ctx, itemIDs); err != nil {
		return Withdrawn{}, err
	}
	batches, err := st.openBatches(ctx, itemIDs)
	if err != nil {
		return Withdrawn{}, err
	}
	owed, err := st.openShortfalls(ctx, itemIDs)
	if err != nil {
		return Withdrawn{}, err
	}
	if err := cover(w.Needs, batches, owed); err != nil {
		return Withdrawn{}, err
	}
	parts := allocate(w.Needs, batches)
	movements := make([]movement, len(parts))
	taken := Withdrawn{Parcels: make([]Parcel, len(parts))}
	for i, p := range parts {
		movements[i] = movement{BatchID: p.BatchID, ItemID: p.ItemID, Kind: k, LineNo: p.LineNo, Quantity: p.Quantity.Neg(), UnitCost: p.UnitCost}
		taken.Parcels[i] = Parcel{ExpiresOn: p.ExpiresOn, LineNo: p.LineNo, Quantity: p.Quantity, ReceivedAt: p.ReceivedAt, UnitCost: p.UnitCost}
	}
	if taken.CostByLine, err = costByLine(parts); err != nil {
		return Withdrawn{}, err
	}
	return taken, st.book(ctx, posting{At: w.At, BusinessDate: w.BusinessDate, SourceID: w.SourceID}, movements)
}

// cover refuses needs of more than is on hand: what the batches hold, less what is owed.
func cover(needs []Need, batches []Batch, owed map[string][]*shortfall) error {
	wanted, onHand := make(map[string]decimal.Decimal), make(map[string]decimal.Decimal)
	for _, n := range needs {
		wanted[n.ItemID] = wanted[n.ItemID].Add(n.Quantity)
	}
	for _, b := range batches {
		onHand[b.ItemID] = onHand[b.ItemID].Add(b.Remaining)
	}
	for itemID, shortfalls := range owed {
		for _, s := range shortfalls {
			onHand[itemID] = onHand[itemID].Sub(s.Open)
		}
	}
	for _, n := range needs {
		if available := onHand[n.ItemID]; available.LessThan(wanted[n.ItemID]) {
			return fault.FailedPrecondition("INSUFFICIENT_STOCK",
				"only "+available.String()+" of item "+n.ItemID+" on hand, not "+wanted[n.ItemID].String()).
				With("item_id", n.ItemID).With("available", available.String()).With("requested", wanted[n.ItemID].String())
		}
	}
	return nil
}
