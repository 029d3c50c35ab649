package demo

import (
	"encoding/json"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/copyto"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// clerk writes what happens in a branch as rows into a ledger.
type clerk struct {
	branchID string
	company  *company
	ledger   *ledger
	// moved is what the movements since the last day was written come to.
	moved map[itemDay]dayMoved
	// runningFrom, if set, is the first date whose deliveries that came in part still wait for the rest.
	runningFrom civil.Date
	target      int32 // seconds
	// watch, if set, is shown each day too.
	watch func(branchID string, day *sim.Day)
}

var _ sim.Sink = (*clerk)(nil)

// Order implements sim.Sink.
func (c *clerk) Order(o *sim.Order) {
	b, company := c.ledger.orders, c.company
	voidedBy := ""
	if !o.VoidedAt.IsZero() {
		voidedBy = company.managerID
	}
	b.Row()
	b.Text(company.orgID)
	b.Text(o.ID)
	b.Text(c.branchID)
	b.Text(o.Status)
	b.Text(o.Channel)
	b.Text(o.OrderType)
	b.Int4(o.Covers)
	b.Text(company.currency)
	b.Date(o.BusinessDate)
	b.Int8(o.Gross)
	b.Int8(o.Discount)
	b.Int8(o.Comp)
	b.Int8(o.Refunded)
	b.Int8(o.Tax)
	b.Int8(o.COGS)
	b.Text(company.tillID)
	b.Time(o.OpenedAt)
	b.Time(o.ClosedAt)
	b.Time(o.VoidedAt)
	b.TextOrNull(o.VoidReason)
	b.TextOrNull(voidedBy)
	b.Time(o.UpdatedAt)
	for i := range o.Lines {
		c.line(o.ID, int32(i)+1, &o.Lines[i])
	}
	for i := range o.Tickets {
		c.ticket(o.ID, int32(i)+1, &o.Tickets[i])
	}
	for i := range o.Adjustments {
		c.adjustment(o.ID, &o.Adjustments[i])
	}
}

func (c *clerk) line(orderID string, no int32, l *sim.Line) {
	b := c.ledger.lines
	modifiersPrice, modifiers := int64(0), ""
	if l.Modifier != nil {
		modifiersPrice, modifiers = l.Modifier.Price, modifierJSON(*l.Modifier)
	}
	b.Row()
	b.Text(c.company.orgID)
	b.Text(orderID)
	b.Int4(no)
	b.Text(l.Dish.ID)
	b.Text(l.Dish.Name)
	quantity(b, l.Portions*catalog.Unit)
	b.Int8(l.Dish.Price)
	b.Int8(modifiersPrice)
	b.JSONB(modifiers)
	b.Int8(l.Gross)
	b.Int8(l.Discount)
	b.Int8(l.Comp)
	b.Int4(l.Dish.TaxRateBP)
	b.Int8(l.Tax)
	b.Int8(l.COGS)
	int4OrNull(b, l.TicketNo)
	b.Time(l.VoidedAt)
	b.TextOrNull(l.VoidReason)
}

// modifierJSON writes a modifier as app/orders does.
func modifierJSON(m catalog.Modifier) string {
	encoded, err := json.Marshal([]struct {
		Name  string `json:"name"`
		Price int64  `json:"price"`
	}{{m.Name, m.Price}})
	if err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	return string(encoded)
}

func (c *clerk) ticket(orderID string, no int32, t *sim.Ticket) {
	b := c.ledger.tickets
	b.Row()
	b.Text(c.company.orgID)
	b.Text(orderID)
	b.Int4(no)
	b.Time(t.SentAt)
	b.Time(t.ReadyAt)
	b.Int4(c.target)
}

func (c *clerk) adjustment(orderID string, a *sim.Adjustment) {
	b := c.ledger.adjustments
	b.Row()
	b.Text(c.company.orgID)
	b.Text(orderID)
	b.Text(a.ID)
	b.Text(a.Kind)
	int4OrNull(b, a.LineNo)
	b.Int8(a.Amount)
	b.Int8(a.Tax)
	b.Text(a.Reason)
	b.Text(c.company.managerID)
	b.Time(a.CreatedAt)
	b.Text(c.branchID)
	b.Date(a.BusinessDate)
}

// Day implements sim.Sink.
func (c *clerk) Day(d *sim.Day) {
	b := c.ledger.days
	b.Row()
	b.Text(c.company.orgID)
	b.Text(c.branchID)
	b.Date(d.Date)
	b.Text(c.company.currency)
	for _, figure := range [...]int64{
		d.Orders, d.Covers, d.Gross, d.Discounts, d.Comps, d.Refunds, d.Tax, d.COGS, d.WasteCost, d.Tickets, d.TicketsOnTime, d.Voids,
		d.VoidsValue, d.Purchases,
	} {
		b.Int8(figure)
	}
	c.stockDays(d.Date)
	if c.watch != nil {
		c.watch(c.branchID, d)
	}
}

func int4OrNull(b *copyto.Buffer, v int32) {
	if v == 0 {
		b.Null()
		return
	}
	b.Int4(v)
}

func quantity(b *copyto.Buffer, thousandths int64) { b.Numeric(thousandths, catalog.QuantityScale) }

func unitCost(b *copyto.Buffer, millionths int64) { b.Numeric(millionths, catalog.CostScale) }
