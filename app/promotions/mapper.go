package promotions

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
	promotionsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1"
)

// allOff is all of something, in basis points.
const allOff = 10_000

var statuses = map[Status]promotionsv1.PromotionStatus{
	StatusActive:   promotionsv1.PromotionStatus_PROMOTION_STATUS_ACTIVE,
	StatusApproved: promotionsv1.PromotionStatus_PROMOTION_STATUS_APPROVED,
	StatusArchived: promotionsv1.PromotionStatus_PROMOTION_STATUS_ARCHIVED,
	StatusDraft:    promotionsv1.PromotionStatus_PROMOTION_STATUS_DRAFT,
	StatusPaused:   promotionsv1.PromotionStatus_PROMOTION_STATUS_PAUSED,
}

var modes = map[pricing.Mode]promotionsv1.PromotionMode{
	pricing.ModeBestForGuest: promotionsv1.PromotionMode_PROMOTION_MODE_BEST_FOR_GUEST,
	pricing.ModePriority:     promotionsv1.PromotionMode_PROMOTION_MODE_PRIORITY,
}

func statusesFromProto(wanted []promotionsv1.PromotionStatus) []Status {
	var found []Status
	for status, wire := range statuses {
		if slices.Contains(wanted, wire) {
			found = append(found, status)
		}
	}
	return found
}

func modeFromProto(wanted promotionsv1.PromotionMode) pricing.Mode {
	for mode, wire := range modes {
		if wire == wanted {
			return mode
		}
	}
	return ""
}

func termsFromProto(p *promotionsv1.Terms) (pricing.Terms, error) {
	t := pricing.Terms{
		ApprovalRequired: p.ApprovalRequired == nil || p.GetApprovalRequired(),
		Channels:         p.GetChannels(),
		Description:      p.GetDescription(),
		EndsAt:           timeFromProto(p.GetEndsAt()),
		Exclusive:        p.GetExclusive(),
		LimitPerCoupon:   p.GetLimits().GetPerCoupon(),
		LimitPerOrder:    p.GetLimits().GetPerOrder(),
		LimitTotal:       p.GetLimits().GetTotal(),
		MaximumDiscount:  p.GetMaximumDiscount(),
		MinimumSpend:     p.GetMinimumSpend(),
		Name:             p.GetName(),
		OrderTypes:       p.GetOrderTypes(),
		Priority:         p.GetPriority(),
		Scope: pricing.Scope{
			BranchIDs:   p.GetScope().GetBranchIds(),
			Categories:  p.GetScope().GetCategories(),
			MenuItemIDs: p.GetScope().GetMenuItemIds(),
		},
		StartsAt: timeFromProto(p.GetStartsAt()),
	}
	for _, code := range p.GetCouponCodes() {
		t.CouponCodes = append(t.CouponCodes, pricing.NormalCode(code))
	}
	for _, d := range p.GetDayparts() {
		part, err := daypartFromProto(d)
		if err != nil {
			return t, err
		}
		t.Dayparts = append(t.Dayparts, part)
	}
	switch effect := p.GetEffect().(type) {
	case *promotionsv1.Terms_PercentOff:
		t.Effect, t.PercentBP = pricing.EffectPercentOff, effect.PercentOff.GetPercentBp()
	case *promotionsv1.Terms_FixedOff:
		t.Effect, t.Amount = pricing.EffectFixedOff, effect.FixedOff.GetAmount()
	case *promotionsv1.Terms_HappyHour:
		t.Effect, t.PercentBP = pricing.EffectHappyHour, effect.HappyHour.GetPercentBp()
	case *promotionsv1.Terms_Bundle:
		t.Effect, t.Buy, t.Get, t.PercentBP = pricing.EffectBundle, effect.Bundle.GetBuy(), effect.Bundle.GetGet(), effect.Bundle.GetPercentBp()
		if t.PercentBP == 0 {
			t.PercentBP = allOff
		}
	default:
		return t, fault.Invalid("terms.effect", "must be one of percent_off, fixed_off, happy_hour and bundle")
	}
	return t, nil
}

func daypartFromProto(p *promotionsv1.Daypart) (pricing.Daypart, error) {
	var d pricing.Daypart
	var err error
	if d.Start, err = pricing.ParseTimeOfDay(p.GetStart()); err != nil {
		return d, err // the proto file's rule is stricter
	}
	if d.End, err = pricing.ParseTimeOfDay(p.GetEnd()); err != nil {
		return d, err
	}
	for _, day := range p.GetWeekdays() {
		d.Weekdays = append(d.Weekdays, time.Weekday(day%7)) // Sunday is 7 there and 0 here
	}
	return d, nil
}

func termsToProto(t *pricing.Terms) *promotionsv1.Terms {
	p := &promotionsv1.Terms{
		ApprovalRequired: &t.ApprovalRequired,
		Channels:         t.Channels,
		CouponCodes:      t.CouponCodes,
		Description:      t.Description,
		EndsAt:           timeToProto(t.EndsAt),
		Exclusive:        t.Exclusive,
		Limits:           &promotionsv1.Limits{PerCoupon: t.LimitPerCoupon, PerOrder: t.LimitPerOrder, Total: t.LimitTotal},
		MaximumDiscount:  t.MaximumDiscount,
		MinimumSpend:     t.MinimumSpend,
		Name:             t.Name,
		OrderTypes:       t.OrderTypes,
		Priority:         t.Priority,
		Scope:            &promotionsv1.Scope{BranchIds: t.Scope.BranchIDs, Categories: t.Scope.Categories, MenuItemIds: t.Scope.MenuItemIDs},
		StartsAt:         timeToProto(t.StartsAt),
	}
	for _, d := range t.Dayparts {
		part := &promotionsv1.Daypart{Start: pricing.FormatTimeOfDay(d.Start), End: pricing.FormatTimeOfDay(d.End)}
		for _, day := range d.Weekdays {
			part.Weekdays = append(part.Weekdays, promotionsv1.Weekday((day+6)%7+1))
		}
		p.Dayparts = append(p.Dayparts, part)
	}
	switch t.Effect {
	case pricing.EffectPercentOff:
		p.Effect = &promotionsv1.Terms_PercentOff{PercentOff: &promotionsv1.PercentOff{PercentBp: t.PercentBP}}
	case pricing.EffectFixedOff:
		p.Effect = &promotionsv1.Terms_FixedOff{FixedOff: &promotionsv1.FixedOff{Amount: t.Amount}}
	case pricing.EffectHappyHour:
		p.Effect = &promotionsv1.Terms_HappyHour{HappyHour: &promotionsv1.HappyHour{PercentBp: t.PercentBP}}
	case pricing.EffectBundle:
		p.Effect = &promotionsv1.Terms_Bundle{Bundle: &promotionsv1.Bundle{Buy: t.Buy, Get: t.Get, PercentBp: t.PercentBP}}
	}
	return p
}

func promotionToProto(p *Promotion) *promotionsv1.Promotion {
	return &promotionsv1.Promotion{
		ApprovedBy: p.ApprovedBy,
		Author:     p.Author,
		CreatedAt:  timeToProto(p.CreatedAt),
		Id:         p.ID,
		Redeemed:   p.Redeemed,
		Revision:   p.Revision,
		Status:     statuses[p.Status],
		Terms:      termsToProto(&p.Terms),
		UpdatedAt:  timeToProto(p.UpdatedAt),
	}
}

func eventToProto(e *Event) *promotionsv1.PromotionEvent {
	p := &promotionsv1.PromotionEvent{Action: string(e.Action), Actor: e.Actor, At: timeToProto(e.At), Note: e.Note, Revision: e.Revision}
	if e.Terms != nil {
		p.Terms = termsToProto(e.Terms)
	}
	return p
}

func warningsToProto(warnings []Warning) []*promotionsv1.Warning {
	wire := make([]*promotionsv1.Warning, len(warnings))
	for i, w := range warnings {
		wire[i] = &promotionsv1.Warning{Message: w.Message, PromotionId: w.PromotionID, Reason: w.Reason}
	}
	return wire
}

// DecisionsToProto shows what applied, as it was applied, and then what did not.
func DecisionsToProto(r pricing.Result) []*promotionsv1.Decision {
	wire := make([]*promotionsv1.Decision, 0, len(r.Applied)+len(r.Skipped))
	for _, decisions := range [][]pricing.Decision{r.Applied, r.Skipped} {
		for _, d := range decisions {
			wire = append(wire, &promotionsv1.Decision{
				Applied: d.Reason == pricing.ReasonApplied, CouponCode: d.CouponCode, Discount: d.Discount, Name: d.Promotion.Name,
				Lines: LinesToProto(d.Lines), PromotionId: d.Promotion.ID, Reason: string(d.Reason),
			})
		}
	}
	return wire
}

// LinesToProto shows what was taken off by line.
func LinesToProto(lines []pricing.LineDiscount) []*promotionsv1.LineDiscount {
	wire := make([]*promotionsv1.LineDiscount, len(lines))
	for i, l := range lines {
		wire[i] = &promotionsv1.LineDiscount{Amount: l.Amount, LineNo: l.LineNo}
	}
	return wire
}

func timeFromProto(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime().Truncate(time.Microsecond)
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
