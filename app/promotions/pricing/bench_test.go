package pricing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// BenchmarkPrice prices a basket of 20 lines with 10 000 active promotions: a chain's, with scopes all over its menu, branches
// and times of day, and the worst that could be, where none can be ruled out before it is computed.
func BenchmarkPrice(b *testing.B) {
	const promotions, dishes, categories, branches = 10_000, 500, 20, 2000
	random := rand.New(rand.NewPCG(1, 2))
	chain, worst := make([]*pricing.Promotion, promotions), make([]*pricing.Promotion, promotions)
	effects := []pricing.Effect{pricing.EffectPercentOff, pricing.EffectFixedOff, pricing.EffectBundle, pricing.EffectHappyHour}
	for i := range promotions {
		p := promotion(fmt.Sprintf("P%05d", i), pricing.Terms{
			Amount: 500, Buy: 2, Effect: effects[i%len(effects)], Exclusive: i%10 == 0, Get: 1, PercentBP: 1000, Priority: int32(random.IntN(100)),
		})
		every := *p
		every.Exclusive = false
		if i%len(effects) == 1 {
			every.Amount = 1 // so that something is left to the last
		}
		every.PercentBP = 1
		worst[i] = &every
		switch i % 5 {
		case 0:
			p.Scope.Categories = []string{fmt.Sprint("C", random.IntN(categories))}
		case 1, 2, 3:
			for range 3 {
				p.Scope.MenuItemIDs = append(p.Scope.MenuItemIDs, fmt.Sprint("D", random.IntN(dishes)))
			}
		}
		if i%2 == 0 {
			for range 20 {
				p.Scope.BranchIDs = append(p.Scope.BranchIDs, fmt.Sprint("B", random.IntN(branches)))
			}
		}
		if i%3 == 0 || p.Effect == pricing.EffectHappyHour {
			p.Dayparts = []pricing.Daypart{{Start: random.IntN(1440), End: random.IntN(1440), Weekdays: []time.Weekday{time.Weekday(random.IntN(7))}}}
		}
		if i%7 == 0 || i%5 == 4 { // off the whole order only for a code
			p.CouponCodes = []string{fmt.Sprint("CODE", i)}
		}
		chain[i] = p
	}
	basket := pricing.Basket{At: halfPastFive, BranchID: "B1", Channel: "POS", CouponCodes: []string{"code7", "code4"}, OrderType: "DINE_IN"}
	for i := range 20 {
		basket.Lines = append(basket.Lines, pricing.Line{
			Category: fmt.Sprint("C", i%categories), MenuItemID: fmt.Sprint("D", random.IntN(dishes)), Net: 1_000_000, No: int32(i + 1), Quantity: decimal.NewFromInt(int64(1 + i%3)),
		})
	}
	for name, c := range map[string]struct {
		promotions []*pricing.Promotion
		options    pricing.Options
	}{
		"Chain":             {chain, pricing.Options{Mode: pricing.ModePriority}},
		"ChainBestForGuest": {chain, pricing.Options{Mode: pricing.ModeBestForGuest}},
		"ChainExplained":    {chain, pricing.Options{Explain: true, Mode: pricing.ModePriority}},
		"AllApply":          {worst, pricing.Options{Mode: pricing.ModePriority}},
	} {
		b.Run(name, func(b *testing.B) {
			book := pricing.NewBook(c.promotions)
			b.ReportAllocs()
			b.ResetTimer()
			var r pricing.Result
			for b.Loop() {
				r = book.Price(&basket, c.options)
			}
			b.ReportMetric(float64(len(r.Applied)), "applied")
		})
	}
}
