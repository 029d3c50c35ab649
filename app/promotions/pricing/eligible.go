package pricing

import "slices"

// candidate is a promotion that a basket is eligible for, or one code of it, before limits and spend are looked at.
type candidate struct {
	*entry
	code string
}

// conditions returns why a basket doesn't meet a promotion's terms, or ReasonApplied. The scope of dishes, the limits and the
// minimum spend are looked at elsewhere.
func (e *entry) conditions(b *Basket, clock wallClock) Reason {
	switch {
	case !e.StartsAt.IsZero() && b.At.Before(e.StartsAt):
		return ReasonNotStarted
	case !e.EndsAt.IsZero() && !b.At.Before(e.EndsAt):
		return ReasonEnded
	case e.branches != nil && !e.branches[b.BranchID]:
		return ReasonOtherBranch
	case len(e.Channels) > 0 && !slices.Contains(e.Channels, b.Channel):
		return ReasonOtherChannel
	case len(e.OrderTypes) > 0 && !slices.Contains(e.OrderTypes, b.OrderType):
		return ReasonOtherOrderType
	case len(e.Dayparts) > 0 && !e.inDaypart(clock):
		return ReasonOutsideDaypart
	}
	return ReasonApplied
}

func (e *entry) inDaypart(clock wallClock) bool {
	for i := range e.Dayparts {
		if e.Dayparts[i].contains(clock) {
			return true
		}
	}
	return false
}

// presented returns the codes of the promotion that the guest presents, in normal form and each once. A promotion without codes has
// the empty one.
func (e *entry) presented(codes []string) []string {
	if e.codes == nil {
		return noCode
	}
	var found []string
	for _, code := range codes {
		if code = NormalCode(code); e.codes[code] && !slices.Contains(found, code) {
			found = append(found, code)
		}
	}
	return found
}

// noCode is what a promotion without codes is redeemed by.
var noCode = []string{""}

// candidates returns what the basket is eligible for, in order.
func (b *Book) candidates(basket *Basket) []candidate {
	found, clock := make([]candidate, 0, 64), readClock(basket.At)
	b.inScope(basket, func(place int) {
		e := &b.entries[place]
		if e.conditions(basket, clock) != ReasonApplied {
			return
		}
		for _, code := range e.presented(basket.CouponCodes) {
			found = append(found, candidate{entry: e, code: code})
		}
	})
	return found
}

// Bounded returns the promotions and codes that the basket is eligible for and whose redemptions have a bound: what
// [Book.Price] wants to know the [Left] of.
func (b *Book) Bounded(basket *Basket) (promotionIDs []string, coupons []Coupon) {
	if b.Empty() {
		return nil, nil
	}
	for _, c := range b.candidates(basket) {
		if c.LimitTotal > 0 && !slices.Contains(promotionIDs, c.ID) {
			promotionIDs = append(promotionIDs, c.ID)
		}
		if c.LimitPerCoupon > 0 && c.code != "" {
			coupons = append(coupons, Coupon{Code: c.code, PromotionID: c.ID})
		}
	}
	return promotionIDs, coupons
}

// take reduces what is left by one redemption, or says which limit is reached.
func (l *Left) take(c candidate) Reason {
	if c.LimitPerCoupon > 0 && c.code != "" && !l.Coupons[Coupon{Code: c.code, PromotionID: c.ID}] {
		return ReasonCouponLimitReached
	}
	if c.LimitTotal > 0 {
		if l.Total[c.ID] <= 0 {
			return ReasonLimitReached
		}
		l.Total[c.ID]--
	}
	return ReasonApplied
}

// explain returns why each promotion that was no candidate isn't one, in order.
func (b *Book) explain(basket *Basket) []Decision {
	skipped, clock := make([]Decision, 0, len(b.entries)), readClock(basket.At)
	for i := range b.entries {
		e := &b.entries[i]
		reason := e.conditions(basket, clock)
		if reason == ReasonApplied && !slices.ContainsFunc(basket.Lines, func(l Line) bool { return e.covers(&l) }) {
			reason = ReasonOutOfScope
		}
		if reason == ReasonApplied && len(e.presented(basket.CouponCodes)) == 0 {
			reason = ReasonCouponMissing
		}
		if reason != ReasonApplied {
			skipped = append(skipped, Decision{Promotion: e.Promotion, Reason: reason})
		}
	}
	return skipped
}
