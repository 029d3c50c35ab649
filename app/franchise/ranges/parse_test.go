package ranges_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/ranges"
)

func TestParse(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fields      ranges.Fields
		field, rule string
	}{
		"an unknown word":              {ranges.Fields{Range: "fortnight"}, "range", "must be today, yesterday, 7d, 30d, mtd or a month"},
		"a word in capitals":           {ranges.Fields{Range: "TODAY"}, "range", "must be today"},
		"a month that isn't":           {ranges.Fields{Range: "2024-13"}, "range", "YYYY-MM"},
		"a period that is a word":      {ranges.Fields{Period: "today"}, "period", "YYYY-MM"},
		"a period without its zero":    {ranges.Fields{Period: "2024-1"}, "period", "YYYY-MM"},
		"a range and a period":         {ranges.Fields{Range: "today", Period: "2024-11"}, "period", "must not be combined with range"},
		"a range and dates":            {ranges.Fields{Range: "7d", StartDate: "2024-11-01", EndDate: "2024-11-02"}, "range", "must not be combined with start_date"},
		"a period and a date":          {ranges.Fields{Period: "2024-11", EndDate: "2024-11-02"}, "period", "must not be combined with start_date"},
		"a start without an end":       {ranges.Fields{StartDate: "2024-11-01"}, "end_date", "must be set along with start_date"},
		"an end without a start":       {ranges.Fields{EndDate: "2024-11-01"}, "start_date", "must be set along with end_date"},
		"a start that is no date":      {ranges.Fields{StartDate: "2024-02-30", EndDate: "2024-03-01"}, "start_date", "YYYY-MM-DD"},
		"an end that is no date":       {ranges.Fields{StartDate: "2024-02-01", EndDate: "01.03.2024"}, "end_date", "YYYY-MM-DD"},
		"an end before the start":      {ranges.Fields{StartDate: "2024-11-02", EndDate: "2024-11-01"}, "end_date", "must not be before start_date"},
		"401 days":                     {ranges.Fields{StartDate: "2023-10-05", EndDate: "2024-11-08"}, "end_date", "at most 400 days"},
		"ten years":                    {ranges.Fields{StartDate: "2014-11-08", EndDate: "2024-11-08"}, "end_date", "at most 400 days"},
		"a year that can't be meant":   {ranges.Fields{StartDate: "0204-11-01", EndDate: "0204-11-02"}, "start_date", "must be between 2000-01-01 and 2199-12-31"},
		"a period that can't be meant": {ranges.Fields{Period: "9999-12"}, "period", "must be between"},
	}
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := ranges.Parse(tc.fields, ranges.Today)
			requireInvalid(t, err, tc.field, tc.rule)
		})
	}

	t.Run("FallsBackWhereNothingIsSet", func(t *testing.T) {
		t.Parallel()
		selection, err := ranges.Parse(ranges.Fields{}, ranges.MonthToDate)
		require.NoError(t, err)
		require.Equal(t, ranges.MonthToDate, selection)
	})

	t.Run("OnlyANamedMonthIsAWholeMonth", func(t *testing.T) {
		t.Parallel()
		for _, fields := range []ranges.Fields{{Range: "2024-11"}, {Period: "2024-11"}} {
			selection, err := ranges.Parse(fields, ranges.Today)
			require.NoError(t, err)
			month, ok := selection.WholeMonth()
			require.True(t, ok)
			require.Equal(t, "2024-11", month.String())
		}
		for _, fields := range []ranges.Fields{{}, {Range: "mtd"}, {StartDate: "2024-11-01", EndDate: "2024-11-30"}} {
			selection, err := ranges.Parse(fields, ranges.Today)
			require.NoError(t, err)
			_, ok := selection.WholeMonth()
			require.False(t, ok)
		}
	})
}
