package orders

import (
	"slices"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// clone returns a copy whose lines, adjustments and tickets can be changed.
func (o *Order) clone() *Order {
	c := *o
	c.Adjustments = slices.Clone(o.Adjustments)
	c.Lines = slices.Clone(o.Lines)
	c.Tickets = slices.Clone(o.Tickets)
	return &c
}

// promotable reports whether promotions can be taken off a line: it was neither struck nor given away.
func (l *Line) promotable() bool { return l.VoidedAt.IsZero() && l.Comp == 0 }

// basket returns what promotions look at: the gross of the lines, since discounts by hand come after promotions.
func (o *Order) basket(dishes map[string]menu.Item) pricing.Basket {
	b := pricing.Basket{Channel: o.Channel, OrderType: o.OrderType}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.promotable() {
			b.Lines = append(b.Lines, pricing.Line{
				Category: dishes[l.MenuItemID].Category, MenuItemID: l.MenuItemID, Net: l.Gross, No: l.No, Quantity: l.Quantity,
			})
		}
	}
	return b
}

// Promote books what promotions take off. Discounts by hand come after them: each that was granted on a line is cut to what remains
// of that line, and those that were granted on the order are cut to what remains of it and split anew, pro rata.
func (o *Order) Promote(given []pricing.Decision) {
	if len(given) == 0 {
		return
	}
	onLine := o.grantedByLine()
	var onOrder int64
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.promotable() {
			continue
		}
		byLine := min(onLine[l.No], l.Discount)
		onOrder += l.Discount - byLine
		onLine[l.No], l.Discount = byLine, 0
	}
	for _, d := range given {
		o.Promotions = append(o.Promotions, AppliedPromotion{
			Amount: d.Discount, CouponCode: d.CouponCode, Lines: d.Lines, Name: d.Promotion.Name, PromotionID: d.Promotion.ID,
		})
		o.PromotionDiscount += d.Discount
		for _, taken := range d.Lines {
			l := &o.Lines[taken.LineNo-1]
			l.Discount += taken.Amount
			l.PromotionDiscount += taken.Amount
		}
	}
	weights, remaining := make([]int64, len(o.Lines)), int64(0)
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.promotable() {
			l.Discount += min(onLine[l.No], l.remaining())
			weights[i] = l.remaining()
			remaining += weights[i]
		}
	}
	if onOrder > 0 && remaining > 0 {
		for i, share := range money.Allocate(min(onOrder, remaining), weights) {
			o.Lines[i].Discount += share
		}
	}
	o.total()
}

// grantedByLine sums the discounts by hand that were granted on single lines.
func (o *Order) grantedByLine() map[int32]int64 {
	granted := map[int32]int64{}
	for _, a := range o.Adjustments {
		if a.Kind == KindDiscount && a.LineNo != 0 {
			granted[a.LineNo] += a.Amount
		}
	}
	return granted
}
