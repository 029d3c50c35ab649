package demo_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/demo"
)

var now = time.Date(2026, time.November, 18, 16, 20, 0, 0, time.UTC)

// thin is a staging set with few guests.
func thin() demo.Options {
	return demo.Options{Days: 20, Now: now, OrdersPermille: 150, Seed: 1}
}

func load(t *testing.T, db *postgres.DB, options demo.Options) string {
	t.Helper()
	var progress bytes.Buffer
	options.Progress = &progress
	require.NoError(t, demo.Load(t.Context(), db, options))
	return progress.String()
}

// one returns the only value of a query.
func one[T any](t *testing.T, db *postgres.DB, query string, args ...any) T {
	t.Helper()
	rows, err := db.Query(t.Context(), query, args...)
	require.NoError(t, err)
	value, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return value
}

// requireConsistent checks that the rollup is the sum of the raw rows, and batches what the ledger says.
func requireConsistent(t *testing.T, db *postgres.DB, orgID string) {
	t.Helper()
	differences, err := daysales.Reconcile(t.Context(), db, orgID, civil.NewDate(2000, 1, 1), civil.NewDate(2100, 1, 1))
	require.NoError(t, err)
	require.Empty(t, differences)
	mismatches, err := stock.Check(t.Context(), db, orgID)
	require.NoError(t, err)
	require.Empty(t, mismatches)
	days, err := stock.CheckDays(t.Context(), db, orgID, "", civil.NewDate(2000, 1, 1), civil.NewDate(2100, 1, 1))
	require.NoError(t, err)
	require.Empty(t, days)
	require.Positive(t, one[int64](t, db, "SELECT count(*) FROM stock_days WHERE org_id = $1 AND used > 0", orgID))
}

func TestLoad(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	progress := load(t, db, thin())
	require.Contains(t, progress, "sign in as manager@staging.com")

	t.Run("RollupIsTheSumOfTheRawRows", func(t *testing.T) {
		t.Parallel()
		requireConsistent(t, db, demo.OrgID)
		requireConsistent(t, db, demo.OtherOrgID)
	})

	t.Run("NoRowBreaksARule", func(t *testing.T) {
		t.Parallel()
		for rule, query := range map[string]string{
			"order is the sum of its lines": `SELECT count(*) FROM orders o JOIN (
				SELECT org_id, order_id, sum(gross) AS gross, sum(discount) AS discount, sum(comp) AS comp, sum(tax) AS tax, sum(cogs) AS cogs
				FROM order_lines WHERE voided_at IS NULL GROUP BY 1, 2
			) l ON l.org_id = o.org_id AND l.order_id = o.id
			WHERE (o.gross, o.discount, o.comp, o.tax, o.cogs) <> (l.gross, l.discount, l.comp, l.tax, l.cogs)`,
			"line is quantity times price": `SELECT count(*) FROM order_lines WHERE gross <> round(quantity * (unit_price + modifiers_price))`,
			"tax is on the discounted line": `SELECT count(*) FROM order_lines
				WHERE voided_at IS NULL AND tax <> round((gross - discount - comp) * tax_rate_bp / 10000.0)`,
			"adjustments are in the order": `SELECT count(*) FROM orders o
				WHERE (o.discount, o.comp, o.refunded) <> (SELECT coalesce(sum(amount) FILTER (WHERE kind = 'DISCOUNT'), 0),
					coalesce(sum(amount) FILTER (WHERE kind = 'COMP'), 0), coalesce(sum(amount) FILTER (WHERE kind = 'REFUND'), 0)
					FROM order_adjustments a WHERE a.org_id = o.org_id AND a.order_id = o.id)`,
			"business date is the branch's": `SELECT count(*) FROM orders o JOIN branches b ON b.org_id = o.org_id AND b.id = o.branch_id
				WHERE o.business_date <> ((coalesce(o.closed_at, o.voided_at) AT TIME ZONE b.time_zone) - interval '4 hours')::date`,
			"only orders at table are open": `SELECT count(*) FROM orders WHERE status NOT IN ('CLOSED', 'VOIDED')
				AND (business_date IS NOT NULL OR opened_at < '2026-11-18 14:00+00' OR branch_id LIKE 'BR_NYC%' AND opened_at < '2026-11-18 14:00+00')`,
			"goods are used after they came": `SELECT count(*) FROM stock_movements m JOIN stock_batches b ON b.org_id = m.org_id AND b.id = m.batch_id
				WHERE m.occurred_at < b.received_at OR m.kind = 'SALE' AND m.business_date > b.expires_on`,
			"order is the sum of its purchase lines": `SELECT count(*) FROM purchase_orders o
				WHERE total <> (SELECT sum(amount) FROM purchase_order_lines l WHERE l.org_id = o.org_id AND l.po_id = o.id)`,
			"receipt is the sum of its lines": `SELECT count(*) FROM purchase_receipts r
				WHERE cost <> (SELECT sum(round(quantity * unit_cost)) FROM purchase_receipt_lines l WHERE l.org_id = r.org_id AND l.receipt_id = r.id)`,
			"received is what receipts say": `SELECT count(*) FROM purchase_order_lines l
				WHERE received_qty <> (SELECT coalesce(sum(rl.quantity), 0) FROM purchase_receipts r
					JOIN purchase_receipt_lines rl ON rl.org_id = r.org_id AND rl.receipt_id = r.id
					WHERE r.org_id = l.org_id AND r.po_id = l.po_id AND rl.item_id = l.item_id)`,
			"nothing is short": `SELECT (SELECT count(*) FROM stock_shortfalls) + (SELECT count(*) FROM orders WHERE stock_short)`,
		} {
			require.Zero(t, one[int64](t, db, query), rule)
		}
	})

	t.Run("NothingHappensAfterNow", func(t *testing.T) {
		t.Parallel()
		for _, column := range []string{
			"orders.opened_at", "orders.updated_at", "order_adjustments.created_at", "order_tickets.ready_at", "stock_batches.received_at",
			"stock_movements.occurred_at", "wastage.wasted_at", "purchase_orders.placed_at", "branch_budgets.updated_at",
			"forecast_points.generated_at", "franchise_ranks.computed_at",
		} {
			table, name, _ := strings.Cut(column, ".")
			require.False(t, one[time.Time](t, db, "SELECT max("+name+") FROM "+table).After(now), column)
		}
		require.Positive(t, one[int64](t, db, "SELECT count(*) FROM orders WHERE business_date = '2026-11-18' AND org_id = $1", demo.OrgID))
	})

	t.Run("ForeignKeysHold", func(t *testing.T) {
		t.Parallel()
		requireForeignKeys(t, db)
	})

	t.Run("OrdersOfTheLastDaysCanBePutBackIntoStock", func(t *testing.T) {
		t.Parallel()
		tx, err := db.Begin(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
		var orderID string
		var date civil.Date
		const query = `SELECT id, business_date FROM orders
			WHERE org_id = $1 AND status = 'CLOSED' AND business_date = '2026-11-12' ORDER BY id LIMIT 1`
		require.NoError(t, tx.QueryRow(t.Context(), query, demo.OrgID).Scan(&orderID, &date))
		require.NoError(t, stock.Restock(t.Context(), tx, demo.OrgID, orderID, date, now))
		var movements int
		var left decimal.Decimal
		const booked = `SELECT count(*), sum(quantity) FROM stock_movements WHERE org_id = $1 AND source_id = $2`
		require.NoError(t, tx.QueryRow(t.Context(), booked, demo.OrgID, orderID).Scan(&movements, &left))
		require.Positive(t, movements)
		require.True(t, left.IsZero())
		mismatches, err := stock.Check(t.Context(), tx, demo.OrgID)
		require.NoError(t, err)
		require.Empty(t, mismatches)
	})

	t.Run("HasWhatTheChecklistNames", func(t *testing.T) {
		t.Parallel()
		require.EqualValues(t, 12, one[int64](t, db, "SELECT count(*) FROM branches WHERE org_id = $1", demo.OrgID))
		require.Equal(t, "ENT UGX", one[string](t, db, "SELECT plan || ' ' || currency FROM organisations WHERE org_id = $1", demo.OrgID))
		for email, role := range map[string]string{
			"owner@staging.com": "OWNER", "manager@staging.com": "MANAGER", "supervisor@staging.com": "SUPERVISOR",
			"staff@staging.com": "STAFF", "manager@other.com": "MANAGER",
		} {
			const query = `SELECT u.%s FROM user_logins l JOIN users u ON u.org_id = l.org_id AND u.id = l.user_id WHERE l.email = $1`
			require.Equal(t, role, one[string](t, db, strings.Replace(query, "%s", "role", 1), email))
			matches, err := argon2id.ComparePasswordAndHash(demo.Password, one[string](t, db, strings.Replace(query, "%s", "password_hash", 1), email))
			require.NoError(t, err)
			require.True(t, matches)
		}
		require.Equal(t, "PLACED 500.000", one[string](t, db, `SELECT o.status || ' ' || (l.quantity - l.received_qty)
			FROM purchase_orders o JOIN purchase_order_lines l ON l.org_id = o.org_id AND l.po_id = o.id
			WHERE o.org_id = $1 AND o.id = $2 AND o.branch_id = $3 AND l.item_id = $4`,
			demo.OrgID, demo.PurchaseOrderID, demo.FirstBranchID, demo.ItemID))
		for _, month := range []string{"2026-11", "2024-11"} {
			require.Positive(t, one[int64](t, db, "SELECT count(*) FROM franchise_ranks WHERE period = $1", month))
			require.Positive(t, one[int64](t, db, "SELECT count(*) FROM branch_budgets WHERE period = $1", month))
			require.Positive(t, one[int64](t, db, "SELECT count(*) FROM forecast_points WHERE to_char(date, 'YYYY-MM') = $1", month))
			require.Positive(t, one[int64](t, db, "SELECT sum(gross) FROM branch_day_sales WHERE to_char(business_date, 'YYYY-MM') = $1", month))
		}
	})

	t.Run("ChangesNothingTheSecondTime", func(t *testing.T) {
		t.Parallel()
		before := one[int64](t, db, "SELECT max(id) FROM stock_movements")
		later := thin()
		later.Now = now.AddDate(0, 0, 3)
		require.Contains(t, load(t, db, later), "there already")
		require.Equal(t, before, one[int64](t, db, "SELECT max(id) FROM stock_movements"))
	})
}

// requireForeignKeys checks all of them anew: they were not while the rows came in.
func requireForeignKeys(t *testing.T, db *postgres.DB) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }()
	rows, err := tx.Query(t.Context(), `SELECT format('ALTER TABLE %I DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', c.relname, f.conname, f.conname, pg_get_constraintdef(f.oid))
		FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
		WHERE f.contype = 'f' AND c.relnamespace = current_schema()::regnamespace`)
	require.NoError(t, err)
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.NotEmpty(t, statements)
	for _, statement := range statements {
		_, err := tx.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

func TestLoadIsTheSameForTheSameSeedAndDate(t *testing.T) {
	t.Parallel()
	options := thin()
	options.Days = 5
	first, second, other := dbtest.New(t), dbtest.New(t), dbtest.New(t)
	load(t, first, options)
	load(t, second, options)
	options.Seed++
	load(t, other, options)
	sums := checksums(t, first)
	require.Greater(t, len(sums), 20)
	require.Equal(t, sums, checksums(t, second))
	require.NotEqual(t, sums["orders"], checksums(t, other)["orders"])
}

// checksums returns a digest of each tenant table, less what can't be the same twice.
func checksums(t *testing.T, db *postgres.DB) map[string]string {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT table_name::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name = 'org_id'`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	unlike := map[string]string{"stock_movements": "id", "users": "password_hash"}
	sums := make(map[string]string)
	for _, table := range tables {
		sums[table] = one[string](t, db, `SELECT coalesce(md5(string_agg((to_jsonb(x) - $1)::text, ',' ORDER BY (to_jsonb(x) - $1)::text)), '')
			FROM `+table+` x`, unlike[table])
	}
	return sums
}

func TestLoadAtTheTimeOfTheChecklist(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]time.Time{
		"before it":          time.Date(2024, time.October, 3, 9, 0, 0, 0, time.UTC),
		"within its month":   time.Date(2024, time.November, 8, 12, 0, 0, 0, time.UTC),
		"before the cut-off": time.Date(2024, time.December, 1, 0, 30, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			options := thin()
			options.Now, options.OrdersPermille = at, 80
			load(t, db, options)
			requireConsistent(t, db, demo.OrgID)
			require.False(t, one[time.Time](t, db, "SELECT max(updated_at) FROM orders").After(at))
		})
	}
}

func TestLoadMakesAnewWhatIsBroken(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	options := thin()
	options.Days, options.OrdersPermille = 3, 60
	load(t, db, options)
	want := checksums(t, db)
	for name, damage := range map[string]string{
		"rollup lost":       `DELETE FROM branch_day_sales`,
		"login lost":        `DELETE FROM user_logins WHERE email = 'manager@staging.com'`,
		"organisation lost": `DELETE FROM users WHERE org_id = 'ORG_OTHER'; UPDATE organisations SET name = 'x'; DELETE FROM user_logins`,
	} {
		_, err := db.Exec(t.Context(), damage)
		require.NoError(t, err, name)
		require.Contains(t, load(t, db, options), "Demo data is loaded", name)
		require.Equal(t, want, checksums(t, db), name)
	}
}

func TestLoadLeavesNothingBehindWhenItIsStopped(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	options := thin()
	options.Progress = stopAfter{writes: new(int), stop: stop}
	require.ErrorIs(t, demo.Load(ctx, db, options), context.Canceled)
	require.Zero(t, one[int64](t, db, "SELECT (SELECT count(*) FROM organisations) + (SELECT count(*) FROM orders)"))
	require.Contains(t, load(t, db, thin()), "Demo data is loaded")
}

// stopAfter stops a load once it has shown some progress.
type stopAfter struct {
	writes *int
	stop   func()
}

// Write implements io.Writer.
func (s stopAfter) Write(p []byte) (int, error) {
	if *s.writes++; *s.writes == 2 {
		s.stop()
	}
	return len(p), nil
}
