package rankings

import (
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
)

// scorePlaces is the number of decimals of a score.
const scorePlaces = 2

// best is the highest of each metric that is scored against the other branches.
type best struct {
	// margin is the highest margin rate, nil if no branch has a positive one.
	margin *big.Rat
	// net is the highest net sales; 0 or less if no branch sold anything.
	net int64
}

func bestOf(branches []Branch) best {
	var b best
	for _, branch := range branches {
		b.net = max(b.net, branch.Net())
		if rate := marginRate(branch.Figures); rate != nil && rate.Sign() > 0 && (b.margin == nil || rate.Cmp(b.margin) > 0) {
			b.margin = rate
		}
	}
	return b
}

// score returns 100 × the weighted mean of a branch's metrics, each between 0 and 1, rounded to two decimals. A metric
// that is missing is dropped and the rest weigh more; partial tells that this happened. Without any metric that weighs
// something, the score is 0.
//
// Everything is computed in fractions: only the result is rounded.
func score(f daysales.Figures, b best, settings organisation.Settings) (score decimal.Decimal, partial bool) {
	metrics := []struct {
		weight float64
		value  *big.Rat
	}{
		{settings.Weights.Revenue, revenue(f, b)},
		{settings.Weights.Margin, margin(f, b)},
		{settings.Weights.Waste, waste(f, settings.WasteCapBP)},
		{settings.Weights.Service, service(f)},
	}
	sum, present := new(big.Rat), new(big.Rat)
	for _, m := range metrics {
		weight := exact(m.weight)
		switch {
		case weight.Sign() == 0:
		case m.value == nil:
			partial = true
		default:
			present.Add(present, weight)
			sum.Add(sum, weight.Mul(weight, m.value))
		}
	}
	if present.Sign() == 0 {
		return decimal.Zero, true
	}
	if partial {
		sum.Quo(sum, present)
	}
	// FloatString rounds half away from zero.
	text := sum.Mul(sum, big.NewRat(100, 1)).FloatString(scorePlaces)
	return decimal.RequireFromString(text), partial
}

// revenue is net sales in proportion to the highest. It is missing if no branch sold anything.
func revenue(f daysales.Figures, b best) *big.Rat {
	if b.net <= 0 {
		return nil
	}
	return big.NewRat(max(f.Net(), 0), b.net)
}

// margin is the margin rate in proportion to the highest; a negative one counts 0.
func margin(f daysales.Figures, b best) *big.Rat {
	rate := marginRate(f)
	switch {
	case rate == nil:
		return nil
	case rate.Sign() <= 0:
		return new(big.Rat)
	}
	return rate.Quo(rate, b.margin)
}

// waste is 1 for no waste, falling to 0 where waste reaches the cap.
func waste(f daysales.Figures, capBP int64) *big.Rat {
	if f.Net() <= 0 {
		return nil
	}
	one := big.NewRat(1, 1)
	rate := big.NewRat(f.WasteCost, f.Net())
	share := rate.Quo(rate, big.NewRat(capBP, 10_000))
	if share.Cmp(one) > 0 {
		share = one
	}
	return new(big.Rat).Sub(one, share)
}

// service is the service level. It is missing if no ticket got ready.
func service(f daysales.Figures) *big.Rat {
	if f.Tickets == 0 {
		return nil
	}
	return big.NewRat(f.TicketsOnTime, f.Tickets)
}

// marginRate is gross margin ÷ net sales. It is missing without net sales, and where refunds outweigh sales: a loss over a
// loss would look like a gain.
func marginRate(f daysales.Figures) *big.Rat {
	if f.Net() <= 0 {
		return nil
	}
	return big.NewRat(figures.GrossMargin(f), f.Net())
}

// exact returns the decimal fraction that a weight was written as: 0.1, not the double next to it.
func exact(weight float64) *big.Rat {
	fraction, _ := new(big.Rat).SetString(strconv.FormatFloat(weight, 'g', -1, 64))
	return fraction
}
