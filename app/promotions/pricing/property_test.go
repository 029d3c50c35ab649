package pricing_test

import (
	"fmt"
	"math/big"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

var (
	drawItem     = rapid.SampledFrom([]string{"burger", "beer", "dessert", "soup"})
	drawCategory = rapid.SampledFrom([]string{"FOOD", "DRINK", "SOUP"})
)

func drawBasket(t *rapid.T) pricing.Basket {
	b := pricing.Basket{At: halfPastFive, BranchID: "b", Channel: "POS", OrderType: "DINE_IN"}
	for i := range rapid.IntRange(1, 6).Draw(t, "lines") {
		quantity := decimal.New(rapid.Int64Range(1, 6000).Draw(t, "milli"), -3)
		if rapid.Bool().Draw(t, "whole") {
			quantity = decimal.NewFromInt(rapid.Int64Range(1, 6).Draw(t, "quantity"))
		}
		b.Lines = append(b.Lines, pricing.Line{
			Category: drawCategory.Draw(t, "category"), MenuItemID: drawItem.Draw(t, "item"), No: int32(i + 1), Quantity: quantity,
			Net: rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 99), rapid.Int64Range(100, 200_000)).Draw(t, "net"),
		})
	}
	return b
}

func drawPromotions(t *rapid.T) []*pricing.Promotion {
	var promotions []*pricing.Promotion
	for i := range rapid.IntRange(0, 6).Draw(t, "promotions") {
		p := &pricing.Promotion{ID: fmt.Sprint("P", i), CreatedAt: halfPastFive.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "age")) * time.Hour)}
		p.Terms = pricing.Terms{
			Exclusive: rapid.IntRange(0, 3).Draw(t, "exclusive") == 0, Priority: rapid.Int32Range(0, 3).Draw(t, "priority"),
			MinimumSpend: rapid.SampledFrom([]int64{0, 0, 1000, 50_000}).Draw(t, "minimum"), MaximumDiscount: rapid.SampledFrom([]int64{0, 0, 7, 5000}).Draw(t, "maximum"),
		}
		p.Effect = rapid.SampledFrom([]pricing.Effect{pricing.EffectPercentOff, pricing.EffectFixedOff, pricing.EffectBundle}).Draw(t, "effect")
		p.PercentBP = rapid.SampledFrom([]int32{1, 1000, 3333, 10_000}).Draw(t, "percent")
		p.Amount = rapid.SampledFrom([]int64{1, 999, 5000, 1_000_000}).Draw(t, "amount")
		p.Buy, p.Get = rapid.Int32Range(1, 3).Draw(t, "buy"), rapid.Int32Range(1, 2).Draw(t, "get")
		if rapid.Bool().Draw(t, "scoped") {
			p.Scope.Categories = []string{drawCategory.Draw(t, "scope category")}
		}
		if rapid.Bool().Draw(t, "by item") {
			p.Scope.MenuItemIDs = []string{drawItem.Draw(t, "scope item")}
		}
		promotions = append(promotions, p)
	}
	return promotions
}

func TestDiscountsNeverExceedWhatThereIsAndSumUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		basket, promotions := drawBasket(t), drawPromotions(t)
		for _, mode := range []pricing.Mode{pricing.ModePriority, pricing.ModeBestForGuest} {
			r := pricing.NewBook(promotions).Price(&basket, pricing.Options{Explain: true, Mode: mode})
			require.Len(t, append(r.Applied, r.Skipped...), len(promotions), "each promotion has one reason")
			byLine, total := map[int32]int64{}, int64(0)
			for _, d := range r.Applied {
				var lines int64
				for _, l := range d.Lines {
					require.Positive(t, l.Amount)
					lines += l.Amount
					byLine[l.LineNo] += l.Amount
				}
				require.Equal(t, d.Discount, lines)
				total += lines
			}
			require.Equal(t, r.Discount, total)
			for _, l := range basket.Lines {
				require.LessOrEqual(t, byLine[l.No], l.Net)
			}
		}
	})
}

// TestAgainstAnotherCalculation prices with rationals and unit by unit what the product prices with integers and runs.
func TestAgainstAnotherCalculation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		basket, promotions := drawBasket(t), drawPromotions(t)
		for _, mode := range []pricing.Mode{pricing.ModePriority, pricing.ModeBestForGuest} {
			r := pricing.NewBook(promotions).Price(&basket, pricing.Options{Mode: mode})
			got := map[string]map[int]int64{}
			for _, d := range r.Applied {
				got[d.Promotion.ID] = map[int]int64{}
				for _, l := range d.Lines {
					got[d.Promotion.ID][int(l.LineNo)-1] = l.Amount
				}
			}
			require.Equal(t, naive(basket, promotions, mode), got, "%s", mode)
		}
	})
}

// naive returns what each promotion takes off by line.
func naive(b pricing.Basket, promotions []*pricing.Promotion, mode pricing.Mode) map[string]map[int]int64 {
	sorted := slices.Clone(promotions)
	sort.SliceStable(sorted, func(i, j int) bool {
		x, y := sorted[i], sorted[j]
		if x.Priority != y.Priority {
			return x.Priority > y.Priority
		}
		if !x.CreatedAt.Equal(y.CreatedAt) {
			return x.CreatedAt.Before(y.CreatedAt)
		}
		return x.ID < y.ID
	})
	var stackable []*pricing.Promotion
	for _, p := range sorted {
		if !p.Exclusive {
			stackable = append(stackable, p)
		}
	}
	if mode == pricing.ModePriority {
		for _, p := range sorted {
			alone := naiveStack(b, []*pricing.Promotion{p})
			if len(alone) == 0 {
				continue
			}
			if p.Exclusive {
				return alone
			}
			return naiveStack(b, stackable)
		}
		return map[string]map[int]int64{}
	}
	best := naiveStack(b, stackable)
	for _, p := range sorted {
		if alone := naiveStack(b, []*pricing.Promotion{p}); p.Exclusive && naiveSum(alone) > naiveSum(best) {
			best = alone
		}
	}
	return best
}

func naiveSum(given map[string]map[int]int64) int64 {
	var total int64
	for _, lines := range given {
		for _, amount := range lines {
			total += amount
		}
	}
	return total
}

func naiveStack(b pricing.Basket, promotions []*pricing.Promotion) map[string]map[int]int64 {
	net := make([]int64, len(b.Lines))
	for i, l := range b.Lines {
		net[i] = l.Net
	}
	given := map[string]map[int]int64{}
	level := func(p *pricing.Promotion) bool { // off items
		return p.Effect == pricing.EffectBundle || len(p.Scope.Categories)+len(p.Scope.MenuItemIDs) > 0
	}
	for _, items := range []bool{true, false} {
		for _, p := range promotions {
			var total int64
			for _, n := range net {
				total += n
			}
			if level(p) != items || total < p.MinimumSpend {
				continue
			}
			off := naiveEffect(b, p, net)
			if len(off) == 0 {
				continue
			}
			given[p.ID] = off
			for i, amount := range off {
				net[i] -= amount
			}
		}
	}
	return given
}

func naiveEffect(b pricing.Basket, p *pricing.Promotion, net []int64) map[int]int64 {
	covered := func(i int) bool {
		s := p.Scope
		return len(s.Categories)+len(s.MenuItemIDs) == 0 || slices.Contains(s.Categories, b.Lines[i].Category) || slices.Contains(s.MenuItemIDs, b.Lines[i].MenuItemID)
	}
	off := map[int]int64{}
	switch p.Effect {
	case pricing.EffectFixedOff:
		weights := map[int]int64{}
		for i := range net {
			if covered(i) && net[i] > 0 {
				weights[i] = net[i]
			}
		}
		off = naiveSplit(p.Amount, weights)
	case pricing.EffectBundle:
		type unit struct {
			line  int
			price *big.Rat
		}
		var units []unit
		for i, l := range b.Lines {
			for range l.Quantity.Floor().IntPart() {
				if covered(i) && net[i] > 0 {
					units = append(units, unit{i, new(big.Rat).Quo(new(big.Rat).SetInt64(net[i]), l.Quantity.Rat())})
				}
			}
		}
		sort.SliceStable(units, func(i, j int) bool { return units[i].price.Cmp(units[j].price) > 0 })
		exact := map[int]*big.Rat{}
		for size := int(p.Buy + p.Get); len(units) >= size; units = units[size:] {
			for _, u := range units[p.Buy:size] {
				if exact[u.line] == nil {
					exact[u.line] = new(big.Rat)
				}
				exact[u.line].Add(exact[u.line], new(big.Rat).Mul(u.price, big.NewRat(int64(p.PercentBP), 10_000)))
			}
		}
		for i, amount := range exact {
			if rounded := round(amount); rounded > 0 {
				off[i] = rounded
			}
		}
	default:
		for i := range net {
			if covered(i) {
				if amount := round(big.NewRat(net[i]*int64(p.PercentBP), 10_000)); amount > 0 {
					off[i] = amount
				}
			}
		}
	}
	var total int64
	for _, amount := range off {
		total += amount
	}
	if p.MaximumDiscount > 0 && total > p.MaximumDiscount {
		off = naiveSplit(p.MaximumDiscount, off)
	}
	return off
}

// round is half away from zero, for what is not negative.
func round(r *big.Rat) int64 {
	twice := new(big.Rat).Add(new(big.Rat).Add(r, r), big.NewRat(1, 1))
	return new(big.Int).Div(twice.Num(), new(big.Int).Mul(twice.Denom(), big.NewInt(2))).Int64()
}

// naiveSplit gives each line its cut share and then one unit at a time to the largest remainder.
func naiveSplit(amount int64, weights map[int]int64) map[int]int64 {
	var total int64
	for _, w := range weights {
		total += w
	}
	amount = min(amount, total)
	shares, remainders := map[int]int64{}, map[int]int64{}
	given := int64(0)
	for i, w := range weights {
		product := new(big.Int).Mul(big.NewInt(amount), big.NewInt(w))
		quotient, remainder := new(big.Int).QuoRem(product, big.NewInt(max(total, 1)), new(big.Int))
		shares[i], remainders[i] = quotient.Int64(), remainder.Int64()
		given += shares[i]
	}
	for ; given < amount; given++ {
		best := -1
		for i := range weights {
			if best < 0 || remainders[i] > remainders[best] || remainders[i] == remainders[best] && i < best {
				best = i
			}
		}
		shares[best]++
		remainders[best] = -1
	}
	for i, share := range shares {
		if share == 0 {
			delete(shares, i)
		}
	}
	return shares
}
