package stock

import "github.com/shopspring/decimal"

// settlement pays a part of a shortfall from a batch that came in.
type settlement struct {
	Quantity  decimal.Decimal
	Shortfall shortfall
	UnitCost  decimal.Decimal // of the batch
}

// difference is what the goods cost more than was booked when they were sold; negative if less.
func (s settlement) difference() decimal.Decimal {
	return s.Quantity.Mul(s.UnitCost.Sub(s.Shortfall.UnitCost))
}

// settle pays open shortfalls of the batch's item from what came in, in the order in which they stand, and lowers what is
// open. It returns the settlements; the batch keeps the rest.
func settle(received, unitCost decimal.Decimal, open []*shortfall) []settlement {
	var settlements []settlement
	for _, s := range open {
		quantity := decimal.Min(received, s.Open)
		if !quantity.IsPositive() {
			continue
		}
		settlements = append(settlements, settlement{Quantity: quantity, Shortfall: *s, UnitCost: unitCost})
		s.Open = s.Open.Sub(quantity)
		received = received.Sub(quantity)
	}
	return settlements
}
