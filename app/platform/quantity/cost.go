package quantity

import (
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// costPlaces is the number of decimals that unit costs have: numeric(18,6).
const costPlaces = 6

// costLimit is the first unit cost that numeric(18,6) can't hold.
var costLimit = decimal.New(1, 12)

// CostFromWire reads the cost of one base unit in minor units, a decimal such as `4000` or `12.5`. Anything else, a
// negative cost, more than six decimals and what doesn't fit are invalid_argument on field.
func CostFromWire(field, wire string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(wire)
	if err != nil {
		return decimal.Decimal{}, fault.Invalid(field, "must be a decimal number")
	}
	if d.IsNegative() || d.GreaterThanOrEqual(costLimit) || !d.Equal(d.Truncate(costPlaces)) {
		return decimal.Decimal{}, fault.Invalid(field, "must be from 0 to below "+costLimit.String()+" with at most six decimals")
	}
	return d, nil
}

// CostToWire writes a unit cost without trailing zeros.
func CostToWire(d decimal.Decimal) string {
	return d.String()
}
