package sim

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// wasteTimes are when a branch notes what it threw away, after midnight: after lunch and at the end.
var wasteTimes = [...]time.Duration{15*time.Hour + 30*time.Minute, 23*time.Hour + 50*time.Minute}

// wasteItems is how many items are noted each time.
const wasteItems = 2

var wasteReasons = [...]string{"Spoiled", "Overcooked", "Dropped", "Returned by guest"}

// waste notes what was thrown away since the last time: of two items, some of what they are used.
func (b *Branch) waste(at time.Time) {
	for range wasteItems {
		item := b.random.IntN(len(b.shelves))
		noted := b.random.Int64N(1_000) < b.world.options.WastePermille
		share := b.profile.WastePermille * (500 + b.random.Int64N(1_001))
		reason := wasteReasons[b.random.IntN(len(wasteReasons))]
		if !noted {
			continue
		}
		// Each item is met by chance: what is wasted of it stands for all, and for the notes that weren't made.
		notes := int64(wasteItems*len(wasteTimes)) * b.world.options.WastePermille
		quantity := b.shelves[item].average * int64(len(b.shelves)) * share / (notes * 1_000)
		b.discard(item, quantity, reason, at)
	}
}

// discardExpired throws away what can't be used any more.
func (b *Branch) discardExpired(at time.Time) {
	for item := range b.shelves {
		expired := int64(0)
		for _, batch := range b.shelves[item].open {
			if batch.ExpiresOn != (civil.Date{}) && batch.ExpiresOn.Before(b.date) {
				expired += batch.Remaining
			}
		}
		b.discard(item, expired, "Expired", at)
	}
}

func (b *Branch) discard(item int, quantity int64, reason string, at time.Time) {
	quantity = min(quantity, b.shelves[item].onHand)
	if b.world.catalogue.Items[item].Whole {
		quantity -= quantity % catalog.Unit
	}
	if quantity <= 0 {
		return
	}
	id := b.mint("was", at)
	thrown, cost := b.throw(item, quantity, id, at)
	b.figures.WasteCost += cost
	b.wastage = Wastage{
		BusinessDate: b.date, Cost: cost, ID: id, Item: item, Quantity: thrown, Reason: reason, WastedAt: at,
	}
	b.sink.Wastage(&b.wastage)
}
