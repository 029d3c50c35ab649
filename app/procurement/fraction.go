package procurement

import (
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

var one = decimal.NewFromInt(1)

// fraction is an exact quantity: a mean over 28 days has no finite decimals. The denominator is positive.
type fraction struct{ numerator, denominator decimal.Decimal }

func whole(d decimal.Decimal) fraction { return fraction{d, one} }

func (f fraction) plus(d decimal.Decimal) fraction {
	return fraction{f.numerator.Add(d.Mul(f.denominator)), f.denominator}
}

func (f fraction) times(n int32) fraction {
	return fraction{f.numerator.Mul(decimal.NewFromInt32(n)), f.denominator}
}

// compare returns -1, 0 or 1 as the fraction is less than, equal to or greater than d.
func (f fraction) compare(d decimal.Decimal) int { return f.numerator.Cmp(d.Mul(f.denominator)) }

// per returns ⌈fraction ÷ size⌉.
func (f fraction) per(size decimal.Decimal) decimal.Decimal {
	full, rest := f.numerator.QuoRem(f.denominator.Mul(size), 0)
	if rest.IsPositive() {
		return full.Add(one)
	}
	return full
}

// rounded returns the quantity with three decimals, half away from zero.
func (f fraction) rounded() decimal.Decimal {
	return f.numerator.DivRound(f.denominator, quantity.Places)
}
