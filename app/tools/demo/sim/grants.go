package sim

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/money"
)

var (
	compReasons     = [...]string{"Wrong dish", "Long wait", "Regular guest"}
	discountReasons = [...]string{"Loyalty card", "Staff meal", "Birthday", "Slow service"}
	refundReasons   = [...]string{"Charged twice", "Dish was cold", "Missing item in delivery"}
	voidReasons     = [...]string{"Guest left", "Entered twice", "Out of stock"}
)

// strike takes a line off some orders before they are paid.
func (b *Branch) strike(o *Order, leaving time.Time) {
	if len(o.Lines) < 2 || !b.chance(15) {
		return
	}
	l := &o.Lines[len(o.Lines)-1]
	l.VoidedAt, l.VoidReason = o.OpenedAt.Add(leaving.Sub(o.OpenedAt)/4), "Guest changed their mind"
}

// grant takes a discount off some orders, and gives a dish or everything away in a few.
func (b *Branch) grant(o *Order, leaving time.Time) {
	at := leaving.Add(-time.Minute)
	switch draw := b.random.IntN(1_000); {
	case draw < 90:
		b.discount(o, at)
	case draw < 100:
		b.comp(o, int32(b.random.IntN(len(o.Lines)))+1, at)
	case draw < 103:
		b.comp(o, 0, at)
	}
}

// discount takes a percentage off the order, spread over its lines.
func (b *Branch) discount(o *Order, at time.Time) {
	weights := make([]int64, len(o.Lines))
	sum := int64(0)
	for i := range o.Lines {
		weights[i] = o.Lines[i].remaining()
		sum += weights[i]
	}
	amount := sum * int64(5*(1+b.random.IntN(4))) / 100
	if amount == 0 {
		return
	}
	for i, share := range money.Allocate(amount, weights) {
		o.Lines[i].Discount += share
	}
	b.adjust(o, kindDiscount, 0, amount, discountReasons[b.random.IntN(len(discountReasons))], at)
}

// comp gives a line away, or all of them if the number is 0.
func (b *Branch) comp(o *Order, lineNo int32, at time.Time) {
	amount := int64(0)
	for i := range o.Lines {
		if l := &o.Lines[i]; lineNo == 0 || int32(i)+1 == lineNo {
			given := l.remaining()
			l.Comp += given
			amount += given
		}
	}
	if amount > 0 {
		b.adjust(o, kindComp, lineNo, amount, compReasons[b.random.IntN(len(compReasons))], at)
	}
}

// refund pays some orders back, in part or whole, on the same date or the next. All is drawn before it is known whether
// it has happened yet, so that now doesn't change what happened before.
func (b *Branch) refund(o *Order) {
	net := o.Gross - o.Discount - o.Comp
	if net == 0 || !b.chance(8) {
		return
	}
	amount := net
	if first := o.Lines[0].remaining(); b.chance(500) && first > 0 {
		amount = first
	}
	at, date := o.ClosedAt.Add(b.minutes(5, 120)), b.date
	if b.chance(250) && b.followed {
		at, date = b.closing.Add(deliveredAt+b.minutes(0, 240)), b.date.AddDays(1)
	} else if !at.Before(b.closing) {
		at = b.closing.Add(-time.Second)
	}
	b.adjust(o, kindRefund, 0, amount, refundReasons[b.random.IntN(len(refundReasons))], at)
	if at.After(b.now) {
		o.Adjustments = o.Adjustments[:len(o.Adjustments)-1]
		return
	}
	a := &o.Adjustments[len(o.Adjustments)-1]
	// The same share of the tax as the refund is of the net, half away from zero.
	a.BusinessDate, a.Tax = date, (2*o.Tax*amount+net)/(2*net)
	o.Refunded, o.UpdatedAt = amount, at
	figures := &b.figures
	if date != b.date {
		figures = &b.carried
	}
	figures.Refunds += amount
	figures.Tax -= a.Tax
}

func (b *Branch) adjust(o *Order, kind string, lineNo int32, amount int64, reason string, at time.Time) {
	o.Adjustments = append(o.Adjustments, Adjustment{
		Amount: amount, CreatedAt: at, ID: b.mint("adj", at), Kind: kind, LineNo: lineNo, Reason: reason,
	})
}
