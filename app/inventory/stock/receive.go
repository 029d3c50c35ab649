package stock

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Incoming is goods that come in together.
type Incoming struct {
	// At is when they came in: their place in the order of use.
	At           time.Time
	BranchID     string
	BusinessDate civil.Date
	Lines        []IncomingLine
	OrgID        string
	Source       Source
	SourceID     string
}

// IncomingLine becomes one batch.
type IncomingLine struct {
	ExpiresOn civil.Date // zero if it doesn't expire
	ItemID    string
	Quantity  decimal.Decimal // in base units, above 0
	// ReceivedAt is when it first came in, if it travelled; zero: At.
	ReceivedAt time.Time
	UnitCost   decimal.Decimal // of one base unit in minor units, with at most six decimals
}

// Receive brings batches in, one for each line and in the same order, and settles open shortfalls from them, the oldest
// first: what is settled never reaches the shelf. settledCOGS is what the goods sold before cost more (less, if negative)
// than was booked then, rounded once per batch; the caller adds it to the cost of sales of the business date.
// The items must exist.
func Receive(ctx context.Context, tx postgres.Querier, in Incoming) (batches []Batch, settledCOGS int64, err error) {
	return bringIn(ctx, tx, in, nil)
}

// Arrive brings transferred goods in, as [Receive] does, and books lost at the cost that it had: as goods that came in and went
// at once, without settling anything. Nothing need have arrived.
func Arrive(ctx context.Context, tx postgres.Querier, in Incoming, lost []IncomingLine) (settledCOGS int64, err error) {
	_, settledCOGS, err = bringIn(ctx, tx, in, lost)
	return settledCOGS, err
}

// bringIn returns the batches of what came in. It locks the items of both sets together, or the order of locks would depend on
// what got lost.
func bringIn(ctx context.Context, tx postgres.Querier, in Incoming, lost []IncomingLine) (batches []Batch, settledCOGS int64, err error) {
	var itemIDs []string
	for _, l := range slices.Concat(in.Lines, lost) {
		itemIDs = append(itemIDs, l.ItemID)
	}
	slices.Sort(itemIDs)
	itemIDs = slices.Compact(itemIDs)
	st := newStore(tx, in.OrgID, in.BranchID)
	if err := st.lock(ctx, itemIDs); err != nil {
		return nil, 0, err
	}
	open, err := st.openShortfalls(ctx, itemIDs)
	if err != nil {
		return nil, 0, err
	}
	batches, movements, err := unpack(in, open)
	if err != nil {
		return nil, 0, err
	}
	for i := range batches {
		settledCOGS += batches[i].SettledCOGS
	}
	gone, losses, err := lose(in, lost)
	if err != nil {
		return nil, 0, err
	}
	if err := st.insertBatches(ctx, in, slices.Concat(batches, gone)); err != nil {
		return nil, 0, err
	}
	return batches, settledCOGS, st.book(ctx, posting{At: in.At, BusinessDate: in.BusinessDate, SourceID: in.SourceID}, append(movements, losses...))
}

// lose makes a batch of each lost line, and lists the movements that bring it in and take it away.
func lose(in Incoming, lost []IncomingLine) ([]Batch, []movement, error) {
	in.Lines = lost
	batches, movements, err := unpack(in, nil)
	if err != nil {
		return nil, nil, err
	}
	for i := range batches {
		b := &batches[i]
		movements = append(movements, movement{
			BatchID: b.ID, ItemID: b.ItemID, Kind: kindTransferLoss, LineNo: int32(i) + 1, Quantity: b.Received.Neg(), UnitCost: b.UnitCost,
		})
	}
	return batches, movements, nil
}

// unpack makes a batch of each line, settles what is open from it, and lists the movements of both.
func unpack(in Incoming, open map[string][]*shortfall) ([]Batch, []movement, error) {
	var movements []movement
	batches := make([]Batch, len(in.Lines))
	for i, l := range in.Lines {
		if _, err := amount(l.Quantity.Mul(l.UnitCost)); err != nil {
			return nil, nil, err
		}
		b := Batch{
			BranchID: in.BranchID, ExpiresOn: l.ExpiresOn, ID: ids.New("bat"), ItemID: l.ItemID, Received: l.Quantity,
			ReceivedAt: l.ReceivedAt, Remaining: l.Quantity, UnitCost: l.UnitCost,
		}
		if b.ReceivedAt.IsZero() {
			b.ReceivedAt = in.At
		}
		line := int32(i) + 1
		movements = append(movements, movement{
			BatchID: b.ID, ItemID: l.ItemID, Kind: kindOf[in.Source], LineNo: line, Quantity: l.Quantity, UnitCost: l.UnitCost,
		})
		var difference decimal.Decimal
		for _, s := range settle(l.Quantity, l.UnitCost, open[l.ItemID]) {
			b.Remaining = b.Remaining.Sub(s.Quantity)
			difference = difference.Add(s.difference())
			movements = append(movements, movement{
				BatchID: b.ID, ItemID: l.ItemID, Kind: kindSettlement, LineNo: line, Quantity: s.Quantity.Neg(), UnitCost: l.UnitCost,
			}, movement{
				ItemID: l.ItemID, Kind: kindSettlement, LineNo: line, Quantity: s.Quantity, ShortfallID: s.Shortfall.ID,
				UnitCost: s.Shortfall.UnitCost,
			})
		}
		settled, err := amount(difference)
		if err != nil {
			return nil, nil, err
		}
		b.SettledCOGS = settled
		batches[i] = b
	}
	return batches, movements, nil
}

var kindOf = map[Source]kind{
	SourceAdjustment: kindAdjustment,
	SourceCount:      kindCount,
	SourceOpening:    kindOpening,
	SourceReceipt:    kindReceipt,
	SourceTransfer:   kindTransferIn,
}
