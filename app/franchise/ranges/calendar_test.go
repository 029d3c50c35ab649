package ranges_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/ranges"
)

func TestResolve(t *testing.T) {
	t.Parallel()
	calendar := ranges.Calendar{
		{TimeZone: "Africa/Kampala", Today: date(t, "2024-11-08")},
		{TimeZone: "Pacific/Auckland", Today: date(t, "2024-11-09")},
	}

	t.Run("TodayIsEachZonesOwn", func(t *testing.T) {
		t.Parallel()
		resolved := ranges.Today.Resolve(calendar)
		require.Equal(t, "2024-11-08..2024-11-08", resolved.In("Africa/Kampala").Current.String())
		require.Equal(t, "2024-11-09..2024-11-09", resolved.In("Pacific/Auckland").Current.String())

		union := resolved.In("Pacific/Auckland").Union(resolved.In("Africa/Kampala"))
		require.Equal(t, "2024-11-08..2024-11-09", union.Current.String())
		require.Equal(t, "2024-11-07..2024-11-08", union.Before.String())
		require.Equal(t, 2, union.Current.Days())
	})

	t.Run("TheTextTellsDatesNotWords", func(t *testing.T) {
		t.Parallel()
		today, err := ranges.Parse(ranges.Fields{Range: "today"}, ranges.Today)
		require.NoError(t, err)
		same, err := ranges.Parse(ranges.Fields{StartDate: "2024-11-08", EndDate: "2024-11-08"}, ranges.Today)
		require.NoError(t, err)
		require.Equal(t, same.Resolve(calendar[:1]).String(), today.Resolve(calendar[:1]).String())
		require.NotEqual(t, same.Resolve(calendar).String(), today.Resolve(calendar).String())
	})

	t.Run("TheCalendarKnowsItsEnds", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, date(t, "2024-11-08"), calendar.Earliest())
		require.Equal(t, date(t, "2024-11-09"), calendar.Latest())
		require.Equal(t, date(t, "2024-11-09"), calendar.Today("Pacific/Auckland"))
	})

	t.Run("DatesContainBothEnds", func(t *testing.T) {
		t.Parallel()
		november := ranges.Month(date(t, "2024-11-08").MonthOf()).On(date(t, "2024-11-08")).Current
		require.Equal(t, 30, november.Days())
		require.True(t, november.Contains(date(t, "2024-11-01")))
		require.True(t, november.Contains(date(t, "2024-11-30")))
		require.False(t, november.Contains(date(t, "2024-10-31")))
		require.False(t, november.Contains(date(t, "2024-12-01")))
	})
}
