package figures

import (
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

// Bp returns num ÷ den in basis points, or nil if den is 0.
func Bp(num, den int64) *int64 {
	return optional(money.Bp(num, den))
}

// ChangeBp returns the change from before to now in basis points of before. It is absent unless before is positive: what
// was nothing or less has no rate of growth.
func ChangeBp(now, before int64) *int64 {
	if before <= 0 {
		return nil
	}
	return Bp(now-before, before)
}

// CheckChangeBp returns the change of the exact average checks, net ÷ orders, or nil where one is missing or was not
// positive before.
func CheckChangeBp(now, before daysales.Figures) *int64 {
	if now.Orders == 0 || before.Orders == 0 || before.Net() <= 0 {
		return nil
	}
	// Both checks over the common denominator; the products don't fit in 64 bits.
	scaledNow := decimal.NewFromInt(now.Net()).Mul(decimal.NewFromInt(before.Orders))
	scaledBefore := decimal.NewFromInt(before.Net()).Mul(decimal.NewFromInt(now.Orders))
	return optional(money.BpDecimal(scaledNow.Sub(scaledBefore), scaledBefore))
}

// Quotient returns num ÷ den rounded half away from zero, or nil if den is 0.
func Quotient(num, den int64) *int64 {
	return optional(money.Divide(num, den))
}

// GrossMargin returns net sales − COGS.
func GrossMargin(f daysales.Figures) int64 { return f.Net() - f.COGS }

func optional(value int64, ok bool) *int64 {
	if !ok {
		return nil
	}
	return &value
}
