package ranges_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func TestOn(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fields          ranges.Fields
		today           string
		current, before string
	}{
		"nothing set is today":                       {ranges.Fields{}, "2024-11-08", "2024-11-08..2024-11-08", "2024-11-07..2024-11-07"},
		"today":                                      {ranges.Fields{Range: "today"}, "2024-11-08", "2024-11-08..2024-11-08", "2024-11-07..2024-11-07"},
		"yesterday":                                  {ranges.Fields{Range: "yesterday"}, "2024-11-01", "2024-10-31..2024-10-31", "2024-10-30..2024-10-30"},
		"seven days end today":                       {ranges.Fields{Range: "7d"}, "2024-11-08", "2024-11-02..2024-11-08", "2024-10-26..2024-11-01"},
		"thirty days end today":                      {ranges.Fields{Range: "30d"}, "2024-11-08", "2024-10-10..2024-11-08", "2024-09-10..2024-10-09"},
		"month to date":                              {ranges.Fields{Range: "mtd"}, "2024-11-08", "2024-11-01..2024-11-08", "2024-10-01..2024-10-08"},
		"month to date is cut at the end before":     {ranges.Fields{Range: "mtd"}, "2024-03-31", "2024-03-01..2024-03-31", "2024-02-01..2024-02-29"},
		"month to date across the year":              {ranges.Fields{Range: "mtd"}, "2025-01-31", "2025-01-01..2025-01-31", "2024-12-01..2024-12-31"},
		"a month against the one before":             {ranges.Fields{Period: "2024-03"}, "2024-11-08", "2024-03-01..2024-03-31", "2024-02-01..2024-02-29"},
		"a month as the range":                       {ranges.Fields{Range: "2024-11"}, "2024-11-08", "2024-11-01..2024-11-30", "2024-10-01..2024-10-31"},
		"two dates against as many right before":     {ranges.Fields{StartDate: "2024-11-04", EndDate: "2024-11-10"}, "2024-11-08", "2024-11-04..2024-11-10", "2024-10-28..2024-11-03"},
		"one date is a range":                        {ranges.Fields{StartDate: "2024-11-08", EndDate: "2024-11-08"}, "2024-11-20", "2024-11-08..2024-11-08", "2024-11-07..2024-11-07"},
		"400 days are a range":                       {ranges.Fields{StartDate: "2023-10-06", EndDate: "2024-11-08"}, "2024-11-20", "2023-10-06..2024-11-08", "2022-09-01..2023-10-05"},
		"two dates that are a month stay two dates":  {ranges.Fields{StartDate: "2024-03-01", EndDate: "2024-03-31"}, "2024-11-08", "2024-03-01..2024-03-31", "2024-01-30..2024-02-29"},
		"seven days over the end of a leap February": {ranges.Fields{Range: "7d"}, "2024-03-02", "2024-02-25..2024-03-02", "2024-02-18..2024-02-24"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			selection, err := ranges.Parse(tc.fields, ranges.Today)
			require.NoError(t, err)
			span := selection.On(date(t, tc.today))
			require.Equal(t, tc.current, span.Current.String())
			require.Equal(t, tc.before, span.Before.String())
		})
	}

	t.Run("TheComparisonEndsRightBeforeAndIsAsLong", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			today := dates().Draw(t, "today")
			from := dates().Draw(t, "from")
			selections := map[string]ranges.Selection{
				"explicit": ranges.Between(ranges.Dates{From: from, To: from.AddDays(rapid.IntRange(0, ranges.MaxDays-1).Draw(t, "days"))}),
			}
			for _, word := range []string{"today", "yesterday", "7d", "30d"} {
				selection, err := ranges.Parse(ranges.Fields{Range: word}, ranges.MonthToDate)
				require.NoError(t, err)
				selections[word] = selection
			}
			for name, selection := range selections {
				span := selection.On(today)
				require.Equal(t, span.Current.From.AddDays(-1), span.Before.To, name)
				require.Equal(t, span.Current.Days(), span.Before.Days(), name)
			}
		})
	})

	t.Run("MonthsCompareWithTheMonthBefore", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			today := dates().Draw(t, "today")
			toDate, whole := ranges.MonthToDate.On(today), ranges.Month(today.MonthOf()).On(today)

			require.Equal(t, today, toDate.Current.To)
			require.Equal(t, whole.Current.From, toDate.Current.From)
			require.Equal(t, whole.Before.From, toDate.Before.From)
			require.Equal(t, whole.Current.From.AddDays(-1), whole.Before.To)
			require.Equal(t, min(today.Day, whole.Before.To.Day), toDate.Before.To.Day)
			require.Equal(t, today.MonthOf().AddMonths(-1), toDate.Before.To.MonthOf())
		})
	})
}

func TestRefuseFuture(t *testing.T) {
	t.Parallel()
	today := civil.NewDate(2024, time.November, 8)
	cases := map[string]struct {
		fields ranges.Fields
		field  string // "" if accepted
	}{
		"the current month ends in the future":   {fields: ranges.Fields{Period: "2024-11"}},
		"dates that begin today":                 {fields: ranges.Fields{StartDate: "2024-11-08", EndDate: "2024-11-30"}},
		"the past":                               {fields: ranges.Fields{Period: "2019-01"}},
		"words":                                  {fields: ranges.Fields{Range: "today"}},
		"dates that begin tomorrow":              {fields: ranges.Fields{StartDate: "2024-11-09", EndDate: "2024-11-30"}, field: "start_date"},
		"next month by period":                   {fields: ranges.Fields{Period: "2024-12"}, field: "period"},
		"next month by range":                    {fields: ranges.Fields{Range: "2024-12"}, field: "range"},
		"the last month that a request may name": {fields: ranges.Fields{Range: "2199-12"}, field: "range"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			selection, err := ranges.Parse(tc.fields, ranges.Today)
			require.NoError(t, err)
			err = selection.RefuseFuture(today)
			if tc.field == "" {
				require.NoError(t, err)
				return
			}
			requireInvalid(t, err, tc.field, "2024-11-08")
		})
	}
}

func requireInvalid(t *testing.T, err error, field, rule string) {
	t.Helper()
	var invalid *fault.Error
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, fault.KindInvalid, invalid.Kind)
	require.Equal(t, field, invalid.Field())
	require.ErrorContains(t, err, rule)
}

func date(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.ParseDate(s)
	require.NoError(t, err)
	return d
}

func dates() *rapid.Generator[civil.Date] {
	return rapid.Custom(func(t *rapid.T) civil.Date {
		return civil.NewDate(2000, time.January, 1).AddDays(rapid.IntRange(0, 73_000).Draw(t, "days"))
	})
}
