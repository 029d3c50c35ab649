package stock

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Need is what one line of an order takes of one item.
type Need struct {
	ItemID   string
	LineNo   int32
	Quantity decimal.Decimal // in base units
}

// part is a piece of a need. Without a batch it is short, and has no cost until one is known.
type part struct {
	Need
	BatchID    string
	ExpiresOn  civil.Date
	ReceivedAt time.Time
	UnitCost   decimal.Decimal
}

func (p part) short() bool           { return p.BatchID == "" }
func (p part) cost() decimal.Decimal { return p.Quantity.Mul(p.UnitCost) }

// allocate takes the needs out of the batches in the order of their lines, each from the batches of its item in the order
// in which they stand. What the batches can't give becomes a part without a batch.
func allocate(needs []Need, batches []Batch) []part {
	shelves := make(map[string][]Batch)
	for _, b := range batches {
		shelves[b.ItemID] = append(shelves[b.ItemID], b)
	}
	ordered := slices.Clone(needs)
	slices.SortStableFunc(ordered, func(a, b Need) int { return cmp.Compare(a.LineNo, b.LineNo) })
	var parts []part
	for _, need := range ordered {
		taken, left, missing := take(need, shelves[need.ItemID])
		shelves[need.ItemID] = left
		parts = append(parts, taken...)
		if missing.IsPositive() {
			parts = append(parts, part{Need: Need{ItemID: need.ItemID, LineNo: need.LineNo, Quantity: missing}})
		}
	}
	return parts
}

// take takes one need from a shelf. It returns the parts, the shelf after it, and what is missing.
func take(need Need, shelf []Batch) (parts []part, left []Batch, missing decimal.Decimal) {
	missing = need.Quantity
	for missing.IsPositive() && len(shelf) > 0 {
		first := &shelf[0]
		quantity := decimal.Min(missing, first.Remaining)
		if quantity.IsPositive() {
			parts = append(parts, part{
				Need:       Need{ItemID: need.ItemID, LineNo: need.LineNo, Quantity: quantity},
				BatchID:    first.ID,
				ExpiresOn:  first.ExpiresOn,
				ReceivedAt: first.ReceivedAt,
				UnitCost:   first.UnitCost,
			})
		}
		missing = missing.Sub(quantity)
		first.Remaining = first.Remaining.Sub(quantity)
		if !first.Remaining.IsPositive() {
			shelf = shelf[1:]
		}
	}
	return parts, shelf, missing
}

// costByLine sums the parts of each line and rounds each sum once.
func costByLine(parts []part) (map[int32]int64, error) {
	exact := make(map[int32]decimal.Decimal)
	for _, p := range parts {
		exact[p.LineNo] = exact[p.LineNo].Add(p.cost())
	}
	costs := make(map[int32]int64, len(exact))
	for line, cost := range exact {
		rounded, err := amount(cost)
		if err != nil {
			return nil, err
		}
		costs[line] = rounded
	}
	return costs, nil
}

// items returns the distinct items of the needs.
func items(needs []Need) []string {
	ids := make([]string, len(needs))
	for i, n := range needs {
		ids[i] = n.ItemID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
