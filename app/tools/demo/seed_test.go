package demo_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/demo"
)

func small() demo.SeedOptions {
	return demo.SeedOptions{Branches: 7, Days: 30, Now: now, Orders: 12_345, OrgID: "ORG_BIG", Seed: 1}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	seeded, err := demo.Seed(t.Context(), db, small())
	require.NoError(t, err)

	t.Run("MakesExactlyWhatWasAskedFor", func(t *testing.T) {
		t.Parallel()
		require.EqualValues(t, 12_345, seeded.Orders)
		require.EqualValues(t, 12_345, one[int64](t, db, "SELECT count(*) FROM orders WHERE org_id = 'ORG_BIG'"))
		require.Equal(t, seeded.Lines, one[int64](t, db, "SELECT count(*) FROM order_lines"))
		require.InDelta(t, 2, float64(seeded.Lines)/float64(seeded.Orders), 0.2)
		require.EqualValues(t, 7, one[int64](t, db, "SELECT count(*) FROM branches"))
		require.EqualValues(t, 7*30, one[int64](t, db, "SELECT count(*) FROM branch_day_sales"))
		require.Equal(t, civil.NewDate(2026, 11, 17), one[civil.Date](t, db, "SELECT max(business_date) FROM branch_day_sales"))
		require.Equal(t, civil.NewDate(2026, 10, 19), one[civil.Date](t, db, "SELECT min(business_date) FROM branch_day_sales"))
		require.Equal(t, seeded.ManagerEmail, one[string](t, db, "SELECT email FROM user_logins"))
	})

	t.Run("IsConsistent", func(t *testing.T) {
		t.Parallel()
		requireConsistent(t, db, "ORG_BIG")
		requireForeignKeys(t, db)
	})
}

func TestSeedIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	first, second := dbtest.New(t), dbtest.New(t)
	_, err := demo.Seed(t.Context(), first, small())
	require.NoError(t, err)
	_, err = demo.Seed(t.Context(), second, small())
	require.NoError(t, err)
	require.Equal(t, checksums(t, first), checksums(t, second))
}

func TestSeedOfAnOrganisationThatExists(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	few := small()
	few.Orders = 500
	_, err := demo.Seed(t.Context(), db, few)
	require.NoError(t, err)
	sums := checksums(t, db)

	_, err = demo.Seed(t.Context(), db, few)
	require.ErrorContains(t, err, "exists: choose another id, or replace it")
	require.Equal(t, sums, checksums(t, db))

	replace := few
	replace.Orders, replace.Replace = 700, true
	seeded, err := demo.Seed(t.Context(), db, replace)
	require.NoError(t, err)
	require.EqualValues(t, 700, seeded.Orders)
	require.EqualValues(t, 700, one[int64](t, db, "SELECT count(*) FROM orders"))

	_, err = db.Exec(t.Context(), "UPDATE organisations SET name = 'A customer'")
	require.NoError(t, err)
	_, err = demo.Seed(t.Context(), db, replace)
	require.ErrorContains(t, err, "was not made by seed")
	require.EqualValues(t, 700, one[int64](t, db, "SELECT count(*) FROM orders"))
}

func TestSeedThatWasCutOffIsMadeAnew(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	many := small()
	many.Orders, many.Progress = 60_000, stopAfter{writes: new(int), stop: stop}
	_, err := demo.Seed(ctx, db, many)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, one[int64](t, db, "SELECT count(*) FROM organisations"))
	require.Zero(t, one[int64](t, db, "SELECT count(*) FROM user_logins"))

	seeded, err := demo.Seed(t.Context(), db, small())
	require.NoError(t, err)
	require.EqualValues(t, 12_345, seeded.Orders)
	requireConsistent(t, db, "ORG_BIG")
}

func TestSeedRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*demo.SeedOptions){
		"branches": func(o *demo.SeedOptions) { o.Branches = 0 },
		"days":     func(o *demo.SeedOptions) { o.Days = -1 },
		"orders":   func(o *demo.SeedOptions) { o.Orders = 0 },
		"org":      func(o *demo.SeedOptions) { o.OrgID = "no spaces" },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			options := small()
			change(&options)
			_, err := demo.Seed(t.Context(), nil, options)
			require.ErrorContains(t, err, field)
		})
	}
}

// BenchmarkSeed reports how many orders a second are stored, with their lines, tickets, stock and rollup. Set SEED_ORDERS for
// more than a million: `SEED_ORDERS=10000000 go test -bench Seed -benchtime 1x -timeout 1h`.
func BenchmarkSeed(b *testing.B) {
	options := demo.SeedOptions{Branches: 200, Now: now, Orders: 1_000_000, OrgID: "ORG_BIG", Progress: os.Stderr, Seed: 1}
	if text := os.Getenv("SEED_ORDERS"); text != "" {
		orders, err := strconv.ParseInt(text, 10, 64)
		require.NoError(b, err)
		options.Orders = orders
	}
	// As many orders a day as when ten million are spread over a year.
	options.Days = max(int(options.Orders*365/10_000_000), 1)
	for b.Loop() {
		db := dbtest.New(b)
		seeded, err := demo.Seed(b.Context(), db, options)
		require.NoError(b, err)
		b.ReportMetric(seeded.Rate(), "orders/s")
		b.ReportMetric(float64(seeded.Lines)/float64(seeded.Orders), "lines/order")
		db.Close()
	}
}
