package orders

import (
	"context"
	"slices"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// Closing is what closing an order may be told besides.
type Closing struct {
	CouponCodes []string
	Covers      *int32 // nil: as they were
	// RequireCoupons refuses to close if a presented code gives nothing.
	RequireCoupons bool
}

// Close closes an order: it applies promotions, uses up stock and counts it in the branch day. It returns what became of the
// promotions that the order was eligible for.
func (s *Service) Close(ctx context.Context, tx postgres.Querier, id string, c Closing) (*Order, pricing.Result, error) {
	var result pricing.Result
	var at branch.Branch
	o, err := s.change(ctx, tx, id, func(o *Order, b branch.Branch) error {
		at = b
		if c.Covers != nil {
			o.Covers = *c.Covers
		}
		now := s.clock()
		if err := o.Close(now, b.BusinessDate(now)); err != nil {
			return err
		}
		dishes, err := s.dishes(ctx, tx, o)
		if err != nil {
			return err
		}
		if result, err = s.promote(ctx, tx, o, b, dishes, c.CouponCodes, promotions.Options{Claim: true}); err != nil {
			return err
		}
		if c.RequireCoupons {
			if err := applied(c.CouponCodes, result); err != nil {
				return err
			}
		}
		redemption := promotions.Redemption{At: now, BranchID: o.BranchID, BusinessDate: o.BusinessDate, OrderID: o.ID, OrgID: o.OrgID}
		if err := s.pricer.Redeem(ctx, tx, redemption, result.Applied); err != nil {
			return err
		}
		return s.consume(ctx, tx, o, dishes)
	})
	if err != nil {
		return nil, result, err
	}
	if err := s.count(ctx, tx, o, o.BusinessDate, o.figures()); err != nil {
		return nil, result, err
	}
	return o, result, s.announce(ctx, tx, at, closedEvent(o))
}

// Preview returns an order as [Service.Close] would make it now, without its cost, and a reason for each active promotion.
func (s *Service) Preview(ctx context.Context, q postgres.Querier, id string, codes []string) (*Order, pricing.Result, error) {
	o, err := s.Get(ctx, q, id)
	if err != nil {
		return nil, pricing.Result{}, err
	}
	if err := o.active(); err != nil {
		return nil, pricing.Result{}, err
	}
	b, err := branch.Get(ctx, q, caller.From(ctx), o.BranchID)
	if err != nil {
		return nil, pricing.Result{}, err
	}
	dishes, err := s.dishes(ctx, q, o)
	if err != nil {
		return nil, pricing.Result{}, err
	}
	result, err := s.promote(ctx, q, o, b, dishes, codes, promotions.Options{Explain: true})
	return o, result, err
}

// promote prices an order by the branch's promotions at this instant and books what it gets.
func (s *Service) promote(
	ctx context.Context, q postgres.Querier, o *Order, b branch.Branch, r recipes, codes []string, options promotions.Options,
) (pricing.Result, error) {
	basket := o.basket(r.dishes)
	basket.At, basket.CouponCodes = s.clock(), codes
	result, err := s.pricer.Price(ctx, q, b, basket, options)
	if err == nil {
		o.Promote(result.Applied)
	}
	return result, err
}

// applied refuses codes that gave nothing.
func applied(codes []string, result pricing.Result) error {
	for _, code := range codes {
		matches := func(d pricing.Decision) bool { return d.CouponCode == pricing.NormalCode(code) }
		if slices.ContainsFunc(result.Applied, matches) {
			continue
		}
		refusal := fault.FailedPrecondition("COUPON_NOT_APPLIED", "coupon "+code+" gives nothing on this order").With("coupon_code", code)
		if i := slices.IndexFunc(result.Skipped, matches); i >= 0 {
			refusal = refusal.With("why", string(result.Skipped[i].Reason))
		}
		return refusal
	}
	return nil
}

// recipes are what an order's dishes and modifiers take from stock.
type recipes struct {
	dishes    map[string]menu.Item
	modifiers map[string][]menu.Ingredient
}

// dishes looks up what is on the order.
func (s *Service) dishes(ctx context.Context, q postgres.Querier, o *Order) (recipes, error) {
	ordered := make([]NewLine, len(o.Lines))
	var modifiers []string
	for i := range o.Lines {
		ordered[i].MenuItemID = o.Lines[i].MenuItemID
		for _, m := range o.Lines[i].Modifiers {
			if m.ID != "" && !slices.Contains(modifiers, m.ID) {
				modifiers = append(modifiers, m.ID)
			}
		}
	}
	var r recipes
	var err error
	r.dishes, r.modifiers, err = menu.LoadWith(ctx, q, o.OrgID, menuIDs(ordered), modifiers)
	return r, err
}

// needs returns what a line takes from stock: what its dish and modifiers are made of, an item that several of them have once.
func (r recipes) needs(l *Line) []stock.Need {
	ingredients := r.dishes[l.MenuItemID].Ingredients
	for _, m := range l.Modifiers {
		if m.ID != "" {
			ingredients = append(ingredients[:len(ingredients):len(ingredients)], r.modifiers[m.ID]...)
		}
	}
	itemIDs, parts := menu.ByItem(ingredients)
	needs := make([]stock.Need, len(itemIDs))
	for i, itemID := range itemIDs {
		needs[i] = stock.Need{LineNo: l.No, ItemID: itemID, Quantity: menu.Requirement(parts[itemID], l.Quantity)}
	}
	return needs
}

// consume takes what the order's dishes are made of from stock and books its cost.
func (s *Service) consume(ctx context.Context, tx postgres.Querier, o *Order, dishes recipes) error {
	sale := stock.Sale{OrgID: o.OrgID, BranchID: o.BranchID, OrderID: o.ID, BusinessDate: o.BusinessDate, At: o.ClosedAt}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.VoidedAt.IsZero() {
			sale.Needs = append(sale.Needs, dishes.needs(l)...)
		}
	}
	if len(sale.Needs) == 0 {
		o.SetCost(nil, false)
		return nil
	}
	used, err := stock.Consume(ctx, tx, sale)
	if err != nil {
		return err
	}
	o.SetCost(used.CostByLine, used.Short)
	return nil
}
