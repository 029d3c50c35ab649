package money

import (
	"cmp"
	"math/bits"
	"slices"
)

// Allocate splits total over the weights, pro rata: each share is cut to whole minor units, and what is left goes, one unit
// each, to the largest remainders, the earlier line first where they tie. The shares sum to total exactly. No share exceeds its
// weight as long as total doesn't exceed their sum. Where all weights are 0 the split is even.
//
// It panics on a negative weight. A negative total is split as its opposite. The weights may sum to anything up to 64 bits.
func Allocate(total int64, weights []int64) []int64 {
	shares := make([]int64, len(weights))
	if len(weights) == 0 {
		return shares
	}
	var sum uint64
	for _, w := range weights {
		if w < 0 {
			panic("money: negative weight")
		}
		var carry uint64
		if sum, carry = bits.Add64(sum, uint64(w), 0); carry != 0 {
			panic("money: weights out of range")
		}
	}
	weight := func(i int) uint64 { return uint64(weights[i]) }
	if sum == 0 {
		sum = uint64(len(weights))
		weight = func(int) uint64 { return 1 }
	}

	left := magnitude(total)
	remainders := make([]uint64, len(weights))
	for i := range weights {
		hi, lo := bits.Mul64(magnitude(total), weight(i))
		// hi < sum, because weight ≤ sum and total < 2⁶⁴.
		share, remainder := bits.Div64(hi, lo, sum)
		shares[i], remainders[i] = int64(share), remainder
		left -= share
	}

	if left > 0 {
		order := make([]int, len(weights))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainders[b], remainders[a]) })
		for _, i := range order[:left] {
			shares[i]++
		}
	}
	if total < 0 {
		for i := range shares {
			shares[i] = -shares[i]
		}
	}
	return shares
}
