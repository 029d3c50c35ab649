package menu

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

const (
	// fullYield is a yield at which all of what is taken from stock is used, in basis points.
	fullYield = 10_000
	// guardPlaces are the decimals in which parts of a requirement are summed, unless the sum is too close to a half to round it.
	guardPlaces = 20
)

// Item is a dish or drink.
type Item struct {
	Active   bool // false: off the menu
	Category string
	ID       string
	// Ingredients are what a portion takes, through all preparations; only [LoadWith] fills them.
	Ingredients []Ingredient
	// ModifierGroups are the ids of the choices that guests have with it.
	ModifierGroups []string
	Name           string
	Price          int64 // before tax, in minor units of the organisation's currency
	// Recipe is what one portion is made of, each item and preparation at most once.
	Recipe    []RecipeLine
	TaxRateBP int32
}

// RecipeLine is one component of a portion or of a batch: an item or a preparation.
type RecipeLine struct {
	ItemID        string
	PreparationID string
	Quantity      decimal.Decimal // net, in the item's base unit or the preparation's output unit; negative: left out
	// YieldBP is the usable share of what is taken, in basis points, from 1 to 10 000.
	YieldBP int32
}

// Ingredient is a part of an item that one portion takes from stock: Numerator ÷ Denominator of its base unit. An item that comes in
// by several ways has a part for each.
type Ingredient struct {
	Denominator decimal.Decimal
	ItemID      string
	Numerator   decimal.Decimal
}

// Preparation is what kitchens make ahead.
type Preparation struct {
	ID             string
	Name           string
	OutputQuantity decimal.Decimal // of one batch
	OutputUnit     string
	Recipe         []RecipeLine // of one batch
}

// ModifierGroup is a choice that guests have.
type ModifierGroup struct {
	ID                     string
	MaxChoices, MinChoices int32
	Modifiers              []Modifier // in the order in which they are shown
	Name                   string
}

// Modifier is an extra or a change of a dish.
type Modifier struct {
	Active  bool
	GroupID string
	ID      string
	Name    string
	Price   int64 // for a portion, in minor units
	Recipe  []RecipeLine
}

// Category is a part of the menu.
type Category struct {
	Dishes   int64 // on the menu
	Name     string
	Position int32 // lower comes first
}

// Requirement returns what so many portions take of one item, in base units with three decimals, half away from zero: the sum of
// portions × quantity ÷ yield over the ways in which the item comes in, rounded once and never negative.
func Requirement(parts []Ingredient, portions decimal.Decimal) decimal.Decimal {
	return decimal.Max(decimal.Zero, amount(parts, portions))
}

// amount is Requirement with its sign: what is left out may be more than what comes in.
func amount(parts []Ingredient, portions decimal.Decimal) decimal.Decimal {
	if len(parts) == 1 {
		return portions.Mul(parts[0].Numerator).DivRound(parts[0].Denominator, quantity.Places)
	}
	sum := decimal.Zero
	for _, p := range parts {
		sum = sum.Add(portions.Mul(p.Numerator).DivRound(p.Denominator, guardPlaces))
	}
	// Each part is off by less than one of the last guarded place. Only a sum that close to a half needs a common denominator.
	off := decimal.New(int64(len(parts)), -guardPlaces)
	low, high := sum.Sub(off).Round(quantity.Places), sum.Add(off).Round(quantity.Places)
	if low.Equal(high) {
		return low
	}
	return decimal.NewFromBigRat(exact(parts, portions), quantity.Places)
}

// exact returns portions × quantity ÷ yield as a fraction.
func exact(parts []Ingredient, portions decimal.Decimal) *big.Rat {
	sum := new(big.Rat)
	for _, p := range parts {
		sum.Add(sum, new(big.Rat).Quo(p.Numerator.Rat(), p.Denominator.Rat()))
	}
	return sum.Mul(sum, portions.Rat())
}

// ByItem groups ingredients by item, in the order in which the items first come.
func ByItem(ingredients []Ingredient) (itemIDs []string, parts map[string][]Ingredient) {
	parts = make(map[string][]Ingredient, len(ingredients))
	for _, i := range ingredients {
		if _, ok := parts[i.ItemID]; !ok {
			itemIDs = append(itemIDs, i.ItemID)
		}
		parts[i.ItemID] = append(parts[i.ItemID], i)
	}
	return itemIDs, parts
}
