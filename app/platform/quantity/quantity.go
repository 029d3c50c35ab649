package quantity

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Places is the number of decimals that quantities have.
const Places = 3

// limit is the first quantity that numeric(14,3) can't hold.
var limit = decimal.New(1, 11)

// FromWire returns the decimal that a client wrote as a JSON number or a double. A double holds the 14 digits of a
// quantity exactly, so its shortest decimal form is what was written. More than three decimals, infinities and what
// doesn't fit are invalid_argument on field.
func FromWire(field string, wire float64) (decimal.Decimal, error) {
	if math.IsNaN(wire) || math.IsInf(wire, 0) {
		return decimal.Decimal{}, fault.Invalid(field, "must be a number")
	}
	d := decimal.NewFromFloat(wire)
	if !d.Equal(d.Truncate(Places)) {
		return decimal.Decimal{}, fault.Invalid(field, "must have at most three decimals")
	}
	if d.Abs().GreaterThanOrEqual(limit) {
		return decimal.Decimal{}, fault.Invalid(field, "must be less than "+limit.String())
	}
	return d, nil
}

// ToWire returns the double whose shortest decimal form is d.
func ToWire(d decimal.Decimal) float64 {
	return d.InexactFloat64()
}

// Fits reports whether a quantity of any origin can be stored.
func Fits(d decimal.Decimal) bool {
	return d.Abs().LessThan(limit)
}
