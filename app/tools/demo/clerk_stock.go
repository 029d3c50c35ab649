package demo

import (
	"cmp"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// Batch implements sim.Sink.
func (c *clerk) Batch(batch *sim.Batch) {
	b := c.ledger.batches
	b.Row()
	b.Text(c.company.orgID)
	b.Text(batch.ID)
	b.Text(c.branchID)
	b.Text(c.itemID(batch.Item))
	quantity(b, batch.Received)
	quantity(b, batch.Remaining)
	unitCost(b, batch.UnitCost)
	b.Time(batch.ReceivedAt)
	b.Date(batch.ExpiresOn)
	b.Text(batch.Source)
	b.Text(batch.SourceID)
	b.Date(batch.BusinessDate)
}

// Movement implements sim.Sink.
func (c *clerk) Movement(m *sim.Movement) {
	b := c.ledger.movements
	b.Row()
	b.Text(c.company.orgID)
	b.Text(c.branchID)
	b.Text(c.itemID(m.Item))
	b.Text(m.BatchID)
	b.Text(m.Kind)
	quantity(b, m.Quantity)
	unitCost(b, m.UnitCost)
	b.Text(m.SourceID)
	b.Int4(m.LineNo)
	b.Date(m.BusinessDate)
	b.Time(m.OccurredAt)
	if c.moved == nil {
		c.moved = make(map[itemDay]dayMoved)
	}
	key := itemDay{date: m.BusinessDate, item: m.Item}
	day := c.moved[key]
	day.moved += m.Quantity
	if m.Kind == "SALE" {
		day.used -= m.Quantity
	}
	c.moved[key] = day
}

// itemDay is a business date of an item.
type itemDay struct {
	date civil.Date
	item int
}

// dayMoved is what moved on it, in thousandths of the item's unit.
type dayMoved struct{ moved, used int64 }

// stockDays writes the days of all items up to a date, by date and item so that the same seed gives the same file.
func (c *clerk) stockDays(upTo civil.Date) {
	var done []itemDay
	for key := range c.moved {
		if !key.date.After(upTo) {
			done = append(done, key)
		}
	}
	slices.SortFunc(done, func(x, y itemDay) int { return cmp.Or(x.date.Compare(y.date), cmp.Compare(x.item, y.item)) })
	b := c.ledger.stockDays
	for _, key := range done {
		b.Row()
		b.Text(c.company.orgID)
		b.Text(c.branchID)
		b.Text(c.itemID(key.item))
		b.Date(key.date)
		quantity(b, c.moved[key].used)
		quantity(b, c.moved[key].moved)
		delete(c.moved, key)
	}
}

// Wastage implements sim.Sink.
func (c *clerk) Wastage(w *sim.Wastage) {
	b := c.ledger.wastage
	b.Row()
	b.Text(c.company.orgID)
	b.Text(w.ID)
	b.Text(c.branchID)
	b.Text(c.itemID(w.Item))
	quantity(b, w.Quantity)
	b.Int8(w.Cost)
	b.Text(w.Reason)
	b.Date(w.BusinessDate)
	b.Time(w.WastedAt)
	b.Text(c.company.tillID)
	b.Time(w.WastedAt)
}

// Delivery implements sim.Sink.
func (c *clerk) Delivery(d *sim.Delivery) {
	status, closedAt := "RECEIVED", d.ReceivedAt
	switch {
	case d.Short && !c.runningFrom.IsZero() && !d.BusinessDate.Before(c.runningFrom):
		status, closedAt = "PARTIALLY_RECEIVED", time.Time{}
	case d.Short:
		status, closedAt = "CLOSED_SHORT", d.ReceivedAt.Add(time.Hour)
	}
	supplierID := c.company.catalogue.Suppliers[d.Supplier].ID
	c.ledger.purchaseOrder(c.company, purchaseOrder{
		approvedAt: d.OrderedAt.Add(20 * time.Minute), approvedBy: c.company.managerID, branchID: c.branchID, closedAt: closedAt,
		createdAt: d.OrderedAt, id: d.PurchaseOrderID, placedAt: d.OrderedAt.Add(25 * time.Minute), status: status,
		submittedAt: d.OrderedAt.Add(5 * time.Minute), supplierID: supplierID, total: d.Total,
	})
	r := c.ledger.receipts
	r.Row()
	r.Text(c.company.orgID)
	r.Text(d.ReceiptID)
	r.Text(d.PurchaseOrderID)
	r.Text(c.branchID)
	r.Text("Store keeper")
	r.Text(c.company.buyerID)
	r.Date(d.BusinessDate)
	r.Time(d.ReceivedAt)
	r.Int8(d.Cost)
	for i := range d.Lines {
		l, no := &d.Lines[i], int32(i)+1
		c.ledger.purchaseOrderLine(c.company, d.PurchaseOrderID, no, purchaseOrderLine{
			amount: l.OrderedCost, itemID: c.itemID(l.Item), quantity: l.Ordered, received: l.Received, unitCost: l.UnitCost,
		})
		b := c.ledger.receiptLines
		b.Row()
		b.Text(c.company.orgID)
		b.Text(d.ReceiptID)
		b.Int4(no)
		b.Text(c.itemID(l.Item))
		quantity(b, l.Received)
		unitCost(b, l.UnitCost)
		b.Text(l.BatchID)
		b.Int8(l.ReceivedCost)
	}
}

func (c *clerk) itemID(item int) string { return c.company.catalogue.Items[item].ID }

// purchaseOrder is a row of purchase_orders; zero times and texts are NULL.
type purchaseOrder struct {
	approvedAt   time.Time
	approvedBy   string
	branchID     string
	cancelReason string
	closedAt     time.Time
	createdAt    time.Time
	id           string
	placedAt     time.Time
	status       string
	submittedAt  time.Time
	supplierID   string
	total        int64
}

// purchaseOrderLine is a row of purchase_order_lines, in the units of package sim.
type purchaseOrderLine struct {
	amount   int64
	itemID   string
	quantity int64
	received int64
	unitCost int64
}

func (l *ledger) purchaseOrder(company *company, o purchaseOrder) {
	b := l.purchases
	b.Row()
	b.Text(company.orgID)
	b.Text(o.id)
	b.Text(o.branchID)
	b.Text(o.supplierID)
	b.Text(o.status)
	b.Text(company.currency)
	b.Int8(o.total)
	b.Text(company.buyerID)
	b.TextOrNull(o.approvedBy)
	b.TextOrNull(o.cancelReason)
	b.Time(o.createdAt)
	b.Time(o.submittedAt)
	b.Time(o.approvedAt)
	b.Time(o.placedAt)
	b.Time(o.closedAt)
}

func (l *ledger) purchaseOrderLine(company *company, orderID string, no int32, line purchaseOrderLine) {
	b := l.purchaseLines
	b.Row()
	b.Text(company.orgID)
	b.Text(orderID)
	b.Int4(no)
	b.Text(line.itemID)
	quantity(b, line.quantity)
	unitCost(b, line.unitCost)
	quantity(b, line.received)
	b.Int8(line.amount)
}
