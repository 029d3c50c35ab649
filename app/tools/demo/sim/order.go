package sim

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// longestStay is more than any order takes from opening to closing.
const longestStay = 2 * time.Hour

// visit is what is drawn for one party before its order is written.
type visit struct {
	leaving time.Time
	lines   int
	opened  time.Time
	prep    time.Duration // of the first ticket
	sent    time.Time     // likewise
}

// guests serves one party that leaves at the given time.
func (b *Branch) guests(leaving time.Time, daypart catalog.Daypart, busy bool) {
	o := &b.party
	v := b.visit(o, leaving, busy)
	o.ID, o.OpenedAt = b.mint("ord", v.opened), v.opened
	b.choose(o, v.lines, daypart)
	b.ticket(o, v)
	if leaving.After(b.now) {
		b.leaveOpen(o)
		return
	}
	if b.chance(15) {
		b.void(o, leaving)
	} else {
		b.strike(o, leaving)
		b.grant(o, leaving)
		b.close(o, leaving)
		b.refund(o)
	}
	b.sink.Order(o)
}

// visit draws who comes and how long they stay, and clears the order.
func (b *Branch) visit(o *Order, leaving time.Time, busy bool) visit {
	*o = Order{Adjustments: o.Adjustments[:0], Lines: o.Lines[:0], Tickets: o.Tickets[:0], Channel: "POS", Covers: 1}
	v := visit{leaving: leaving}
	var stay time.Duration
	switch kind := b.random.IntN(100); {
	case kind < 62:
		o.OrderType = "DINE_IN"
		o.Covers = int32(pick(b.random.IntN(100), 15, 53, 70, 88, 95)) + 1
		v.lines = pick(b.random.IntN(100), 24, 66, 90) + 1
		stay = b.minutes(30, 80)
	case kind < 87:
		o.OrderType = "TAKEAWAY"
		v.lines = pick(b.random.IntN(100), 50, 88) + 1
		stay = b.minutes(12, 25)
	default:
		o.OrderType = "DELIVERY"
		o.Channel = "WEB"
		if b.chance(400) {
			o.Channel = "APP"
		}
		v.lines = pick(b.random.IntN(100), 50, 88) + 1
		stay = b.minutes(20, 45)
	}
	late := b.profile.LatePermille
	if busy {
		late = late * 8 / 5
	}
	wait := b.minutes(1, 4)
	if b.chance(late) {
		v.prep = b.profile.ServiceTarget + b.minutes(1, 12)
	} else {
		v.prep = b.profile.ServiceTarget*2/5 + time.Duration(b.random.Int64N(int64(b.profile.ServiceTarget*3/5)))
	}
	v.prep = v.prep.Truncate(time.Second)
	stay = max(stay, wait+v.prep+2*time.Minute)
	v.opened = leaving.Add(-stay)
	v.sent = v.opened.Add(wait)
	return v
}

// minutes draws a time between two numbers of minutes, to the second.
func (b *Branch) minutes(least, most int64) time.Duration {
	return time.Duration(least*60+b.random.Int64N((most-least)*60)) * time.Second
}

// pick returns the first place whose limit is above n, or the number of limits.
func pick(n int, limits ...int) int {
	for i, limit := range limits {
		if n < limit {
			return i
		}
	}
	return len(limits)
}

// choose fills an order with dishes at the menu's prices, and totals it.
func (b *Branch) choose(o *Order, lines int, daypart catalog.Daypart) {
	dishes, choices := b.world.catalogue.Dishes, b.world.choices[daypart]
	for range lines {
		l := Line{Dish: &dishes[choices[b.random.IntN(len(choices))]], Portions: int64(pick(b.random.IntN(100), 68, 92)) + 1}
		price := l.Dish.Price
		if modifiers := b.world.catalogue.Modifiers; l.Dish.Category == catalog.Main && len(modifiers) > 0 && b.chance(80) {
			l.Modifier = &modifiers[b.random.IntN(len(modifiers))]
			price += l.Modifier.Price
		}
		l.Gross = l.Portions * price
		o.Lines = append(o.Lines, l)
	}
	total(o)
}

// total derives the order's money from its lines.
func total(o *Order) {
	o.Gross, o.Discount, o.Comp, o.Tax = 0, 0, 0, 0
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.VoidedAt.IsZero() {
			continue
		}
		l.Tax = money.MulRate(l.remaining(), int64(l.Dish.TaxRateBP))
		o.Gross += l.Gross
		o.Discount += l.Discount
		o.Comp += l.Comp
		o.Tax += l.Tax
	}
}

// close takes what the order's dishes are made of from the shelves and counts the order.
func (b *Branch) close(o *Order, at time.Time) {
	total(o)
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.VoidedAt.IsZero() {
			continue
		}
		cost := int64(0)
		for _, p := range l.Dish.Recipe {
			quantity := p.Requirement(l.Portions)
			if b.shelves[p.Item].onHand < quantity {
				b.express(p.Item, quantity, at.Add(-time.Second))
			}
			cost += b.sell(p.Item, quantity, o, int32(i)+1, at)
		}
		l.COGS = minorUnits(cost)
		o.COGS += l.COGS
	}
	o.Status, o.BusinessDate, o.ClosedAt, o.UpdatedAt = statusClosed, b.date, at, at
	b.figures.Orders++
	b.figures.Covers += int64(o.Covers)
	b.figures.Gross += o.Gross
	b.figures.Discounts += o.Discount
	b.figures.Comps += o.Comp
	b.figures.Tax += o.Tax
	b.figures.COGS += o.COGS
	for _, t := range o.Tickets {
		b.figures.Tickets++
		if t.ReadyAt.Sub(t.SentAt) <= b.profile.ServiceTarget {
			b.figures.TicketsOnTime++
		}
	}
}

// void cancels an order before it was paid.
func (b *Branch) void(o *Order, at time.Time) {
	o.Status, o.BusinessDate, o.VoidedAt, o.UpdatedAt = statusVoided, b.date, at, at
	o.VoidReason = voidReasons[b.random.IntN(len(voidReasons))]
	o.Tickets = o.Tickets[:0]
	for i := range o.Lines {
		o.Lines[i].TicketNo = 0
	}
	b.figures.Voids++
	b.figures.VoidsValue += o.Gross
}

// leaveOpen hands an order out as it stands now, if its guests have come already.
func (b *Branch) leaveOpen(o *Order) {
	if o.OpenedAt.After(b.now) {
		return
	}
	o.Status, o.UpdatedAt = statusReady, o.OpenedAt
	sent := 0
	for i := range o.Tickets {
		t := &o.Tickets[i]
		if t.SentAt.After(b.now) {
			break
		}
		sent++
		o.UpdatedAt = t.SentAt
		if t.ReadyAt.After(b.now) {
			t.ReadyAt, o.Status = time.Time{}, statusSent
		}
	}
	o.Tickets = o.Tickets[:sent]
	for i := range o.Lines {
		if int(o.Lines[i].TicketNo) > sent {
			o.Lines[i].TicketNo = 0
		}
	}
	if sent == 0 {
		o.Status = statusOpen
	}
	b.sink.Order(o)
}
