package procurement

import (
	"cmp"
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
)

// Receive books a delivery: the receipt, a batch for each line, the order, and the branch day's purchases and settled cost
// of sales. All of it or, with an error, nothing. receivedBy is the caller's id if empty. The lock on the order comes
// first, so that deliveries of one order queue up and each sees what the one before left.
func (s *Service) Receive(ctx context.Context, tx postgres.Querier, id, receivedBy string, delivered []Delivered) (Receipt, *Order, error) {
	c := caller.From(ctx)
	var receipt Receipt
	var wanted []string
	receiptID := ids.New("rcp")
	o, err := s.change(ctx, tx, id, ActionReceived, receiptID, func(o *Order) (err error) {
		b, err := branch.Get(ctx, tx, c, o.BranchID)
		if err != nil {
			return err
		}
		wanted = b.WebhookEvents
		now := s.clock()
		if receipt, err = o.Receive(delivered, now); err != nil {
			return err
		}
		receipt.BusinessDate, receipt.ID, receipt.RecordedBy = b.BusinessDate(now), receiptID, c.ActorID()
		receipt.ReceivedBy = cmp.Or(receivedBy, receipt.RecordedBy)
		return s.book(ctx, tx, o, &receipt, delivered)
	})
	if err != nil {
		return Receipt{}, nil, err
	}
	if outgoing.Wanted(wanted, outgoing.TypePurchaseOrderReceived) {
		if err := s.emitter.Emit(ctx, tx, o.OrgID, receivedEvent(o, &receipt)); err != nil {
			return Receipt{}, nil, err
		}
	}
	return receipt, o, s.addDetail(ctx, tx, o)
}

// book brings a delivery into stock, stores the receipt and counts it in the branch day.
func (s *Service) book(ctx context.Context, tx postgres.Querier, o *Order, r *Receipt, delivered []Delivered) error {
	in := stock.Incoming{
		At: r.ReceivedAt, BranchID: r.BranchID, BusinessDate: r.BusinessDate, OrgID: o.OrgID, Source: stock.SourceReceipt, SourceID: r.ID,
	}
	for i, l := range r.Lines {
		in.Lines = append(in.Lines, stock.IncomingLine{
			ExpiresOn: delivered[i].ExpiresOn, ItemID: l.ItemID, Quantity: l.Quantity, UnitCost: l.UnitCost,
		})
	}
	batches, settledCOGS, err := stock.Receive(ctx, tx, in)
	if err != nil {
		return err
	}
	for i := range r.Lines {
		r.Lines[i].BatchID = batches[i].ID
	}
	if err := s.store.insertReceipt(ctx, tx, o, r); err != nil {
		return err
	}
	return daysales.Add(ctx, tx, daysales.Delta{
		Figures:  daysales.Figures{COGS: settledCOGS, Purchases: r.Cost},
		BranchID: r.BranchID,
		Currency: o.Currency,
		Date:     r.BusinessDate,
		OrgID:    o.OrgID,
	})
}
