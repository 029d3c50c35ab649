package pricing

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/money"
)

// bpScale is all of something, in basis points.
const bpScale = 10_000

// takeOff computes what a promotion takes off lines of which net remains, each at most that, and the sum. It writes the
// amounts into off, which is as long.
func (e *entry) takeOff(lines []Line, net, off []int64) int64 {
	clear(off)
	switch e.Effect {
	case EffectFixedOff:
		e.fixed(lines, net, off)
	case EffectBundle:
		e.bundle(lines, net, off)
	case EffectHappyHour, EffectPercentOff:
		for i := range lines {
			if net[i] > 0 && e.covers(&lines[i]) {
				off[i] = money.MulRate(net[i], int64(e.PercentBP))
			}
		}
	}
	total := sum(off)
	if e.MaximumDiscount > 0 && total > e.MaximumDiscount {
		copy(off, money.Allocate(e.MaximumDiscount, off))
		total = e.MaximumDiscount
	}
	return total
}

// fixed splits the amount over the lines, pro rata to what remains of them.
func (e *entry) fixed(lines []Line, net, off []int64) {
	var remaining int64
	for i := range lines {
		if e.covers(&lines[i]) {
			off[i] = net[i]
			remaining += net[i]
		}
	}
	if remaining > 0 {
		copy(off, money.Allocate(min(e.Amount, remaining), off))
	}
}

// run is the whole units of one line; they all have the same price.
type run struct {
	line     int
	milli    int64 // quantity of the line in thousandths
	net      int64
	quantity int64
}

// compareUnitPrice orders by net ÷ milli, exactly, the dearest first.
func (r run) compareUnitPrice(o run) int {
	ah, al := bits.Mul64(uint64(r.net), uint64(o.milli))
	bh, bl := bits.Mul64(uint64(o.net), uint64(r.milli))
	return cmp.Or(cmp.Compare(bh, ah), cmp.Compare(bl, al))
}

// bundle puts the units in scope into sets of Buy + Get, the dearest first, and takes PercentBP off the cheapest Get of each
// full set. Units of which nothing remains are in no set.
func (e *entry) bundle(lines []Line, net, off []int64) {
	var runs []run
	var units int64
	for i := range lines {
		quantity := lines[i].Quantity.IntPart()
		if net[i] == 0 || quantity == 0 || !e.covers(&lines[i]) {
			continue
		}
		runs = append(runs, run{line: i, milli: lines[i].Quantity.Mul(thousand).IntPart(), net: net[i], quantity: quantity})
		units += quantity
	}
	slices.SortStableFunc(runs, run.compareUnitPrice)
	size := int64(e.Buy) + int64(e.Get)
	sets := units / size
	if e.LimitPerOrder > 0 {
		sets = min(sets, int64(e.LimitPerOrder))
	}
	// reduced counts the units before a place, from the dearest, that get something off.
	reduced := func(place int64) int64 {
		place = min(place, sets*size)
		return place/size*int64(e.Get) + max(0, place%size-int64(e.Buy))
	}
	var place int64
	for _, r := range runs {
		count := reduced(place+r.quantity) - reduced(place)
		place += r.quantity
		if count == 0 {
			continue
		}
		amount, ok := money.MulDiv(r.net, count*1000*int64(e.PercentBP), r.milli*bpScale)
		if !ok {
			amount = r.net // can't be: count is at most the quantity
		}
		off[r.line] = min(amount, r.net)
	}
}

var thousand = decimal.NewFromInt(1000)

func sum(amounts []int64) int64 {
	var total int64
	for _, a := range amounts {
		total += a
	}
	return total
}
