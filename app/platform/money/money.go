package money

import (
	"math"
	"math/bits"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// bpScale is how many basis points make one.
const bpScale = 10_000

// ErrTooLarge is an amount that doesn't fit in 64 bits of minor units.
var ErrTooLarge = &fault.Error{
	Kind:    fault.KindInvalid,
	Message: "the amount is too large to be booked",
	Reason:  "AMOUNT_TOO_LARGE",
}

var (
	maxAmount = decimal.NewFromInt(math.MaxInt64)
	minAmount = decimal.NewFromInt(math.MinInt64)
)

// Bp returns num ÷ den in basis points. It answers false, a ratio that is absent, if den is 0 or the ratio doesn't fit.
func Bp(num, den int64) (int64, bool) {
	return ratio(num, bpScale, den)
}

// BpDecimal is Bp for quantities.
func BpDecimal(num, den decimal.Decimal) (int64, bool) {
	if den.IsZero() {
		return 0, false
	}
	bp, err := Round(num.Mul(decimal.NewFromInt(bpScale)).DivRound(den, 0))
	return bp, err == nil
}

// Divide returns num ÷ den rounded, as for an average check. It answers false if den is 0.
func Divide(num, den int64) (int64, bool) {
	return ratio(num, 1, den)
}

// MulRate returns amount × bp ÷ 10 000, as for tax and royalties. It panics if that leaves int64, which takes a rate above
// 10 000 bp; request rules bound rates.
func MulRate(amount, bp int64) int64 {
	product, ok := ratio(amount, bp, bpScale)
	if !ok {
		panic("money: amount × rate out of range")
	}
	return product
}

// MulDiv returns a×b ÷ den, rounded half away from zero, with an exact product in between. It answers false if den is 0 or the
// result doesn't fit.
func MulDiv(a, b, den int64) (int64, bool) {
	return ratio(a, b, den)
}

// Round returns the whole minor units nearest to d, or ErrTooLarge.
func Round(d decimal.Decimal) (int64, error) {
	rounded := d.Round(0)
	if rounded.GreaterThan(maxAmount) || rounded.LessThan(minAmount) {
		return 0, ErrTooLarge
	}
	return rounded.IntPart(), nil
}

// Times returns quantity × price rounded, a line's amount, or ErrTooLarge.
func Times(quantity decimal.Decimal, price int64) (int64, error) {
	return Round(quantity.Mul(decimal.NewFromInt(price)))
}

// ratio returns a×b ÷ den, rounded half away from zero, with an exact product in between.
func ratio(a, b, den int64) (int64, bool) {
	if den == 0 {
		return 0, false
	}
	negative := (a < 0) != (b < 0) != (den < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	d := magnitude(den)
	if hi >= d {
		return 0, false
	}
	quotient, remainder := bits.Div64(hi, lo, d)
	if remainder >= d-remainder {
		quotient++
	}
	switch {
	case quotient <= math.MaxInt64 && negative:
		return -int64(quotient), true
	case quotient <= math.MaxInt64:
		return int64(quotient), true
	}
	return 0, false
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
