package pricing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

var kampala = func() *time.Location {
	l, err := time.LoadLocation("Africa/Kampala")
	if err != nil {
		panic(err)
	}
	return l
}()

// halfPastFive is a Friday.
var halfPastFive = time.Date(2024, time.November, 8, 17, 30, 0, 0, kampala)

func line(no int32, item, category, quantity string, net int64) pricing.Line {
	return pricing.Line{Category: category, MenuItemID: item, Net: net, No: no, Quantity: decimal.RequireFromString(quantity)}
}

func workedBasket(codes ...string) pricing.Basket {
	return pricing.Basket{
		At: halfPastFive, BranchID: "b", Channel: "POS", CouponCodes: codes, OrderType: "DINE_IN",
		Lines: []pricing.Line{
			line(1, "burger", "FOOD", "2", 30_000), line(2, "beer", "DRINK", "3", 18_000), line(3, "dessert", "FOOD", "1", 7_000),
		},
	}
}

func promotion(id string, t pricing.Terms) *pricing.Promotion {
	t.Name = id
	return &pricing.Promotion{ID: id, Terms: t}
}

func workedPromotions(fourth int32) *pricing.Book {
	return pricing.NewBook([]*pricing.Promotion{
		promotion("P1", pricing.Terms{
			Effect: pricing.EffectHappyHour, PercentBP: 5000, Priority: 200, Scope: pricing.Scope{Categories: []string{"DRINK"}},
			Dayparts: []pricing.Daypart{{Start: 16 * 60, End: 19 * 60}},
		}),
		promotion("P2", pricing.Terms{Effect: pricing.EffectPercentOff, PercentBP: 1000, Priority: 150, Scope: pricing.Scope{Categories: []string{"FOOD"}}}),
		promotion("P3", pricing.Terms{Effect: pricing.EffectFixedOff, Amount: 5000, MinimumSpend: 40_000, Priority: 100}),
		promotion("P4", pricing.Terms{Effect: pricing.EffectPercentOff, PercentBP: 3000, Priority: fourth, Exclusive: true, CouponCodes: []string{"VIP"}}),
	})
}

func TestTheWorkedExample(t *testing.T) {
	t.Parallel()
	stacked := map[string][]pricing.LineDiscount{
		"P1": {{LineNo: 2, Amount: 9000}},
		"P2": {{LineNo: 1, Amount: 3000}, {LineNo: 3, Amount: 700}},
		"P3": {{LineNo: 1, Amount: 3191}, {LineNo: 2, Amount: 1064}, {LineNo: 3, Amount: 745}},
	}
	alone := map[string][]pricing.LineDiscount{"P4": {{LineNo: 1, Amount: 9000}, {LineNo: 2, Amount: 5400}, {LineNo: 3, Amount: 2100}}}
	for name, c := range map[string]struct {
		codes   []string
		fourth  int32
		mode    pricing.Mode
		want    map[string][]pricing.LineDiscount
		total   int64
		skipped map[string]pricing.Reason
	}{
		"WithoutCoupon": {
			fourth: 50, mode: pricing.ModePriority, want: stacked, total: 17_700,
			skipped: map[string]pricing.Reason{"P4": pricing.ReasonCouponMissing},
		},
		"WithCouponByPriority": {
			codes: []string{"vip"}, fourth: 50, mode: pricing.ModePriority, want: stacked, total: 17_700,
			skipped: map[string]pricing.Reason{"P4": pricing.ReasonExclusiveOutranked},
		},
		"WithCouponBestForGuest": {
			codes: []string{"VIP"}, fourth: 50, mode: pricing.ModeBestForGuest, want: stacked, total: 17_700,
			skipped: map[string]pricing.Reason{"P4": pricing.ReasonBetterForGuest},
		},
		"WithCouponOfHighestPriority": {
			codes: []string{"VIP"}, fourth: 300, mode: pricing.ModePriority, want: alone, total: 16_500,
			skipped: map[string]pricing.Reason{
				"P1": pricing.ReasonExclusiveApplied, "P2": pricing.ReasonExclusiveApplied, "P3": pricing.ReasonExclusiveApplied,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			basket := workedBasket(c.codes...)
			r := workedPromotions(c.fourth).Price(&basket, pricing.Options{Explain: true, Mode: c.mode})
			require.Equal(t, c.total, r.Discount)
			got, skipped := map[string][]pricing.LineDiscount{}, map[string]pricing.Reason{}
			for _, d := range r.Applied {
				got[d.Promotion.ID] = d.Lines
			}
			for _, d := range r.Skipped {
				skipped[d.Promotion.ID] = d.Reason
			}
			require.Equal(t, c.want, got)
			require.Equal(t, c.skipped, skipped)
		})
	}

	t.Run("LeavesTheNetAndTaxOfTheExample", func(t *testing.T) {
		t.Parallel()
		basket := workedBasket()
		r := workedPromotions(50).Price(&basket, pricing.Options{Mode: pricing.ModePriority})
		net := []int64{30_000, 18_000, 7000}
		var tax int64
		for _, d := range r.Applied {
			for _, l := range d.Lines {
				net[l.LineNo-1] -= l.Amount
			}
		}
		for _, n := range net {
			tax += money.MulRate(n, 1800)
		}
		require.Equal(t, []int64{23_809, 7936, 5555}, net)
		require.EqualValues(t, 6714, tax)
		require.EqualValues(t, 44_014, 37_300+tax)
	})
}

func TestBundle(t *testing.T) {
	t.Parallel()
	pizzas := []pricing.Line{line(1, "a", "PIZZA", "1", 12_000), line(2, "b", "PIZZA", "1", 9000), line(3, "c", "PIZZA", "1", 7500)}
	for name, c := range map[string]struct {
		terms pricing.Terms
		lines []pricing.Line
		want  []pricing.LineDiscount
	}{
		"BuyTwoGetTheCheapestFree": {pricing.Terms{Buy: 2, Get: 1, PercentBP: 10_000}, pizzas, []pricing.LineDiscount{{LineNo: 3, Amount: 7500}}},
		"HalfOffTheSecond":         {pricing.Terms{Buy: 1, Get: 1, PercentBP: 5000}, pizzas, []pricing.LineDiscount{{LineNo: 2, Amount: 4500}}},
		"UnitsOfOneLineAreSetsToo": {
			pricing.Terms{Buy: 1, Get: 1, PercentBP: 10_000},
			[]pricing.Line{line(1, "a", "PIZZA", "5", 50_000)}, []pricing.LineDiscount{{LineNo: 1, Amount: 20_000}},
		},
		"SetsReachOverLines": {
			pricing.Terms{Buy: 2, Get: 2, PercentBP: 10_000},
			[]pricing.Line{line(1, "a", "PIZZA", "3", 27_000), line(2, "b", "PIZZA", "5", 50_000)},
			// 10, 10, 10, 10 | 10, 9, 9, 9: the last two of each four.
			[]pricing.LineDiscount{{LineNo: 1, Amount: 18_000}, {LineNo: 2, Amount: 20_000}},
		},
		"AtMostSoManySetsInAnOrder": {
			pricing.Terms{Buy: 1, Get: 1, PercentBP: 10_000, LimitPerOrder: 1},
			[]pricing.Line{line(1, "a", "PIZZA", "6", 60_000)}, []pricing.LineDiscount{{LineNo: 1, Amount: 10_000}},
		},
		"WhatIsSoldByWeightCountsItsWholeUnits": {
			pricing.Terms{Buy: 1, Get: 1, PercentBP: 10_000},
			[]pricing.Line{line(1, "a", "PIZZA", "2.5", 25_000)}, []pricing.LineDiscount{{LineNo: 1, Amount: 10_000}},
		},
		"WhatIsGivenAwayIsInNoSet": {
			pricing.Terms{Buy: 1, Get: 1, PercentBP: 10_000},
			[]pricing.Line{line(1, "a", "PIZZA", "1", 12_000), line(2, "b", "PIZZA", "1", 0)}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.terms.Effect, c.terms.Scope = pricing.EffectBundle, pricing.Scope{Categories: []string{"PIZZA"}}
			basket := pricing.Basket{At: halfPastFive, Lines: c.lines}
			r := pricing.NewBook([]*pricing.Promotion{promotion("P", c.terms)}).Price(&basket, pricing.Options{})
			if c.want == nil {
				require.Empty(t, r.Applied)
				require.Equal(t, pricing.ReasonBundleIncomplete, r.Skipped[0].Reason)
				return
			}
			require.Equal(t, c.want, r.Applied[0].Lines)
		})
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terms pricing.Terms
		want  pricing.Reason
	}{
		"Applied":       {pricing.Terms{}, pricing.ReasonApplied},
		"StartsNow":     {pricing.Terms{StartsAt: halfPastFive}, pricing.ReasonApplied},
		"NotStarted":    {pricing.Terms{StartsAt: halfPastFive.Add(time.Microsecond)}, pricing.ReasonNotStarted},
		"EndsNow":       {pricing.Terms{EndsAt: halfPastFive}, pricing.ReasonEnded},
		"OtherBranch":   {pricing.Terms{Scope: pricing.Scope{BranchIDs: []string{"c"}}}, pricing.ReasonOtherBranch},
		"OtherChannel":  {pricing.Terms{Channels: []string{"WEB"}}, pricing.ReasonOtherChannel},
		"OtherType":     {pricing.Terms{OrderTypes: []string{"DELIVERY"}}, pricing.ReasonOtherOrderType},
		"Daypart":       {pricing.Terms{Dayparts: []pricing.Daypart{{Start: 0, End: 17*60 + 30}}}, pricing.ReasonOutsideDaypart},
		"CouponMissing": {pricing.Terms{CouponCodes: []string{"B"}}, pricing.ReasonCouponMissing},
		"CouponAnyCase": {pricing.Terms{CouponCodes: []string{"A"}}, pricing.ReasonApplied},
		"OutOfScope":    {pricing.Terms{Scope: pricing.Scope{MenuItemIDs: []string{"soup"}, Categories: []string{"SOUP"}}}, pricing.ReasonOutOfScope},
		"ItemOrOther":   {pricing.Terms{Scope: pricing.Scope{MenuItemIDs: []string{"soup"}, Categories: []string{"DRINK"}}}, pricing.ReasonApplied},
		"MinimumSpend":  {pricing.Terms{MinimumSpend: 55_001}, pricing.ReasonMinimumSpend},
		"Spent":         {pricing.Terms{MinimumSpend: 55_000}, pricing.ReasonApplied},
		"Limit":         {pricing.Terms{LimitTotal: 10}, pricing.ReasonLimitReached},
		"CouponLimit":   {pricing.Terms{LimitPerCoupon: 1, CouponCodes: []string{"A"}}, pricing.ReasonCouponLimitReached},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.terms.Effect, c.terms.PercentBP = pricing.EffectPercentOff, 1000
			basket := workedBasket("a")
			r := pricing.NewBook([]*pricing.Promotion{promotion("P", c.terms)}).Price(&basket, pricing.Options{Explain: true})
			decisions := slices.Concat(r.Applied, r.Skipped)
			require.Len(t, decisions, 1)
			require.Equal(t, c.want, decisions[0].Reason)
		})
	}

	t.Run("OneOrderRedeemsAsManyCodesAsItMay", func(t *testing.T) {
		t.Parallel()
		book := pricing.NewBook([]*pricing.Promotion{promotion("P", pricing.Terms{
			Effect: pricing.EffectFixedOff, Amount: 1000, CouponCodes: []string{"A", "B", "C"}, LimitPerOrder: 2,
		})})
		basket := workedBasket("a", "A", "b", "c")
		r := book.Price(&basket, pricing.Options{})
		require.Len(t, r.Applied, 2)
		require.EqualValues(t, 2000, r.Discount)
	})

	t.Run("AUsedUpCodeDoesNotHideAGoodOne", func(t *testing.T) {
		t.Parallel()
		book := pricing.NewBook([]*pricing.Promotion{promotion("P", pricing.Terms{
			Effect: pricing.EffectFixedOff, Amount: 1000, CouponCodes: []string{"A", "B", "C"}, LimitPerCoupon: 1,
		})})
		basket := workedBasket("a", "b", "c")
		r := book.Price(&basket, pricing.Options{Left: pricing.Left{Coupons: map[pricing.Coupon]bool{
			{Code: "B", PromotionID: "P"}: true, {Code: "C", PromotionID: "P"}: true,
		}}})
		require.Len(t, r.Applied, 1)
		require.Equal(t, "B", r.Applied[0].CouponCode)
		reasons := map[string]pricing.Reason{}
		for _, d := range r.Skipped {
			reasons[d.CouponCode] = d.Reason
		}
		require.Equal(t, map[string]pricing.Reason{"A": pricing.ReasonCouponLimitReached, "C": pricing.ReasonLimitReached}, reasons)
	})

	t.Run("WhatIsTakenOffIsAtMostTheMaximum", func(t *testing.T) {
		t.Parallel()
		book := pricing.NewBook([]*pricing.Promotion{promotion("P", pricing.Terms{Effect: pricing.EffectPercentOff, PercentBP: 5000, MaximumDiscount: 10_000})})
		basket := workedBasket()
		r := book.Price(&basket, pricing.Options{})
		require.EqualValues(t, 10_000, r.Discount)
		require.Equal(t, []pricing.LineDiscount{{LineNo: 1, Amount: 5454}, {LineNo: 2, Amount: 3273}, {LineNo: 3, Amount: 1273}}, r.Applied[0].Lines)
	})
}
