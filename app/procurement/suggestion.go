package procurement

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

// Strategy says where demand is taken from.
type Strategy string

// The strategies.
const (
	// StrategyForecast covers the dates to come as they were foreseen.
	StrategyForecast Strategy = "FORECAST"
	// StrategySafetyStock covers them with the mean daily use of the last open dates.
	StrategySafetyStock Strategy = "SAFETY_STOCK"
)

// What a buyer should know about a suggestion.
const (
	WarningNoDemand   = "NO_DEMAND"   // not used on any of the last open dates
	WarningNoForecast = "NO_FORECAST" // asked for by forecast, and there is none
	WarningNoSupplier = "NO_SUPPLIER"
	WarningShelfLife  = "SHELF_LIFE" // more than is used until it expires
)

const (
	// serviceFactor is the standard normal quantile of a service level of 95 percent: so often the safety stock suffices.
	serviceFactor = 1.645
	// useDays is how many open dates the mean daily use is taken over.
	useDays = 28
)

// Position is what a branch has of an item and will have, in base units.
type Position struct {
	Committed decimal.Decimal // promised to other branches and not sent
	InTransit decimal.Decimal // on its way from other branches
	OnHand    decimal.Decimal // not expired, less what is owed
	OnOrder   decimal.Decimal // ordered and not received
}

// Sum returns on hand + on order + in transit − committed.
func (p Position) Sum() decimal.Decimal {
	return p.OnHand.Add(p.OnOrder).Add(p.InTransit).Sub(p.Committed)
}

// Use is how an item was used on the last open dates on which it was there.
type Use struct {
	Days    int64
	Squares float64 // sum of the squares of the daily use
	Used    decimal.Decimal
}

// Over returns the use of so many days at the mean daily use, never negative and exact.
func (u Use) Over(days int32) fraction {
	if u.Days == 0 {
		return fraction{decimal.Zero, one}
	}
	return fraction{decimal.Max(decimal.Zero, u.Used).Mul(decimal.NewFromInt32(days)), decimal.NewFromInt(u.Days)}
}

// Deviation returns the sample standard deviation of the daily use, 0 below two dates.
func (u Use) Deviation() float64 {
	if u.Days < 2 {
		return 0
	}
	n, sum := float64(u.Days), u.Used.InexactFloat64()
	return math.Sqrt(math.Max(0, (u.Squares-sum*sum/n)/(n-1)))
}

// SafetyStock returns z·σ·√(L + R), for an order that is reviewed every R days and takes L to come (King, "Crack the code:
// Understanding safety stock and mastering its equations", APICS 2011), with the sample deviation of the daily use.
func (u Use) SafetyStock(days int32) decimal.Decimal {
	return decimal.NewFromFloat(serviceFactor * u.Deviation() * math.Sqrt(float64(days))).Round(quantity.Places)
}

// Offer is how an item is bought.
type Offer struct {
	LeadTimeDays     int32
	MinOrderQuantity decimal.Decimal
	PackSize         decimal.Decimal
	ReviewPeriodDays int32
	ShelfDays        int32  // 0 if it doesn't expire
	SupplierID       string // empty if nobody sells it
	SupplierName     string
	UnitCost         decimal.Decimal
}

// Wants is what a branch wants of an item.
type Wants struct {
	// Foreseen are the expected daily uses from today on; nil without a forecast.
	Foreseen     []decimal.Decimal
	ReorderLevel decimal.Decimal
	SafetyStock  *decimal.Decimal // nil: computed
	Use          Use
}

// Suggestion is what to buy of an item for a branch, with every figure that led there.
type Suggestion struct {
	Offer
	Position

	BaseUnit     string
	BranchID     string
	Cost         int64
	Cover        decimal.Decimal // demand during lead time and review period, rounded
	Daily        decimal.Decimal // mean daily demand, d, rounded
	ItemID       string
	ItemName     string
	Lead         decimal.Decimal // demand during the lead time, rounded
	Need         decimal.Decimal // par − position, rounded; 0 if nothing is needed
	Packs        int64
	Par          decimal.Decimal // d·(L + R) + SS, rounded
	Quantity     decimal.Decimal // packs × pack size; 0 if nothing is needed
	ReorderLevel decimal.Decimal // of the branch's policy
	ReorderPoint decimal.Decimal // max(reorder level, d·L + SS), rounded
	Safety       decimal.Decimal // SS
	Strategy     Strategy
	Use          Use
	Warnings     []string
}

func (s Suggestion) key() branchItem { return branchItem{BranchID: s.BranchID, ItemID: s.ItemID} }

// Suggest decides what to buy. An order is suggested when the position is at or below the reorder point: it lifts the position to
// par, in whole packs, at least the minimum order. It decides by exact figures; those that it returns are rounded to three decimals.
func Suggest(strategy Strategy, p Position, o Offer, w Wants) (Suggestion, error) {
	s := Suggestion{Offer: o, Position: p, ReorderLevel: w.ReorderLevel, Strategy: StrategySafetyStock, Use: w.Use}
	days := o.LeadTimeDays + o.ReviewPeriodDays
	lead, cover, shelf := w.Use.Over(o.LeadTimeDays), w.Use.Over(days), w.Use.Over(o.ShelfDays)
	s.Daily = w.Use.Over(1).rounded()
	if strategy == StrategyForecast {
		if len(w.Foreseen) >= int(days) {
			s.Strategy = StrategyForecast
			lead, cover = whole(sum(w.Foreseen[:o.LeadTimeDays])), whole(sum(w.Foreseen[:days]))
			daily := fraction{cover.numerator, decimal.NewFromInt32(days)}
			s.Daily, shelf = daily.rounded(), daily.times(o.ShelfDays)
		} else {
			s.Warnings = append(s.Warnings, WarningNoForecast)
		}
	}
	if s.Safety = w.Use.SafetyStock(days); w.SafetyStock != nil {
		s.Safety = *w.SafetyStock
	}
	reorder, par := lead.plus(s.Safety), cover.plus(s.Safety)
	if reorder.compare(w.ReorderLevel) < 0 {
		reorder = whole(w.ReorderLevel)
	}
	s.Lead, s.Cover, s.ReorderPoint, s.Par = lead.rounded(), cover.rounded(), reorder.rounded(), par.rounded()
	if cover.compare(decimal.Zero) == 0 {
		s.Warnings = append(s.Warnings, WarningNoDemand)
	}
	position := p.Sum()
	need := par.plus(position.Neg())
	packs := decimal.Max(need.per(o.PackSize), whole(o.MinOrderQuantity).per(o.PackSize))
	if reorder.compare(position) < 0 || !packs.IsPositive() {
		return s, nil
	}
	s.Need = decimal.Max(decimal.Zero, need.rounded())
	if o.SupplierID == "" {
		s.Warnings = append(s.Warnings, WarningNoSupplier)
		return s, nil
	}
	s.Packs, s.Quantity = packs.IntPart(), packs.Mul(o.PackSize)
	if o.ShelfDays > 0 && shelf.compare(position.Add(s.Quantity)) < 0 {
		s.Warnings = append(s.Warnings, WarningShelfLife)
	}
	var err error
	s.Cost, err = money.Round(s.Quantity.Mul(o.UnitCost))
	return s, err
}

func sum(values []decimal.Decimal) decimal.Decimal {
	total := decimal.Zero
	for _, v := range values {
		total = total.Add(v)
	}
	return total
}
