// Package catalog says what the demo's restaurants buy, cook and sell. All of it is made up.
package catalog

// Scales of the fixed-point numbers that the catalogue and the simulation calculate with, as the database stores them.
const (
	// QuantityScale is the decimals of a quantity: 1500 is 1.5 base units.
	QuantityScale = 3
	// CostScale is the decimals of a unit cost in minor units: 4_100_500_000 is 4,100.5.
	CostScale = 6
	// Unit is one base unit.
	Unit = 1_000
	// FullYield is a recipe line of which nothing is lost in preparation, in basis points.
	FullYield = 10_000
)

// Catalogue is all that an organisation buys and sells.
type Catalogue struct {
	Dishes    []Dish
	Items     []Item
	Modifiers []Modifier
	Suppliers []Supplier
}

// Item is something bought.
type Item struct {
	BaseUnit string
	// Cost of one base unit at CostScale.
	Cost int64
	ID   string
	Name string
	// ShelfDays is how long a batch keeps; 0 means that it doesn't expire.
	ShelfDays int
	// Supplier is its index.
	Supplier int
	// Whole items are counted, not weighed.
	Whole bool
}

// Supplier sells items.
type Supplier struct {
	// EveryDays is the days from one delivery to the next.
	EveryDays    int
	Email        string
	ID           string
	LeadTimeDays int32
	Name         string
}

// Dish is something sold.
type Dish struct {
	Category  string
	ID        string
	Name      string
	Price     int64 // in minor units, before tax
	Recipe    []Portion
	TaxRateBP int32
	// Weight is how often it is ordered, in relation to other dishes of the part of the day; see [Dish.WeightIn].
	Weight int
}

// Portion is what a dish takes of an item.
type Portion struct {
	// Item is its index.
	Item int
	// Quantity that ends up in the dish, at QuantityScale.
	Quantity int64
	// YieldBP is the part of what is taken that ends up in the dish.
	YieldBP int64
}

// Requirement returns what so many whole portions take from stock: quantity × portions ÷ yield, rounded half away from
// zero. It is menu.Requirement in integers.
func (p Portion) Requirement(portions int64) int64 {
	return (p.Quantity*portions*FullYield*2 + p.YieldBP) / (2 * p.YieldBP)
}

// Modifier is an extra that some guests want.
type Modifier struct {
	Name  string
	Price int64
}

// In returns the catalogue with all prices and costs divided by rate, for another currency.
func (c Catalogue) In(rate int64) Catalogue {
	converted := Catalogue{Suppliers: c.Suppliers}
	for _, d := range c.Dishes {
		d.Price = (d.Price + rate/2) / rate
		converted.Dishes = append(converted.Dishes, d)
	}
	for _, i := range c.Items {
		i.Cost /= rate
		converted.Items = append(converted.Items, i)
	}
	for _, m := range c.Modifiers {
		m.Price = (m.Price + rate/2) / rate
		converted.Modifiers = append(converted.Modifiers, m)
	}
	return converted
}
