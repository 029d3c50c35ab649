package menu

import (
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

// fullYield is a yield at which all of what is taken from stock is used, in basis points.
const fullYield = 10_000

// Item is a dish or drink.
type Item struct {
	Active   bool // false: off the menu
	Category string
	ID       string
	Name     string
	Price    int64 // before tax, in minor units of the organisation's currency
	// Recipe is what one portion is made of, each inventory item at most once, by item id.
	Recipe    []RecipeLine
	TaxRateBP int32
}

// RecipeLine is one ingredient of a portion.
type RecipeLine struct {
	ItemID   string
	Quantity decimal.Decimal // net, in the item's base unit
	// YieldBP is the usable share of what is taken from stock, in basis points, from 1 to 10 000.
	YieldBP int32
}

// Requirement returns what so many portions take from stock: portions × quantity ÷ yield, in base units with three
// decimals, half away from zero.
func Requirement(line RecipeLine, portions decimal.Decimal) decimal.Decimal {
	net := portions.Mul(line.Quantity).Mul(decimal.NewFromInt(fullYield))
	return net.DivRound(decimal.NewFromInt32(line.YieldBP), quantity.Places)
}
