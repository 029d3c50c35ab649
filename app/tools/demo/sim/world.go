package sim

import (
	"math/rand/v2"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// World is what all branches of an organisation share. It is read by many at once and never changed.
type World struct {
	catalogue catalog.Catalogue
	// choices lists dishes as often as they weigh, by daypart, so that one draw picks one.
	choices  [catalog.Dayparts][]int
	options  Options
	portions []int64 // expected use of each item, for a thousand orders
}

// Options shape what is simulated.
type Options struct {
	// DetailedFrom is the first date on which each order writes its own movements of stock, as the product does, so that it
	// can be put back. Before it a date has one for each batch that was sold from.
	DetailedFrom civil.Date
	// ExpiryFrom is the first date on which batches come in that expire. Where dates are left out of the simulation, those
	// before them would all be thrown away on the first date after.
	ExpiryFrom civil.Date
	// NightlyUpload has each branch upload its day after the cut-off, as terminals do that were offline, one branch after the
	// other: rows then have ids in the sequence in which they are handed out, and come in at the right edge of the indexes.
	NightlyUpload bool
	Seed          uint64
	// TicketPermille is how many of a thousand orders have kitchen tickets.
	TicketPermille int
	// WastePermille is how many of a thousand notes of waste are made. Each then stands for those that weren't.
	WastePermille int64
}

// NewWorld returns the world of a catalogue.
func NewWorld(catalogue catalog.Catalogue, options Options) *World {
	w := &World{catalogue: catalogue, options: options, portions: make([]int64, len(catalogue.Items))}
	for daypart := range w.choices {
		for i, dish := range catalogue.Dishes {
			for range dish.WeightIn(catalog.Daypart(daypart)) {
				w.choices[daypart] = append(w.choices[daypart], i)
			}
		}
	}
	// Most guests come at midday and in the evening; what they order is what is stocked at first.
	const portionsPerThousandOrders = 2_700
	total := int64(0)
	for _, daypart := range []catalog.Daypart{catalog.Midday, catalog.Evening} {
		total += int64(len(w.choices[daypart]))
		for _, i := range w.choices[daypart] {
			for _, p := range catalogue.Dishes[i].Recipe {
				w.portions[p.Item] += p.Requirement(1)
			}
		}
	}
	for i := range w.portions {
		w.portions[i] = w.portions[i] * portionsPerThousandOrders / total
	}
	return w
}

// random returns the random numbers of a branch and date, the same whatever was drawn before. Streams are independent.
func (w *World) random(branchID string, date civil.Date, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(w.options.Seed+stream, mix(branchID, date))) //nolint:gosec // chance that must repeat itself
}

// The streams of random numbers.
const (
	demandStream = 1 << 63
	dayStream    = 0
)

// mix spreads a branch and a date over 64 bits (FNV-1a).
func mix(branchID string, date civil.Date) uint64 {
	const offset, prime = 14_695_981_039_346_656_037, 1_099_511_628_211
	hash := uint64(offset)
	for i := range len(branchID) {
		hash = (hash ^ uint64(branchID[i])) * prime
	}
	for _, part := range [...]int{date.Year, int(date.Month), date.Day} {
		hash = (hash ^ uint64(part)) * prime
	}
	return hash
}
