package promotions

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// Pricer prices baskets by an organisation's active promotions, and redeems what closed orders got.
type Pricer struct {
	books *books
	store store
}

// NewPricer returns a pricer that has read nothing yet.
func NewPricer() *Pricer { return &Pricer{books: newBooks(), store: newStore()} }

// Options are what pricing may do besides.
type Options struct {
	// Claim locks what limits leave until the transaction ends, so that it can be redeemed.
	Claim bool
	// Explain gives a reason for each active promotion.
	Explain bool
	// Mode is tried in place of the organisation's, if there is one.
	Mode pricing.Mode
}

// Price decides what a basket of a branch gets. A presented code that no active promotion has is invalid_argument on it.
func (p *Pricer) Price(ctx context.Context, q postgres.Querier, b branch.Branch, basket pricing.Basket, o Options) (pricing.Result, error) {
	book, err := p.books.get(ctx, q, b.OrgID, b.PromotionsVersion)
	if err != nil {
		return pricing.Result{}, err
	}
	for i, code := range basket.CouponCodes {
		if !book.HasCode(code) {
			return pricing.Result{}, fault.Invalid(fmt.Sprintf("coupon_codes[%d]", i), "must be a code of an active promotion, not "+code)
		}
	}
	if book.Empty() {
		return pricing.Result{}, nil
	}
	basket.At, basket.BranchID = basket.At.In(b.Location), b.ID
	left, err := p.left(ctx, q, b.OrgID, book, &basket, o.Claim)
	if err != nil {
		return pricing.Result{}, err
	}
	if o.Mode == "" {
		o.Mode = pricing.Mode(b.PromotionMode)
	}
	return book.Price(&basket, pricing.Options{Explain: o.Explain, Left: left, Mode: o.Mode}), nil
}

// left reads what limits leave of the bounded promotions and codes that the basket is eligible for. Claiming locks promotions
// first and then codes, each by id, as everybody does.
func (p *Pricer) left(ctx context.Context, q postgres.Querier, orgID string, book *pricing.Book, basket *pricing.Basket, claim bool) (pricing.Left, error) {
	var left pricing.Left
	promotionIDs, coupons := book.Bounded(basket)
	var err error
	if len(promotionIDs) > 0 {
		if left.Total, err = p.store.limits(ctx, q, orgID, promotionIDs, claim); err != nil {
			return left, err
		}
	}
	if len(coupons) > 0 {
		left.Coupons, err = p.store.coupons(ctx, q, orgID, coupons, claim)
	}
	return left, err
}

// Redemption is the order that redeems.
type Redemption struct {
	At           time.Time
	BranchID     string
	BusinessDate civil.Date
	OrderID      string
	OrgID        string
}

// Redeem writes down what an order got, in the transaction in which it was priced with Claim.
func (p *Pricer) Redeem(ctx context.Context, tx postgres.Querier, r Redemption, applied []pricing.Decision) error {
	if len(applied) == 0 {
		return nil
	}
	return p.store.redeem(ctx, tx, r, applied)
}

// Release gives back what a voided order redeemed.
func (p *Pricer) Release(ctx context.Context, tx postgres.Querier, orgID, orderID string, at time.Time) error {
	return p.store.release(ctx, tx, orgID, orderID, at)
}
