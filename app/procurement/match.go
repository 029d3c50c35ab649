package procurement

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/money"
)

// Why a part of a line is disputed.
const (
	ReasonNotOrdered = "NOT_ORDERED"
	ReasonPrice      = "PRICE"
	ReasonQuantity   = "QUANTITY"
)

// Tolerances are what a bill may exceed the order and the receipts by.
type Tolerances struct {
	PriceBP    int32 // of the ordered price
	QuantityBP int32 // of the quantity that was received and not billed before
}

// Billed is a line of an invoice.
type Billed struct {
	ItemID   string
	Quantity decimal.Decimal
	UnitCost decimal.Decimal
}

// Match compares an item as ordered, received and billed. Quantities are in base units, money is in minor units. What is billed is
// Payable + DisputedQuantity + DisputedPrice.
type Match struct {
	BilledCost       decimal.Decimal
	BilledQuantity   decimal.Decimal
	DisputedPrice    int64 // payable quantity × difference of the prices
	DisputedQuantity int64 // what was billed and is not to be paid × billed price
	ItemID           string
	OrderedCost      decimal.Decimal // 0 if the item is not of the order
	OrderedQuantity  decimal.Decimal // 0 if the item is not of the order
	Payable          int64
	PayableQuantity  decimal.Decimal
	ReceivedQuantity decimal.Decimal // and not billed before
	Tolerances       Tolerances
}

// matchLine pays for what was received, at most, or for a little more within the tolerance: at the billed price if that is within the
// tolerance, else at the ordered one. l is the zero Line for an item that is not of the order.
func matchLine(field string, l Line, unbilled decimal.Decimal, b Billed, t Tolerances) (Match, error) {
	unbilled = decimal.Max(decimal.Zero, unbilled)
	m := Match{
		BilledCost: b.UnitCost, BilledQuantity: b.Quantity, ItemID: b.ItemID, OrderedCost: l.UnitCost, OrderedQuantity: l.Quantity,
		PayableQuantity: decimal.Min(b.Quantity, unbilled), ReceivedQuantity: unbilled, Tolerances: t,
	}
	if !exceeds(b.Quantity, unbilled, t.QuantityBP) {
		m.PayableQuantity = b.Quantity
	}
	billed, err := lineAmount(field+".quantity", b.Quantity, b.UnitCost)
	if err != nil {
		return m, err
	}
	owed, err := money.Round(m.PayableQuantity.Mul(b.UnitCost))
	if err != nil {
		return m, fmt.Errorf("price what is owed: %w", err)
	}
	m.Payable = owed
	if m.priceExceeds() {
		if m.Payable, err = money.Round(m.PayableQuantity.Mul(l.UnitCost)); err != nil {
			return m, fmt.Errorf("price what is owed: %w", err)
		}
	}
	// Differences of rounded amounts, so that the three sum to what is billed to the minor unit.
	m.DisputedQuantity, m.DisputedPrice = billed-owed, owed-m.Payable
	return m, nil
}

// exceeds reports whether value is above bound by more than the tolerance, compared exactly.
func exceeds(value, bound decimal.Decimal, toleranceBP int32) bool {
	return value.Mul(decimal.NewFromInt(fullBP)).GreaterThan(bound.Mul(decimal.NewFromInt(fullBP + int64(toleranceBP))))
}

func (m Match) ordered() bool { return m.OrderedQuantity.IsPositive() }

func (m Match) priceExceeds() bool {
	return m.ordered() && exceeds(m.BilledCost, m.OrderedCost, m.Tolerances.PriceBP)
}

// PriceBP returns (billed − ordered price) ÷ ordered price; false if nothing was to be paid.
func (m Match) PriceBP() (int64, bool) {
	return money.BpDecimal(m.BilledCost.Sub(m.OrderedCost), m.OrderedCost)
}

// Reasons says what is disputed.
func (m Match) Reasons() []string {
	var reasons []string
	switch {
	case !m.ordered():
		reasons = append(reasons, ReasonNotOrdered)
	case m.PayableQuantity.LessThan(m.BilledQuantity):
		reasons = append(reasons, ReasonQuantity)
	}
	if m.priceExceeds() {
		reasons = append(reasons, ReasonPrice)
	}
	return reasons
}
