package promotions

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// limits returns what bounded promotions have left, if they have something left.
func (s store) limits(ctx context.Context, q postgres.Querier, orgID string, promotionIDs []string, lock bool) (map[string]int64, error) {
	left := make(map[string]int64, len(promotionIDs))
	if lock {
		rows, err := s.queries.PromotionLimitLock(ctx, q, &sqlc.PromotionLimitLockParams{OrgID: orgID, Ids: promotionIDs})
		if err != nil {
			return nil, fmt.Errorf("lock limits of promotions: %w", err)
		}
		for _, row := range rows {
			left[row.ID] = row.Available
		}
		return left, nil
	}
	rows, err := s.queries.PromotionLimitList(ctx, q, &sqlc.PromotionLimitListParams{OrgID: orgID, Ids: promotionIDs})
	if err != nil {
		return nil, fmt.Errorf("list limits of promotions: %w", err)
	}
	for _, row := range rows {
		left[row.ID] = row.Available
	}
	return left, nil
}

// coupons returns which of the codes have something left.
func (s store) coupons(ctx context.Context, q postgres.Querier, orgID string, coupons []pricing.Coupon, lock bool) (map[pricing.Coupon]bool, error) {
	var promotionIDs, codes []string
	for _, c := range coupons {
		promotionIDs, codes = append(promotionIDs, c.PromotionID), append(codes, c.Code)
	}
	left := make(map[pricing.Coupon]bool, len(coupons))
	if lock {
		rows, err := s.queries.PromotionCouponLock(ctx, q, &sqlc.PromotionCouponLockParams{OrgID: orgID, PromotionIds: promotionIDs, Codes: codes})
		if err != nil {
			return nil, fmt.Errorf("lock coupons: %w", err)
		}
		for _, row := range rows {
			left[pricing.Coupon{Code: row.Code, PromotionID: row.PromotionID}] = true
		}
		return left, nil
	}
	rows, err := s.queries.PromotionCouponList(ctx, q, &sqlc.PromotionCouponListParams{OrgID: orgID, PromotionIds: promotionIDs, Codes: codes})
	if err != nil {
		return nil, fmt.Errorf("list coupons: %w", err)
	}
	for _, row := range rows {
		left[pricing.Coupon{Code: row.Code, PromotionID: row.PromotionID}] = true
	}
	return left, nil
}

func (s store) redeem(ctx context.Context, tx postgres.Querier, r Redemption, applied []pricing.Decision) error {
	p := &sqlc.PromotionRedeemParams{
		OrgID: r.OrgID, OrderID: r.OrderID, BranchID: r.BranchID, BusinessDate: r.BusinessDate, RedeemedAt: r.At,
	}
	l := &sqlc.OrderLinePromotionInsertParams{OrgID: r.OrgID, OrderID: r.OrderID}
	for _, d := range applied {
		p.PromotionIds = append(p.PromotionIds, d.Promotion.ID)
		p.CouponCodes = append(p.CouponCodes, d.CouponCode)
		p.Amounts = append(p.Amounts, d.Discount)
		for _, line := range d.Lines {
			l.LineNos = append(l.LineNos, line.LineNo)
			l.PromotionIds = append(l.PromotionIds, d.Promotion.ID)
			l.CouponCodes = append(l.CouponCodes, d.CouponCode)
			l.Amounts = append(l.Amounts, line.Amount)
		}
	}
	if err := s.queries.PromotionRedeem(ctx, tx, p); err != nil {
		return fmt.Errorf("redeem promotions: %w", err)
	}
	if err := s.queries.OrderLinePromotionInsert(ctx, tx, l); err != nil {
		return fmt.Errorf("insert promotions of order lines: %w", err)
	}
	return nil
}

func (s store) release(ctx context.Context, tx postgres.Querier, orgID, orderID string, at time.Time) error {
	if err := s.queries.PromotionRedemptionLock(ctx, tx, &sqlc.PromotionRedemptionLockParams{OrgID: orgID, OrderID: orderID}); err != nil {
		return fmt.Errorf("lock redeemed promotions: %w", err)
	}
	if err := s.queries.PromotionCouponRedemptionLock(ctx, tx, &sqlc.PromotionCouponRedemptionLockParams{OrgID: orgID, OrderID: orderID}); err != nil {
		return fmt.Errorf("lock redeemed coupons: %w", err)
	}
	err := s.queries.PromotionRedemptionRelease(ctx, tx, &sqlc.PromotionRedemptionReleaseParams{OrgID: orgID, OrderID: orderID, ReleasedAt: &at})
	if err != nil {
		return fmt.Errorf("release promotions: %w", err)
	}
	return nil
}

func (s store) insertEvent(ctx context.Context, tx postgres.Querier, orgID, promotionID string, e Event) error {
	p := &sqlc.PromotionEventInsertParams{
		OrgID: orgID, PromotionID: promotionID, Revision: e.Revision, Action: string(e.Action), Actor: e.Actor, Note: e.Note, OccurredAt: e.At,
	}
	if e.Terms != nil {
		terms, err := json.Marshal(e.Terms)
		if err != nil {
			return fmt.Errorf("encode terms: %w", err)
		}
		p.Terms = terms
	}
	if err := s.queries.PromotionEventInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert promotion event: %w", err)
	}
	return nil
}

func (s store) listEvents(ctx context.Context, q postgres.Querier, orgID, promotionID string) ([]Event, error) {
	rows, err := s.queries.PromotionEventList(ctx, q, &sqlc.PromotionEventListParams{OrgID: orgID, PromotionID: promotionID})
	if err != nil {
		return nil, fmt.Errorf("list promotion events: %w", err)
	}
	events := make([]Event, len(rows))
	for i, row := range rows {
		events[i] = Event{Action: Action(row.Action), Actor: row.Actor, At: row.OccurredAt, Note: row.Note, Revision: row.Revision}
		if row.Terms != nil {
			events[i].Terms = &pricing.Terms{}
			if err := json.Unmarshal(row.Terms, events[i].Terms); err != nil {
				return nil, fmt.Errorf("decode terms of promotion event: %w", err)
			}
		}
	}
	return events, nil
}

func (s store) couponCounts(ctx context.Context, q postgres.Querier, orgID, promotionID string) (map[string]int64, error) {
	rows, err := s.queries.PromotionCouponCountList(ctx, q, &sqlc.PromotionCouponCountListParams{OrgID: orgID, PromotionID: promotionID})
	if err != nil {
		return nil, fmt.Errorf("count coupons: %w", err)
	}
	counts := make(map[string]int64, len(rows))
	for _, row := range rows {
		counts[row.CouponCode] = row.Redeemed
	}
	return counts, nil
}

// Result is what a promotion gave away in a range, in minor units.
type Result struct {
	Discount    int64
	Gross       int64 // of the orders that it was given on
	Name        string
	Net         int64
	PromotionID string
	Redemptions int64
}

// resultFilter bounds results; empty ids match all.
type resultFilter struct {
	branchID    string
	from, to    civil.Date
	promotionID string
}

func (s store) listResults(ctx context.Context, q postgres.Querier, orgID string, f resultFilter) ([]Result, error) {
	rows, err := s.queries.PromotionResultList(ctx, q, &sqlc.PromotionResultListParams{
		OrgID: orgID, StartDate: f.from, EndDate: f.to, BranchID: f.branchID, PromotionID: f.promotionID,
	})
	if err != nil {
		return nil, fmt.Errorf("list results of promotions: %w", err)
	}
	results := make([]Result, len(rows))
	for i, row := range rows {
		results[i] = Result{Discount: row.Discount, Gross: row.Gross, Name: row.Name, Net: row.Net, PromotionID: row.PromotionID, Redemptions: row.Redemptions}
	}
	return results, nil
}
