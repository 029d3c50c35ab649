package pricing

import (
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Check answers an Invalid error on a field of terms unless the terms can be met and mean one thing. What the rules of the proto
// file bound is not looked at again.
func (t *Terms) Check() error {
	if !t.StartsAt.IsZero() && !t.EndsAt.IsZero() && !t.StartsAt.Before(t.EndsAt) {
		return fault.Invalid("terms.ends_at", "must be after starts_at")
	}
	if err := t.checkDayparts(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, code := range t.CouponCodes {
		if seen[code] {
			return fault.Invalid(fmt.Sprintf("terms.coupon_codes[%d]", i), "must not be there twice; upper and lower case are the same")
		}
		seen[code] = true
	}
	switch {
	case t.LimitPerCoupon > 0 && len(t.CouponCodes) == 0:
		return fault.Invalid("terms.limits.per_coupon", "needs coupon_codes")
	case t.LimitPerOrder > 1 && len(t.CouponCodes) == 0 && t.Effect != EffectBundle:
		return fault.Invalid("terms.limits.per_order", "must be at most 1 for a promotion that is neither a bundle nor has coupon_codes")
	case t.Effect == EffectFixedOff && t.MaximumDiscount > t.Amount:
		return fault.Invalid("terms.maximum_discount", "must not exceed the amount of fixed_off")
	}
	return nil
}

func (t *Terms) checkDayparts() error {
	if t.Effect == EffectHappyHour && len(t.Dayparts) == 0 {
		return fault.Invalid("terms.dayparts", "must have at least one daypart for a happy hour")
	}
	for i, d := range t.Dayparts {
		field := fmt.Sprintf("terms.dayparts[%d]", i)
		if d.Start == d.End {
			return fault.Invalid(field+".end", "must not be the same as start; leave dayparts out for the whole day")
		}
		for j, earlier := range t.Dayparts[:i] {
			if d.Overlaps(earlier) {
				return fault.Invalid(field, fmt.Sprintf("must not overlap with dayparts[%d]", j))
			}
		}
		if !t.StartsAt.IsZero() && !t.EndsAt.IsZero() && !d.occurs(t.StartsAt, t.EndsAt) {
			return fault.Invalid(field, "must come up between starts_at and ends_at")
		}
	}
	return nil
}

// Overlaps reports whether some basket could be eligible for both: dates, dayparts, branches, channels, order types and scopes
// all have something in common. A category and a dish may have: which dishes a category has can change.
func (t *Terms) Overlaps(o *Terms) bool {
	if !t.EndsAt.IsZero() && !o.StartsAt.Before(t.EndsAt) || !o.EndsAt.IsZero() && !t.StartsAt.Before(o.EndsAt) {
		return false
	}
	return meet(t.Scope.BranchIDs, o.Scope.BranchIDs) && meet(t.Channels, o.Channels) && meet(t.OrderTypes, o.OrderTypes) &&
		t.sharesDayparts(o) && t.Scope.sharesItems(o.Scope)
}

func (t *Terms) sharesDayparts(o *Terms) bool {
	if len(t.Dayparts) == 0 || len(o.Dayparts) == 0 {
		return true
	}
	for _, a := range t.Dayparts {
		for _, b := range o.Dayparts {
			if a.Overlaps(b) {
				return true
			}
		}
	}
	return false
}

func (s Scope) sharesItems(o Scope) bool {
	if len(s.MenuItemIDs) > 0 && len(o.Categories) > 0 || len(s.Categories) > 0 && len(o.MenuItemIDs) > 0 {
		return true
	}
	if len(s.MenuItemIDs)+len(s.Categories) == 0 || len(o.MenuItemIDs)+len(o.Categories) == 0 {
		return true
	}
	return share(s.MenuItemIDs, o.MenuItemIDs) || share(s.Categories, o.Categories)
}

// meet reports whether two bounds have something in common; an empty one bounds nothing.
func meet(a, b []string) bool { return len(a) == 0 || len(b) == 0 || share(a, b) }

func share(a, b []string) bool {
	in := set(a)
	for _, v := range b {
		if in[v] {
			return true
		}
	}
	return false
}
