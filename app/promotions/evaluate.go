package promotions

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// maxLineGross is the most that a line may come to, as on an order.
const maxLineGross = 1_000_000_000_000_000

// Trial is a basket to price without saving anything.
type Trial struct {
	At          time.Time // zero: now
	BranchID    string
	Channel     string
	CouponCodes []string
	Lines       []TrialLine
	Mode        pricing.Mode // empty: the organisation's
	OrderType   string
}

// TrialLine is one dish of a trial.
type TrialLine struct {
	MenuItemID string
	Quantity   decimal.Decimal
	UnitPrice  *int64 // nil: the menu's
}

// Priced is a trial with what it gets.
type Priced struct {
	pricing.Result
	At       time.Time
	Currency string
	Lines    []PricedLine
	Mode     pricing.Mode
}

// PricedLine is a line after all promotions.
type PricedLine struct {
	Discount, Gross, Tax int64
	MenuItemID           string
	No                   int32
}

// Evaluate prices a trial and gives a reason for each active promotion.
func (s *Service) Evaluate(ctx context.Context, q postgres.Querier, pricer *Pricer, t Trial) (Priced, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), t.BranchID)
	if err != nil {
		return Priced{}, err
	}
	if t.At.IsZero() {
		t.At = s.clock()
	}
	if t.Mode == "" {
		t.Mode = pricing.Mode(b.PromotionMode)
	}
	ids := make([]string, len(t.Lines))
	for i, l := range t.Lines {
		ids[i] = l.MenuItemID
	}
	dishes, err := menu.Load(ctx, q, b.OrgID, ids)
	if err != nil {
		return Priced{}, err
	}
	basket := pricing.Basket{At: t.At, Channel: t.Channel, CouponCodes: t.CouponCodes, OrderType: t.OrderType}
	p := Priced{At: t.At, Currency: b.Currency, Mode: t.Mode, Lines: make([]PricedLine, len(t.Lines))}
	for i, l := range t.Lines {
		dish, ok := dishes[l.MenuItemID]
		if !ok {
			return Priced{}, fault.Invalid(fmt.Sprintf("lines[%d].menu_item_id", i), "must be a dish of the menu, not "+l.MenuItemID)
		}
		price := dish.Price
		if l.UnitPrice != nil {
			price = *l.UnitPrice
		}
		gross, err := money.Times(l.Quantity, price)
		if err != nil || gross > maxLineGross {
			return Priced{}, fault.Invalid(fmt.Sprintf("lines[%d].quantity", i), fmt.Sprintf("makes an amount over %d", int64(maxLineGross)))
		}
		no := int32(i) + 1
		p.Lines[i] = PricedLine{Gross: gross, MenuItemID: dish.ID, No: no}
		basket.Lines = append(basket.Lines, pricing.Line{Category: dish.Category, MenuItemID: dish.ID, Net: gross, No: no, Quantity: l.Quantity})
	}
	if p.Result, err = pricer.Price(ctx, q, b, basket, Options{Explain: true, Mode: t.Mode}); err != nil {
		return Priced{}, err
	}
	for _, d := range p.Applied {
		for _, l := range d.Lines {
			p.Lines[l.LineNo-1].Discount += l.Amount
		}
	}
	for i := range p.Lines {
		l := &p.Lines[i]
		l.Tax = money.MulRate(l.Gross-l.Discount, int64(dishes[l.MenuItemID].TaxRateBP))
	}
	return p, nil
}
