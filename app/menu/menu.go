package menu

import (
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

const (
	// fullYield is a yield at which all of what is taken from stock is used, in basis points.
	fullYield = 10_000
	// exactPlaces are the decimals in which parts of a requirement are summed before it is rounded.
	exactPlaces = 20
)

// Item is a dish or drink.
type Item struct {
	Active   bool // false: off the menu
	Category string
	ID       string
	// Ingredients are what a portion takes, through all preparations.
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
	total := decimal.Zero
	for i, p := range parts {
		part := portions.Mul(p.Numerator)
		if i == 0 && len(parts) == 1 {
			total = part.DivRound(p.Denominator, quantity.Places)
			break
		}
		total = total.Add(part.DivRound(p.Denominator, exactPlaces))
	}
	return decimal.Max(decimal.Zero, total.Round(quantity.Places))
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
