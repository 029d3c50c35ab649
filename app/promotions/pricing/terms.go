package pricing

import (
	"slices"
	"strings"
	"time"
)

// Effect says how a promotion computes what it takes off.
type Effect string

// The effects. PercentBP belongs to all but FIXED_OFF, Amount to FIXED_OFF, Buy and Get to BUNDLE.
const (
	EffectBundle     Effect = "BUNDLE"
	EffectFixedOff   Effect = "FIXED_OFF"
	EffectHappyHour  Effect = "HAPPY_HOUR"
	EffectPercentOff Effect = "PERCENT_OFF"
)

// Mode says which of several promotions an order gets.
type Mode string

// The modes.
const (
	// ModeBestForGuest takes the larger of the stack of promotions that are not exclusive and the best exclusive one.
	ModeBestForGuest Mode = "BEST_FOR_GUEST"
	// ModePriority lets the first eligible promotion decide: an exclusive one stands alone, otherwise exclusive ones are out.
	ModePriority Mode = "PRIORITY"
)

// Terms are what a promotion gives, to whom and when. Money is in minor units, rates are in basis points, 0 and empty mean no
// bound.
type Terms struct {
	Amount           int64     `json:"amount,omitempty"`
	ApprovalRequired bool      `json:"approval_required"`
	Buy              int32     `json:"buy,omitempty"`
	Channels         []string  `json:"channels,omitempty"`
	CouponCodes      []string  `json:"coupon_codes,omitempty"` // upper case
	Dayparts         []Daypart `json:"dayparts,omitempty"`
	Description      string    `json:"description,omitempty"`
	Effect           Effect    `json:"effect"`
	EndsAt           time.Time `json:"ends_at,omitzero"` // exclusive
	Exclusive        bool      `json:"exclusive"`
	Get              int32     `json:"get,omitempty"`
	LimitPerCoupon   int64     `json:"limit_per_coupon,omitempty"`
	// LimitPerOrder bounds the sets of a bundle, and the codes that one order redeems (then 0 means one).
	LimitPerOrder   int32     `json:"limit_per_order,omitempty"`
	LimitTotal      int64     `json:"limit_total,omitempty"`
	MaximumDiscount int64     `json:"maximum_discount,omitempty"`
	MinimumSpend    int64     `json:"minimum_spend,omitempty"`
	Name            string    `json:"name"`
	OrderTypes      []string  `json:"order_types,omitempty"`
	PercentBP       int32     `json:"percent_bp,omitempty"`
	Priority        int32     `json:"priority"`
	Scope           Scope     `json:"scope"`
	StartsAt        time.Time `json:"starts_at,omitzero"`
}

// Scope is branches AND (items OR categories).
type Scope struct {
	BranchIDs   []string `json:"branch_ids,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	MenuItemIDs []string `json:"menu_item_ids,omitempty"`
}

// InBranch reports whether the promotion may hold in a branch.
func (t *Terms) InBranch(id string) bool {
	return len(t.Scope.BranchIDs) == 0 || slices.Contains(t.Scope.BranchIDs, id)
}

// OffItems reports whether the promotion is taken off items, and so before those that are taken off the order.
func (t *Terms) OffItems() bool {
	return t.Effect == EffectBundle || len(t.Scope.MenuItemIDs) > 0 || len(t.Scope.Categories) > 0
}

// codesPerOrder is how many codes of the promotion one order may redeem.
func (t *Terms) codesPerOrder() int {
	if t.Effect == EffectBundle {
		return 1 // its limit per order bounds sets
	}
	return int(max(t.LimitPerOrder, 1))
}

// Promotion is terms at work.
type Promotion struct {
	Terms
	CreatedAt time.Time
	ID        string
}

// NormalCode returns the form of a coupon code in which codes are compared.
func NormalCode(code string) string { return strings.ToUpper(code) }
