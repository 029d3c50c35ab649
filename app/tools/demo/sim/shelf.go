package sim

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// shelf is what a branch has of an item.
type shelf struct {
	average int64   // expected use of a day
	onHand  int64   // sum of what remains
	open    []Batch // the oldest first; all have something left
	used    int64   // by sales, on the current date
}

// add puts a batch behind the others.
func (s *shelf) add(b Batch) {
	s.open = append(s.open, b)
	s.onHand += b.Remaining
}

// drop takes the first batch off, which is used up.
func (s *shelf) drop() {
	copy(s.open, s.open[1:])
	s.open = s.open[:len(s.open)-1]
}

// sell takes a quantity for a line of an order and returns its cost, in billionths of a minor unit. There must be enough.
func (b *Branch) sell(item int, quantity int64, o *Order, lineNo int32, at time.Time) int64 {
	s := &b.shelves[item]
	s.used += quantity
	s.onHand -= quantity
	detailed := !b.date.Before(b.world.options.DetailedFrom)
	cost := int64(0)
	for quantity > 0 {
		first := &s.open[0]
		taken := min(quantity, first.Remaining)
		quantity -= taken
		first.Remaining -= taken
		cost += taken * first.UnitCost
		if detailed {
			b.move(first, movedSale, -taken, o.ID, lineNo, at)
		} else {
			first.sold += taken
		}
		if first.Remaining == 0 {
			b.bookSales(first, at)
			b.sink.Batch(first)
			s.drop()
		}
	}
	return cost
}

// throw takes a quantity off as waste, or all that there is, and returns what it was and what it cost.
func (b *Branch) throw(item int, quantity int64, wastageID string, at time.Time) (thrown, cost int64) {
	s := &b.shelves[item]
	exact := int64(0)
	for thrown < quantity && len(s.open) > 0 {
		first := &s.open[0]
		taken := min(quantity-thrown, first.Remaining)
		thrown += taken
		s.onHand -= taken
		first.Remaining -= taken
		exact += taken * first.UnitCost
		b.move(first, movedWaste, -taken, wastageID, 0, at)
		if first.Remaining == 0 {
			b.bookSales(first, at)
			b.sink.Batch(first)
			s.drop()
		}
	}
	return thrown, minorUnits(exact)
}

// bookSales writes what a batch gave to sales since the last time into the ledger.
func (b *Branch) bookSales(batch *Batch, at time.Time) {
	if batch.sold == 0 {
		return
	}
	b.move(batch, movedSale, -batch.sold, b.salesID, 0, at)
	batch.sold = 0
}

// endDay books the sales of the date and learns from them.
func (b *Branch) endDay(at time.Time) {
	for item := range b.shelves {
		s := &b.shelves[item]
		for i := range s.open {
			b.bookSales(&s.open[i], at)
		}
		const memory = 8 // days
		s.average = ((memory-1)*s.average + s.used) / memory
	}
}

func (b *Branch) move(batch *Batch, kind string, quantity int64, sourceID string, lineNo int32, at time.Time) {
	b.movement = Movement{
		BatchID: batch.ID, BusinessDate: b.date, Item: batch.Item, Kind: kind, LineNo: lineNo, OccurredAt: at, Quantity: quantity,
		SourceID: sourceID, UnitCost: batch.UnitCost,
	}
	b.sink.Movement(&b.movement)
}

// receive brings a batch in.
func (b *Branch) receive(item int, quantity, unitCost int64, source, sourceID string, lineNo int32, at time.Time) string {
	batch := Batch{
		BusinessDate: b.date, ExpiresOn: b.expiry(item), ID: b.mint("bat", at), Item: item, Received: quantity, ReceivedAt: at,
		Remaining: quantity, Source: source, SourceID: sourceID, UnitCost: unitCost,
	}
	b.move(&batch, source, quantity, sourceID, lineNo, at)
	b.shelves[item].add(batch)
	return batch.ID
}

// expiry returns the last date on which what comes in today can be used; zero if it keeps.
func (b *Branch) expiry(item int) civil.Date {
	days := b.world.catalogue.Items[item].ShelfDays
	if days == 0 || b.date.Before(b.world.options.ExpiryFrom) {
		return civil.Date{}
	}
	return b.date.AddDays(days)
}

// minorUnits rounds a cost in billionths of a minor unit half away from zero.
func minorUnits(cost int64) int64 {
	const one = 1_000_000_000 // 10^(catalog.QuantityScale + catalog.CostScale)
	return (cost + one/2) / one
}

// lineCost is what a quantity costs at a unit cost, in minor units.
func lineCost(quantity, unitCost int64) int64 { return minorUnits(quantity * unitCost) }

// wholeUnits rounds a quantity up to whole units, as goods are delivered.
func wholeUnits(quantity int64) int64 {
	return (quantity + catalog.Unit - 1) / catalog.Unit * catalog.Unit
}
