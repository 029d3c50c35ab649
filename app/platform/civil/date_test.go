package civil_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

func TestParseDate(t *testing.T) {
	t.Parallel()

	t.Run("ReadsWhatStringWrites", func(t *testing.T) {
		t.Parallel()
		d, err := civil.ParseDate("2024-02-29")
		require.NoError(t, err)
		require.Equal(t, civil.Date{Year: 2024, Month: time.February, Day: 29}, d)
		require.Equal(t, "2024-02-29", d.String())
	})

	for _, s := range []string{"", "2023-02-29", "2024-13-01", "2024-1-1", "2024-11-08T00:00:00Z", "0000-01-01", "tomorrow"} {
		t.Run("Rejects "+s, func(t *testing.T) {
			t.Parallel()
			_, err := civil.ParseDate(s)
			require.ErrorContains(t, err, "YYYY-MM-DD")
		})
	}
}

func TestDate(t *testing.T) {
	t.Parallel()

	t.Run("DaysAreAddedAndCounted", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "2024-03-01", date(t, "2024-02-28").AddDays(2).String())
		require.Equal(t, "2023-12-31", date(t, "2024-01-01").AddDays(-1).String())
		rapid.Check(t, func(t *rapid.T) {
			d := civil.NewDate(rapid.IntRange(1, 9998).Draw(t, "year"), time.January, rapid.IntRange(1, 366).Draw(t, "day"))
			n := rapid.IntRange(-300, 300).Draw(t, "n")
			later := d.AddDays(n)
			require.Equal(t, n, later.DaysSince(d))
			require.Equal(t, later.Compare(d), sign(n))
			require.Equal(t, (int(d.Weekday())+n%7+7)%7, int(later.Weekday()))
		})
	})

	t.Run("MonthsAreAddedWithinTheMonth", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "2024-02-29", date(t, "2024-03-31").AddMonths(-1).String())
		require.Equal(t, "2024-12-08", date(t, "2024-11-08").AddMonths(1).String())
		require.Equal(t, "2023-11-08", date(t, "2024-11-08").AddMonths(-12).String())
	})

	t.Run("OrderIsTheCalendars", func(t *testing.T) {
		t.Parallel()
		require.True(t, date(t, "2024-11-08").Before(date(t, "2024-12-01")))
		require.True(t, date(t, "2025-01-01").After(date(t, "2024-12-31")))
		require.Zero(t, date(t, "2024-11-08").Compare(date(t, "2024-11-08")))
	})

	t.Run("TextAndJSONRoundTrip", func(t *testing.T) {
		t.Parallel()
		type row struct {
			On map[civil.Date]int
			To *civil.Date
		}
		in := row{On: map[civil.Date]int{date(t, "2024-11-08"): 1}}
		encoded, err := json.Marshal(in)
		require.NoError(t, err)
		require.JSONEq(t, `{"On":{"2024-11-08":1},"To":null}`, string(encoded))
		var out row
		require.NoError(t, json.Unmarshal(encoded, &out))
		require.Equal(t, in, out)

		var d civil.Date
		require.Error(t, d.UnmarshalText([]byte("08/11/2024")))
	})

	t.Run("ZeroIsNoDay", func(t *testing.T) {
		t.Parallel()
		var d civil.Date
		require.True(t, d.IsZero())
		require.Empty(t, d.String())
		require.NoError(t, d.UnmarshalText(nil))
		require.True(t, d.IsZero())
	})
}

func TestDateInSQL(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()

	for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
		encoded, err := types.Encode(pgtype.DateOID, format, date(t, "2024-11-08"), nil)
		require.NoError(t, err)
		var d civil.Date
		require.NoError(t, types.Scan(pgtype.DateOID, format, encoded, &d))
		require.Equal(t, date(t, "2024-11-08"), d)

		var nullable *civil.Date
		require.NoError(t, types.Scan(pgtype.DateOID, format, nil, &nullable))
		require.Nil(t, nullable)
		require.NoError(t, types.Scan(pgtype.DateOID, format, encoded, &nullable))
		require.Equal(t, &d, nullable)
		require.Error(t, types.Scan(pgtype.DateOID, format, nil, &d))

		null, err := types.Encode(pgtype.DateOID, format, civil.Date{}, nil)
		require.NoError(t, err)
		require.Nil(t, null)
	}

	require.Error(t, new(civil.Date).ScanDate(pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}))

	var d civil.Date
	require.NoError(t, d.Scan("2024-11-08"))
	require.NoError(t, d.Scan(time.Date(2024, 11, 9, 0, 0, 0, 0, time.UTC)))
	require.Equal(t, "2024-11-09", d.String())
	require.Error(t, d.Scan(nil))
	require.Error(t, d.Scan(20241108))
	value, err := d.Value()
	require.NoError(t, err)
	require.Equal(t, "2024-11-09", value)
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
