package procurement

import "github.com/chefcloud/chefcloud/app/webhooks/outgoing"

func placedEvent(o *Order) outgoing.Event {
	placed := outgoing.PurchaseOrder{
		PurchaseOrderID: o.ID, BranchID: o.BranchID, SupplierID: o.SupplierID, Status: string(o.Status), Currency: o.Currency, Total: o.Total,
		PlacedAt: o.PlacedAt.UTC(), Lines: []outgoing.PurchaseOrderLine{},
	}
	for _, l := range o.Lines {
		placed.Lines = append(placed.Lines, outgoing.PurchaseOrderLine{ItemID: l.ItemID, Quantity: l.Quantity, UnitCost: l.UnitCost, Amount: l.Amount})
	}
	return outgoing.Event{At: o.PlacedAt, BranchID: o.BranchID, Data: placed, Type: outgoing.TypePurchaseOrderPlaced}
}

func receivedEvent(o *Order, r *Receipt) outgoing.Event {
	received := outgoing.Receipt{
		PurchaseOrderID: o.ID, ReceiptID: r.ID, BranchID: o.BranchID, SupplierID: o.SupplierID, BusinessDate: r.BusinessDate, Status: string(o.Status),
		Currency: o.Currency, Cost: r.Cost, ReceivedAt: r.ReceivedAt.UTC(), ReceivedBy: r.ReceivedBy, Lines: []outgoing.PurchaseOrderLine{},
	}
	for _, l := range r.Lines {
		received.Lines = append(received.Lines, outgoing.PurchaseOrderLine{ItemID: l.ItemID, Quantity: l.Quantity, UnitCost: l.UnitCost, Amount: l.Amount})
	}
	return outgoing.Event{At: r.ReceivedAt, BranchID: o.BranchID, Data: received, Type: outgoing.TypePurchaseOrderReceived}
}
