package pricing

import (
	"maps"
	"slices"
)

// Options are what pricing may do besides.
type Options struct {
	// Explain gives a reason for each promotion of the book, not only for those that were eligible.
	Explain bool
	// Left is what limits leave; see [Book.Bounded].
	Left Left
	Mode Mode
}

// Price decides what a basket gets. The discounts of a line never exceed its net.
func (b *Book) Price(basket *Basket, o Options) Result {
	var r Result
	if b.Empty() {
		return r
	}
	left := Left{Coupons: o.Left.Coupons, Total: maps.Clone(o.Left.Total)}
	found := b.candidates(basket)
	eligible := found[:0]
	codes := 0 // of the present promotion; its candidates stand together
	for i, c := range found {
		if i > 0 && found[i-1].entry != c.entry {
			codes = 0
		}
		if c.code != "" && codes >= c.codesPerOrder() {
			r.Skipped = append(r.Skipped, c.skipped(ReasonLimitReached))
			continue
		}
		if reason := left.take(c); reason != ReasonApplied {
			r.Skipped = append(r.Skipped, c.skipped(reason))
			continue
		}
		eligible = append(eligible, c)
		codes++
	}
	chosen := byPriority
	if o.Mode == ModeBestForGuest {
		chosen = bestForGuest
	}
	applied, skipped := chosen(basket, eligible)
	r.Applied, r.Skipped = applied, append(r.Skipped, skipped...)
	if o.Explain {
		r.Skipped = append(r.Skipped, b.explain(basket)...)
	}
	slices.SortStableFunc(r.Skipped, func(x, y Decision) int { return compare(x.Promotion, y.Promotion) })
	for _, d := range r.Applied {
		r.Discount += d.Discount
	}
	return r
}

func (c candidate) skipped(reason Reason) Decision {
	return Decision{CouponCode: c.code, Promotion: c.Promotion, Reason: reason}
}

func skipAll(candidates []candidate, reason Reason) []Decision {
	decisions := make([]Decision, len(candidates))
	for i, c := range candidates {
		decisions[i] = c.skipped(reason)
	}
	return decisions
}

func split(candidates []candidate) (stackable, exclusive []candidate) {
	stackable = make([]candidate, 0, len(candidates))
	for _, c := range candidates {
		if c.Exclusive {
			exclusive = append(exclusive, c)
		} else {
			stackable = append(stackable, c)
		}
	}
	return stackable, exclusive
}

// byPriority lets the first promotion decide that would take something off by itself. One before it would take nothing off
// later either: what remains only gets less.
func byPriority(basket *Basket, candidates []candidate) (applied, skipped []Decision) {
	for i, c := range candidates {
		alone, reasons := stack(basket, candidates[i:i+1])
		if len(alone) == 0 {
			skipped = append(skipped, reasons...)
			continue
		}
		if c.Exclusive {
			return alone, append(skipped, skipAll(candidates[i+1:], ReasonExclusiveApplied)...)
		}
		stackable, exclusive := split(candidates[i:])
		applied, reasons = stack(basket, stackable)
		return applied, slices.Concat(skipped, reasons, skipAll(exclusive, ReasonExclusiveOutranked))
	}
	return nil, skipped
}

// bestForGuest takes the larger of the stack and the best exclusive promotion, the first of those that are equal.
func bestForGuest(basket *Basket, candidates []candidate) (applied, skipped []Decision) {
	stackable, exclusive := split(candidates)
	applied, skipped = stack(basket, stackable)
	best, alone := -1, []Decision(nil)
	for i := range exclusive {
		given, reasons := stack(basket, exclusive[i:i+1])
		switch {
		case len(given) == 0:
			skipped = append(skipped, reasons...)
		case best >= 0 && given[0].Discount <= alone[0].Discount:
			skipped = append(skipped, exclusive[i].skipped(ReasonBetterForGuest))
		default:
			if best >= 0 {
				skipped = append(skipped, exclusive[best].skipped(ReasonBetterForGuest))
			}
			best, alone = i, given
		}
	}
	if best < 0 {
		return applied, skipped
	}
	var stacked int64
	for _, d := range applied {
		stacked += d.Discount
	}
	if stacked >= alone[0].Discount {
		return applied, append(skipped, exclusive[best].skipped(ReasonBetterForGuest))
	}
	for _, d := range applied {
		skipped = append(skipped, Decision{CouponCode: d.CouponCode, Promotion: d.Promotion, Reason: ReasonBetterForGuest})
	}
	return alone, skipped
}

// stack takes promotions off one after the other, those off items first.
func stack(basket *Basket, candidates []candidate) (applied, skipped []Decision) {
	net, off := make([]int64, len(basket.Lines)), make([]int64, len(basket.Lines))
	for i := range basket.Lines {
		net[i] = basket.Lines[i].Net
	}
	remaining := sum(net)
	applied = make([]Decision, 0, len(candidates))
	var lines []LineDiscount // one array for many decisions
	for _, offItems := range []bool{true, false} {
		for _, c := range candidates {
			if c.OffItems() != offItems {
				continue
			}
			reason := ReasonApplied
			if remaining < c.MinimumSpend {
				reason = ReasonMinimumSpend
			} else if c.takeOff(basket.Lines, net, off) == 0 {
				reason = c.nothing(basket.Lines, net)
			}
			if reason != ReasonApplied {
				skipped = append(skipped, c.skipped(reason))
				continue
			}
			d := Decision{CouponCode: c.code, Promotion: c.Promotion, Reason: ReasonApplied}
			if cap(lines)-len(lines) < len(off) {
				lines = make([]LineDiscount, 0, max(len(off), min(len(candidates), 64)*len(off)/4))
			}
			first := len(lines)
			for i, amount := range off {
				if amount > 0 {
					lines = append(lines, LineDiscount{Amount: amount, LineNo: basket.Lines[i].No})
					d.Discount += amount
					net[i] -= amount
				}
			}
			d.Lines = lines[first:len(lines):len(lines)]
			remaining -= d.Discount
			applied = append(applied, d)
		}
	}
	return applied, skipped
}

// nothing says why a promotion in scope takes nothing off.
func (e *entry) nothing(lines []Line, net []int64) Reason {
	for i := range lines {
		if e.Effect == EffectBundle && net[i] > 0 && e.covers(&lines[i]) {
			return ReasonBundleIncomplete
		}
	}
	return ReasonNothingLeft
}
