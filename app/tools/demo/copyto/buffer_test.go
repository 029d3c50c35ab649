package copyto_test

import (
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/demo/copyto"
)

// newTable returns a connection that has a temporary table.
func newTable(t *testing.T, definition string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dbtest.URL(t))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(t.Context())) })
	_, err = conn.Exec(t.Context(), "CREATE TEMPORARY TABLE sent ("+definition+")")
	require.NoError(t, err)
	return conn
}

func TestBuffer(t *testing.T) {
	t.Parallel()

	t.Run("SendsEveryTypeAsItIs", func(t *testing.T) {
		t.Parallel()
		conn := newTable(t, `a boolean, b boolean, c date, d double precision, e integer, f integer[], g bigint, h jsonb, i text,
			j char(3), k timestamptz`)
		b := copyto.NewBuffer("sent", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k")
		b.Row()
		b.Bool(true)
		b.Bool(false)
		b.Date(civil.NewDate(1999, time.December, 31))
		b.Float8(0.1)
		b.Int4(-7)
		b.Int4s([]int32{8, -9})
		b.Int8(math.MinInt64)
		b.JSONB(`[{"price":3000}]`)
		b.Text("Café")
		b.Text("UGX")
		b.Time(time.Date(2024, time.November, 8, 23, 30, 0, 1_000, time.UTC))
		require.Equal(t, 1, b.Rows())
		require.NoError(t, b.Send(t.Context(), conn.PgConn()))
		require.Zero(t, b.Rows())

		var row string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT sent::text FROM sent").Scan(&row))
		require.Equal(t, `(t,f,1999-12-31,0.1,-7,"{8,-9}",-9223372036854775808,"[{""price"": 3000}]",Café,UGX,"2024-11-08 23:30:00.000001+00")`, row)
	})

	t.Run("SendsZerosOfOptionalTypesAsNull", func(t *testing.T) {
		t.Parallel()
		conn := newTable(t, "a date, b jsonb, c text, d timestamptz, e integer, f integer[]")
		b := copyto.NewBuffer("sent", "a", "b", "c", "d", "e", "f")
		b.Row()
		b.Date(civil.Date{})
		b.JSONB("")
		b.TextOrNull("")
		b.Time(time.Time{})
		b.Null()
		b.Int4s(nil)
		require.NoError(t, b.Send(t.Context(), conn.PgConn()))
		var row string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT sent::text FROM sent").Scan(&row))
		require.Equal(t, "(,,,,,{})", row)
	})

	t.Run("IsUsedAgainAfterSending", func(t *testing.T) {
		t.Parallel()
		conn := newTable(t, "a integer")
		b := copyto.NewBuffer("sent", "a")
		require.NoError(t, b.Send(t.Context(), conn.PgConn()), "nothing to send")
		for round := range int32(3) {
			for i := range int32(10) {
				b.Row()
				b.Int4(10*round + i)
			}
			require.NoError(t, b.Send(t.Context(), conn.PgConn()))
		}
		var count, sum int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*), sum(a) FROM sent").Scan(&count, &sum))
		require.Equal(t, 30, count)
		require.Equal(t, 435, sum)
	})

	t.Run("NamesTheTableThatRefuses", func(t *testing.T) {
		t.Parallel()
		conn := newTable(t, "a integer NOT NULL")
		b := copyto.NewBuffer("sent", "a")
		b.Row()
		b.Null()
		require.ErrorContains(t, b.Send(t.Context(), conn.PgConn()), `COPY "sent" ("a")`)
	})
}

func TestNumeric(t *testing.T) {
	t.Parallel()

	t.Run("IsTheSameNumberInTheDatabase", func(t *testing.T) {
		t.Parallel()
		conn := newTable(t, "a numeric(30, 8)")
		rapid.Check(t, func(t *rapid.T) {
			scale := rapid.IntRange(0, 8).Draw(t, "scale")
			unscaled := rapid.OneOf(
				rapid.Int64Range(-1_000, 1_000), rapid.Int64(),
				rapid.Map(rapid.Int64Range(-900_000, 900_000), func(n int64) int64 { return n * 10_000_000_000 }),
			).Draw(t, "unscaled")
			b := copyto.NewBuffer("sent", "a")
			b.Row()
			b.Numeric(unscaled, scale)
			_, err := conn.Exec(t.Context(), "TRUNCATE sent")
			require.NoError(t, err)
			require.NoError(t, b.Send(t.Context(), conn.PgConn()))
			var stored string
			require.NoError(t, conn.QueryRow(t.Context(), "SELECT a::text FROM sent").Scan(&stored))
			require.True(t, decimal.New(unscaled, int32(-scale)).Equal(decimal.RequireFromString(stored)), "%d at %d is %s", unscaled, scale, stored)
		})
	})

	t.Run("KeepsItsScale", func(t *testing.T) {
		t.Parallel()
		conn := newTable(t, "a numeric")
		b := copyto.NewBuffer("sent", "a")
		for _, unscaled := range []int64{0, 1_500, -58_400_000, 3} {
			b.Row()
			b.Numeric(unscaled, 3)
		}
		require.NoError(t, b.Send(t.Context(), conn.PgConn()))
		rows, err := conn.Query(t.Context(), "SELECT a::text FROM sent")
		require.NoError(t, err)
		stored, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Equal(t, []string{"0.000", "1.500", "-58400.000", "0.003"}, stored)
	})
}
