package orders

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

const (
	// maxLineGross keeps the sum of an order's lines, and of a branch's day, far inside int64.
	maxLineGross = 1_000_000_000_000_000
	// maxLines bounds an order.
	maxLines = 500
)

// active refuses what can only be done before an order is closed or voided.
func (o *Order) active() error {
	switch o.Status {
	case StatusClosed:
		return fault.FailedPrecondition("ORDER_CLOSED", "order "+o.ID+" is closed")
	case StatusVoided:
		return fault.FailedPrecondition("ORDER_VOIDED", "order "+o.ID+" is voided")
	default:
		return nil
	}
}

// total derives the order's money from its lines.
func (o *Order) total() {
	o.Gross, o.Discount, o.Comp, o.Tax = 0, 0, 0, 0
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.VoidedAt.IsZero() {
			continue
		}
		l.Tax = money.MulRate(l.remaining(), int64(l.TaxRateBP))
		o.Gross += l.Gross
		o.Discount += l.Discount
		o.Comp += l.Comp
		o.Tax += l.Tax
	}
}

// AddLines appends lines, numbers them and computes their gross.
func (o *Order) AddLines(lines []Line) error {
	if err := o.active(); err != nil {
		return err
	}
	if len(o.Lines)+len(lines) > maxLines {
		return fault.Invalid("lines", fmt.Sprintf("must be at most %d in an order", maxLines))
	}
	for i, l := range lines {
		price := l.UnitPrice
		for _, m := range l.Modifiers {
			l.ModifiersPrice += m.Price
			price += m.Price
		}
		gross, err := money.Times(l.Quantity, price)
		if err != nil || gross > maxLineGross {
			return fault.Invalid(fmt.Sprintf("lines[%d].quantity", i), fmt.Sprintf("makes an amount over %d", int64(maxLineGross)))
		}
		l.Gross = gross
		l.No = int32(len(o.Lines)) + 1
		o.Lines = append(o.Lines, l)
	}
	o.total()
	return nil
}

// line finds a line that wasn't struck.
func (o *Order) line(no int32) (*Line, error) {
	if no < 1 || int(no) > len(o.Lines) || !o.Lines[no-1].VoidedAt.IsZero() {
		return nil, fault.Invalid("line_no", fmt.Sprintf("must be a line of the order that is not voided, not %d", no))
	}
	return &o.Lines[no-1], nil
}

// VoidLine strikes a line.
func (o *Order) VoidLine(no int32, reason string, at time.Time) error {
	if err := o.active(); err != nil {
		return err
	}
	l, err := o.line(no)
	if err != nil {
		return err
	}
	l.VoidedAt, l.VoidReason = at, reason
	o.total()
	return nil
}

// Send puts the lines that weren't sent yet on one ticket.
func (o *Order) Send(at time.Time, target time.Duration) error {
	if err := o.active(); err != nil {
		return err
	}
	ticket := Ticket{No: int32(len(o.Tickets)) + 1, SentAt: at, Target: target}
	sent := false
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.VoidedAt.IsZero() && l.TicketNo == 0 {
			l.TicketNo, sent = ticket.No, true
		}
	}
	if !sent {
		return fault.FailedPrecondition("NOTHING_TO_SEND", "order "+o.ID+" has no line that was not sent")
	}
	o.Tickets = append(o.Tickets, ticket)
	o.Status = StatusSent
	return nil
}

// MarkReady stops the time of a ticket, or of all running ones if no is 0. It returns the order's tickets that it stopped.
// Tickets of a closed order can become ready too: guests may pay first.
func (o *Order) MarkReady(no int32, at time.Time) ([]Ticket, error) {
	if o.Status == StatusVoided {
		return nil, o.active()
	}
	var stopped []Ticket
	running := false
	for i := range o.Tickets {
		t := &o.Tickets[i]
		if !t.ReadyAt.IsZero() {
			continue
		}
		if no != 0 && t.No != no {
			running = true
			continue
		}
		t.ReadyAt = at
		stopped = append(stopped, *t)
	}
	if len(stopped) == 0 {
		return nil, fault.FailedPrecondition("NO_TICKET_RUNNING", "order "+o.ID+" has no such ticket running")
	}
	if !running && o.Status == StatusSent {
		o.Status = StatusReady
	}
	return stopped, nil
}

// Close fixes the order's money and business date. Its cost is set afterwards, by [Order.SetCost].
func (o *Order) Close(at time.Time, date civil.Date) error {
	if err := o.active(); err != nil {
		return err
	}
	o.total()
	if !o.hasLines() {
		return fault.FailedPrecondition("ORDER_EMPTY", "order "+o.ID+" has no line to be paid")
	}
	o.Status, o.ClosedAt, o.BusinessDate = StatusClosed, at, date
	return nil
}

func (o *Order) hasLines() bool {
	for i := range o.Lines {
		if o.Lines[i].VoidedAt.IsZero() {
			return true
		}
	}
	return false
}

// SetCost books what the lines used up, in minor units by line number.
func (o *Order) SetCost(costs map[int32]int64, short bool) {
	o.COGS, o.StockShort = 0, short
	for i := range o.Lines {
		o.Lines[i].COGS = costs[o.Lines[i].No]
		o.COGS += o.Lines[i].COGS
	}
}

// Void cancels the order. A closed one only on its own business date and while nothing was refunded; restocked says
// that what it used up went back, else its cost stays in the day.
func (o *Order) Void(at time.Time, date civil.Date, reason, by string, restocked bool) error {
	switch o.Status {
	case StatusVoided:
		return o.active()
	case StatusClosed:
		if o.Refunded > 0 {
			return fault.FailedPrecondition("ORDER_REFUNDED", "order "+o.ID+" was refunded and can't be voided")
		}
		if date != o.BusinessDate {
			return fault.FailedPrecondition("ORDER_DAY_ENDED",
				fmt.Sprintf("order %s belongs to %s, which has ended: refund it instead", o.ID, o.BusinessDate))
		}
	default:
		o.BusinessDate = date
	}
	if restocked {
		o.SetCost(nil, o.StockShort)
	}
	o.Status, o.VoidedAt, o.VoidReason, o.VoidedBy = StatusVoided, at, reason, by
	return nil
}

// Refund pays back part of a closed order on a business date of its own. Its tax is the same share of the order's tax as
// the refunds so far are of its net, so that refunding all of it pays back all of the tax. restock demands that
// nothing of the net is left.
func (o *Order) Refund(amount int64, date civil.Date, restock bool, g Grant) (Adjustment, error) {
	if o.Status != StatusClosed {
		return Adjustment{}, fault.FailedPrecondition("ORDER_NOT_CLOSED", "order "+o.ID+" is not closed")
	}
	net := o.Gross - o.Discount - o.Comp
	if left := o.Net(); amount <= 0 || amount > left {
		return Adjustment{}, fault.Invalid("amount", fmt.Sprintf("must be from 1 to %d, what is left of the order", left))
	}
	if restock && amount != o.Net() {
		return Adjustment{}, fault.Invalid("restock", "is only for a refund of all that is left of the order")
	}
	before, after := share(o.Tax, o.Refunded, net), share(o.Tax, o.Refunded+amount, net)
	a := g.adjustment(KindRefund, amount)
	a.Tax, a.BusinessDate = after-before, date
	if restock {
		a.RestockedCOGS = o.COGS
	}
	o.Refunded += amount
	o.Adjustments = append(o.Adjustments, a)
	return a, nil
}

// share returns total × part ÷ whole, rounded half away from zero.
func share(total, part, whole int64) int64 {
	product := decimal.NewFromInt(total).Mul(decimal.NewFromInt(part))
	rounded := product.DivRound(decimal.NewFromInt(whole), 0)
	return rounded.IntPart()
}
