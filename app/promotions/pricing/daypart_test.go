package pricing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

func TestDaypart(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	evening := pricing.Daypart{Start: 16 * 60, End: 19 * 60}
	fridayNight := pricing.Daypart{Start: 22 * 60, End: 2 * 60, Weekdays: []time.Weekday{time.Friday}}
	saturdayNight := pricing.Daypart{Start: 22 * 60, End: 3 * 60, Weekdays: []time.Weekday{time.Saturday}}
	for name, c := range map[string]struct {
		part pricing.Daypart
		at   time.Time
		want bool
	}{
		"FromItsStart":                       {evening, time.Date(2024, 11, 8, 16, 0, 0, 0, kampala), true},
		"UpToItsEnd":                         {evening, time.Date(2024, 11, 8, 18, 59, 59, 0, kampala), true},
		"NotAtItsEnd":                        {evening, time.Date(2024, 11, 8, 19, 0, 0, 0, kampala), false},
		"InTheBranchsZone":                   {evening, time.Date(2024, 11, 8, 13, 30, 0, 0, time.UTC).In(kampala), true},
		"BeforeMidnight":                     {fridayNight, time.Date(2024, 11, 8, 23, 0, 0, 0, kampala), true},
		"AfterMidnightItIsStillFridays":      {fridayNight, time.Date(2024, 11, 9, 1, 59, 0, 0, kampala), true},
		"NotAfterItsEnd":                     {fridayNight, time.Date(2024, 11, 9, 2, 0, 0, 0, kampala), false},
		"NotOnTheNextEvening":                {fridayNight, time.Date(2024, 11, 9, 23, 0, 0, 0, kampala), false},
		"NotAfterThursdaysMidnight":          {fridayNight, time.Date(2024, 11, 8, 1, 0, 0, 0, kampala), false},
		"OverTheEndOfTheWeek":                {saturdayNight, time.Date(2024, 11, 10, 2, 30, 0, 0, kampala), true},
		"TheHourThatComesTwiceCountsTwice":   {saturdayNight, time.Date(2024, 11, 3, 6, 30, 0, 0, time.UTC).In(newYork), true},
		"TheHourThatIsLeftOutIsNeverReached": {pricing.Daypart{Start: 2 * 60, End: 3 * 60}, time.Date(2024, 3, 10, 7, 0, 0, 0, time.UTC).In(newYork), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.part.Contains(c.at))
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	evening := pricing.Daypart{Start: 16 * 60, End: 19 * 60}
	for name, c := range map[string]struct {
		terms pricing.Terms
		field string
	}{
		"EndsBeforeItStarts":        {pricing.Terms{StartsAt: halfPastFive, EndsAt: halfPastFive}, "terms.ends_at"},
		"HappyHourWithoutDaypart":   {pricing.Terms{Effect: pricing.EffectHappyHour}, "terms.dayparts"},
		"EmptyDaypart":              {pricing.Terms{Dayparts: []pricing.Daypart{{Start: 60, End: 60}}}, "terms.dayparts[0].end"},
		"OverlappingDayparts":       {pricing.Terms{Dayparts: []pricing.Daypart{evening, {Start: 18 * 60, End: 60}}}, "terms.dayparts[1]"},
		"OverlappingOverTheWeekend": {pricing.Terms{Dayparts: []pricing.Daypart{{Start: 1320, End: 180, Weekdays: []time.Weekday{time.Saturday}}, {Start: 120, End: 240, Weekdays: []time.Weekday{time.Sunday}}}}, "terms.dayparts[1]"},
		"DaypartNeverComesUp": {pricing.Terms{
			StartsAt: halfPastFive, EndsAt: halfPastFive.Add(24 * time.Hour),
			Dayparts: []pricing.Daypart{{Start: 600, End: 660, Weekdays: []time.Weekday{time.Tuesday}}},
		}, "terms.dayparts[0]"},
		"CodeTwice":             {pricing.Terms{CouponCodes: []string{"A", "B", "A"}}, "terms.coupon_codes[2]"},
		"CouponLimitWithout":    {pricing.Terms{LimitPerCoupon: 1}, "terms.limits.per_coupon"},
		"PerOrderWithout":       {pricing.Terms{LimitPerOrder: 2}, "terms.limits.per_order"},
		"MaximumOverTheAmount":  {pricing.Terms{Effect: pricing.EffectFixedOff, Amount: 5, MaximumDiscount: 6}, "terms.maximum_discount"},
		"NothingWrong":          {pricing.Terms{Dayparts: []pricing.Daypart{evening, {Start: 19 * 60, End: 16 * 60}}}, ""},
		"DaypartComesUpInATime": {pricing.Terms{StartsAt: halfPastFive, EndsAt: halfPastFive.Add(time.Hour), Dayparts: []pricing.Daypart{evening}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.terms.Check()
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			var invalid *fault.Error
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, c.field, invalid.Field())
		})
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	food := pricing.Scope{Categories: []string{"FOOD"}}
	for name, c := range map[string]struct {
		a, b pricing.Terms
		want bool
	}{
		"Everything":           {pricing.Terms{}, pricing.Terms{}, true},
		"OneAfterTheOther":     {pricing.Terms{EndsAt: halfPastFive}, pricing.Terms{StartsAt: halfPastFive}, false},
		"OtherBranches":        {pricing.Terms{Scope: pricing.Scope{BranchIDs: []string{"a"}}}, pricing.Terms{Scope: pricing.Scope{BranchIDs: []string{"b"}}}, false},
		"AllBranchesAndOne":    {pricing.Terms{}, pricing.Terms{Scope: pricing.Scope{BranchIDs: []string{"b"}}}, true},
		"OtherCategories":      {pricing.Terms{Scope: food}, pricing.Terms{Scope: pricing.Scope{Categories: []string{"DRINK"}}}, false},
		"ADishOfWhoKnowsWhich": {pricing.Terms{Scope: food}, pricing.Terms{Scope: pricing.Scope{MenuItemIDs: []string{"soup"}}}, true},
		"OtherTimesOfDay":      {pricing.Terms{Dayparts: []pricing.Daypart{{Start: 0, End: 60}}}, pricing.Terms{Dayparts: []pricing.Daypart{{Start: 60, End: 120}}}, false},
		"OtherChannels":        {pricing.Terms{Channels: []string{"WEB"}}, pricing.Terms{Channels: []string{"POS"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.a.Overlaps(&c.b))
			require.Equal(t, c.want, c.b.Overlaps(&c.a))
		})
	}
}
