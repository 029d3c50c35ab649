package sim

import "time"

const (
	// deliveredAt is when suppliers come, after midnight.
	deliveredAt = 6 * time.Hour
	// orderedBefore is how long before the delivery the branch orders.
	orderedBefore = 20 * time.Hour
	// firstDays is what a new branch is stocked with.
	firstDays = 6
)

// stockUp books the goods in with which a branch begins.
func (b *Branch) stockUp(at time.Time) {
	b.stocked = true
	for item := range b.shelves {
		s := &b.shelves[item]
		s.average = b.world.portions[item] * b.profile.DailyOrders / 1_000
		quantity := wholeUnits(s.average * firstDays)
		b.receive(item, max(quantity, wholeUnits(1)), b.unitCost(item), movedOpening, b.mint("opn", at), 1, at)
	}
}

// deliver brings what suppliers have to deliver this morning.
func (b *Branch) deliver(at time.Time) {
	turn := b.date.DaysSince(firstYear) + b.number
	for supplier := range b.world.catalogue.Suppliers {
		every := b.world.catalogue.Suppliers[supplier].EveryDays
		if (turn+supplier)%every != 0 {
			continue
		}
		d := b.newDelivery(supplier, at)
		for item := range b.shelves {
			s := &b.shelves[item]
			if b.world.catalogue.Items[item].Supplier != supplier {
				continue
			}
			// Enough until the next delivery, and half as much again for busy days.
			par := s.average * int64(every) * 3 / 2
			if missing := par - s.onHand; missing > par/5 {
				b.buy(d, item, wholeUnits(missing))
			}
		}
		b.book(d)
	}
}

// express brings an item that is about to run out, before it does.
func (b *Branch) express(item int, quantity int64, at time.Time) {
	d := b.newDelivery(b.world.catalogue.Items[item].Supplier, at)
	b.buy(d, item, wholeUnits(max(quantity, b.shelves[item].average)))
	b.book(d)
}

func (b *Branch) newDelivery(supplier int, at time.Time) *Delivery {
	orderedAt := at.Add(-orderedBefore)
	b.delivery = Delivery{
		BusinessDate: b.date, Lines: b.delivery.Lines[:0], OrderedAt: orderedAt, PurchaseOrderID: b.mint("po", orderedAt),
		ReceiptID: b.mint("rcp", at), ReceivedAt: at, Supplier: supplier,
	}
	return &b.delivery
}

// buy adds a line and its batch. Now and then less comes than was ordered.
func (b *Branch) buy(d *Delivery, item int, quantity int64) {
	l := DeliveryLine{Item: item, Ordered: quantity, Received: quantity, UnitCost: b.unitCost(item)}
	if b.chance(15) && quantity >= wholeUnits(1)*10 {
		l.Received = wholeUnits(quantity * 9 / 10)
		d.Short = true
	}
	l.OrderedCost, l.ReceivedCost = lineCost(l.Ordered, l.UnitCost), lineCost(l.Received, l.UnitCost)
	lineNo := int32(len(d.Lines)) + 1
	l.BatchID = b.receive(item, l.Received, l.UnitCost, movedReceipt, d.ReceiptID, lineNo, d.ReceivedAt)
	d.Total += l.OrderedCost
	d.Cost += l.ReceivedCost
	d.Lines = append(d.Lines, l)
}

func (b *Branch) book(d *Delivery) {
	if len(d.Lines) == 0 {
		return
	}
	b.figures.Purchases += d.Cost
	b.sink.Delivery(d)
}

// unitCost returns today's price of an item: dearer every year, different at each branch, up and down from day to day.
func (b *Branch) unitCost(item int) int64 {
	const (
		inflation = 25 // permille a year
		cents     = 10_000
	)
	days := int64(b.date.DaysSince(firstYear))
	cost := b.world.catalogue.Items[item].Cost / 1_000 * (1_000 + inflation*days/365)
	cost = cost / 1_000 * b.profile.CostPermille
	cost = cost / 1_000 * (970 + b.random.Int64N(61))
	return cost / cents * cents
}
