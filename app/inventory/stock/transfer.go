package stock

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Arrive brings transferred goods in, as [Receive] does, and books the lines whose places are in lost as lost at once: they are
// on nobody's shelf. Lost lines settle nothing.
func Arrive(ctx context.Context, tx postgres.Querier, in Incoming, lost []IncomingLine) (settledCOGS int64, err error) {
	if len(in.Lines) > 0 {
		if _, settledCOGS, err = Receive(ctx, tx, in); err != nil {
			return 0, err
		}
	}
	if len(lost) == 0 {
		return settledCOGS, nil
	}
	in.Lines = lost
	st := newStore(tx, in.OrgID, in.BranchID)
	needs := make([]Need, len(lost))
	for i, l := range lost {
		needs[i] = Need{ItemID: l.ItemID, Quantity: l.Quantity}
	}
	if err := st.lock(ctx, items(needs)); err != nil {
		return 0, err
	}
	batches, movements, err := unpack(in, nil)
	if err != nil {
		return 0, err
	}
	if err := st.insertBatches(ctx, in, batches); err != nil {
		return 0, err
	}
	for i := range batches {
		movements = append(movements, movement{
			BatchID: batches[i].ID, ItemID: batches[i].ItemID, Kind: kindTransferLoss, LineNo: int32(i) + 1, Quantity: batches[i].Received.Neg(),
			UnitCost: batches[i].UnitCost,
		})
	}
	return settledCOGS, st.book(ctx, posting{At: in.At, BusinessDate: in.BusinessDate, SourceID: in.SourceID}, movements)
}
