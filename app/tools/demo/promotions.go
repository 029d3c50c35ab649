package demo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/copyto"
)

// CouponCode is a code that takes a tenth off an order in the staging organisation. Nothing is taken off without it: what
// visitors try must come to what the menu says.
const CouponCode = "WELCOME10"

// promotionRows writes one promotion in each state that a visitor can go on from.
func (c *company) promotionRows(today civil.Date) ([]*copyto.Buffer, error) {
	rows := copyto.NewBuffer("promotions", "org_id", "id", "status", "terms", "name", "priority", "limit_total", "revision", "author", "approved_by",
		"created_at", "updated_at")
	events := copyto.NewBuffer("promotion_events", "org_id", "promotion_id", "revision", "action", "actor", "note", "terms", "occurred_at")
	coupons := copyto.NewBuffer("promotion_coupons", "org_id", "promotion_id", "code", "limit_each")
	writtenAt := time.Date(today.Year, today.Month, today.Day, 6, 0, 0, 0, time.UTC).AddDate(0, 0, -10)
	approver := c.people[0].id
	for _, p := range []struct {
		id     string
		status promotions.Status
		steps  []promotions.Action
		terms  pricing.Terms
	}{
		{"PROMO_WELCOME", promotions.StatusActive, []promotions.Action{promotions.ActionCreated, promotions.ActionApproved, promotions.ActionActivated}, pricing.Terms{
			CouponCodes: []string{CouponCode}, Effect: pricing.EffectPercentOff, LimitPerCoupon: 10_000, Name: "Welcome", PercentBP: 1000, Priority: 50,
		}},
		{"PROMO_HAPPY_HOUR", promotions.StatusApproved, []promotions.Action{promotions.ActionCreated, promotions.ActionApproved}, pricing.Terms{
			Dayparts: []pricing.Daypart{{Start: 16 * 60, End: 19 * 60}}, Effect: pricing.EffectHappyHour, Name: "Happy hour", PercentBP: 5000, Priority: 200,
			Scope: pricing.Scope{Categories: []string{catalog.Cold}},
		}},
		{"PROMO_BREAKFAST", promotions.StatusDraft, []promotions.Action{promotions.ActionCreated}, pricing.Terms{
			Buy: 2, Effect: pricing.EffectBundle, Get: 1, Name: "Third breakfast free", PercentBP: 10_000, Priority: 100,
			Scope: pricing.Scope{Categories: []string{catalog.Breakfast}},
		}},
	} {
		p.terms.ApprovalRequired = true
		terms, err := json.Marshal(p.terms)
		if err != nil {
			return nil, fmt.Errorf("encode terms: %w", err)
		}
		updatedAt := writtenAt.Add(time.Duration(len(p.steps)-1) * time.Hour)
		rows.Row()
		rows.Text(c.orgID)
		rows.Text(p.id)
		rows.Text(string(p.status))
		rows.JSONB(string(terms))
		rows.Text(p.terms.Name)
		rows.Int4(p.terms.Priority)
		rows.Int8(p.terms.LimitTotal)
		rows.Int8(int64(len(p.steps)))
		rows.Text(c.managerID)
		rows.TextOrNull(map[bool]string{true: approver}[len(p.steps) > 1])
		rows.Time(writtenAt)
		rows.Time(updatedAt)
		for i, action := range p.steps {
			events.Row()
			events.Text(c.orgID)
			events.Text(p.id)
			events.Int8(int64(i) + 1)
			events.Text(string(action))
			events.Text(map[bool]string{true: approver, false: c.managerID}[action == promotions.ActionApproved])
			events.Text("")
			events.JSONB(map[bool]string{true: string(terms)}[i == 0])
			events.Time(writtenAt.Add(time.Duration(i) * time.Hour))
		}
		for _, code := range p.terms.CouponCodes {
			coupons.Row()
			coupons.Text(c.orgID)
			coupons.Text(p.id)
			coupons.Text(strings.ToUpper(code))
			coupons.Int8(p.terms.LimitPerCoupon)
		}
	}
	return []*copyto.Buffer{rows, events, coupons}, nil
}
