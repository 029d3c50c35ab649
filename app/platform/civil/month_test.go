package civil_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

func TestParseMonth(t *testing.T) {
	t.Parallel()
	m, err := civil.ParseMonth("2024-11")
	require.NoError(t, err)
	require.Equal(t, civil.Month{Year: 2024, Month: time.November}, m)
	require.Equal(t, "2024-11", m.String())

	for _, s := range []string{"", "2024-13", "2024-1", "2024-11-08", "2024/11", "0000-01"} {
		_, err := civil.ParseMonth(s)
		require.ErrorContains(t, err, "YYYY-MM", s)
	}
}

func TestMonth(t *testing.T) {
	t.Parallel()
	february := civil.Month{Year: 2024, Month: time.February}

	require.Equal(t, "2024-02-01", february.First().String())
	require.Equal(t, "2024-02-29", february.Last().String())
	require.Equal(t, 29, february.Days())
	require.Equal(t, "2023-12", february.AddMonths(-2).String())
	require.Equal(t, "2025-03", february.AddMonths(13).String())
	require.True(t, february.Contains(date(t, "2024-02-10")))
	require.False(t, february.Contains(date(t, "2023-02-10")))
	require.Negative(t, february.Compare(february.AddMonths(1)))
	require.Positive(t, february.Compare(civil.Month{Year: 2023, Month: time.March}))
	require.True(t, civil.Month{}.IsZero())
	require.Empty(t, civil.Month{}.String())
}

func TestMonthInSQL(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	november := civil.Month{Year: 2024, Month: time.November}

	encoded, err := types.Encode(pgtype.TextOID, pgtype.BinaryFormatCode, november, nil)
	require.NoError(t, err)
	require.Equal(t, "2024-11", string(encoded))
	var m civil.Month
	require.NoError(t, types.Scan(pgtype.TextOID, pgtype.BinaryFormatCode, encoded, &m))
	require.Equal(t, november, m)
	require.Error(t, m.Scan(202411))
	require.Error(t, m.Scan("November"))

	null, err := types.Encode(pgtype.TextOID, pgtype.BinaryFormatCode, civil.Month{}, nil)
	require.NoError(t, err)
	require.Nil(t, null)
}
