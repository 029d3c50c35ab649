package plans

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/tools/demo"
	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// tenantColumn leads every key of a tenant's table.
const tenantColumn = "org_id"

// now is when the data ends. It is fixed, so that plans are of the same rows on any day.
var now = time.Date(2024, time.November, 8, 12, 0, 0, 0, time.UTC)

// Tenants are the organisations of a database that [Make] made, by size.
var Tenants = []explain.Tenant{
	{Name: "small", ID: "ORG_SMALL"}, {Name: "typical", ID: "ORG_TYPICAL"}, {Name: "large", ID: demo.OrgID}, {Name: "large unfiltered", ID: demo.OrgID, Open: true},
	skewed,
}

var (
	// skewed has several times the rows of the large one.
	skewed = explain.Tenant{Name: "skewed", ID: "ORG_SKEWED"}
	// others are there besides the tenants, and more come, who make the database larger without concerning them.
	others = explain.Tenant{Name: "others", ID: "ORG_OTHERS"}
	more   = explain.Tenant{Name: "more", ID: "ORG_MORE"}
)

// Scale says how much data there is.
type Scale struct {
	Name string
	// Permille of the demo's guests come to the large tenant.
	Permille int64
	// Orders of the typical tenant; the small one has a twentieth, the skewed one and those who come later many times as many.
	Orders int64
	// Rows that each table has at least of the large tenant.
	Rows int
}

// The scales.
var (
	CI   = Scale{Name: "ci", Permille: 80, Orders: 6_000, Rows: 1_500}
	Full = Scale{Name: "full", Permille: 1_000, Orders: 60_000, Rows: 10_000}
)

// Small are tables of which an organisation has few rows, or which hold little at any time.
var Small = []string{"organisations", "branches", "cache_busts", "subscriptions"}

// Make fills an empty database with the tenants.
func Make(ctx context.Context, db *postgres.DB, scale Scale, progress io.Writer) error {
	// Statistics that autovacuum made at some moment, of smaller samples, would let plans differ from run to run.
	if _, err := db.Exec(ctx, `DO $$ DECLARE t regclass; BEGIN
		FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
			EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', t);
		END LOOP; END $$`); err != nil {
		return fmt.Errorf("turn autovacuum off: %w", err)
	}
	if err := demo.Load(ctx, db, demo.Options{Now: now, OrdersPermille: scale.Permille, Progress: progress, Seed: 1}); err != nil {
		return err
	}
	if err := seed(ctx, db, Tenants[0], 1, scale.Orders/20); err != nil {
		return err
	}
	if err := seed(ctx, db, Tenants[1], 5, scale.Orders); err != nil {
		return err
	}
	if err := seed(ctx, db, skewed, 40, scale.Orders*4); err != nil {
		return err
	}
	if err := seed(ctx, db, others, 60, scale.Orders*6); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, `INSERT INTO subscriptions (org_id, plan, status, event_at, event_id, updated_at) SELECT org_id, 'PRO', 'ACTIVE', $1, 'first', $1 FROM organisations`, now); err != nil {
		return fmt.Errorf("make subscriptions: %w", err)
	}
	if _, err := db.Exec(ctx, `INSERT INTO cache_busts (org_id, id, reports, due_at) SELECT org_id, 'note_1', '{overview}', $1 FROM organisations`, now); err != nil {
		return fmt.Errorf("make notes of the cache: %w", err)
	}
	if _, err := db.Exec(ctx, `UPDATE purchase_orders p SET generated_for = date '2020-01-01' + o.n, status = 'DRAFT', updated_by = NULL
		FROM (SELECT org_id, id, (row_number() OVER (PARTITION BY org_id ORDER BY id))::int AS n FROM purchase_orders) o
		WHERE p.org_id = o.org_id AND p.id = o.id AND o.n % 20 = 0`); err != nil {
		return fmt.Errorf("make drafts that were generated: %w", err)
	}
	return fill(ctx, db, []share{{Tenants[0], scale.Rows / 100}, {Tenants[1], scale.Rows / 10}, {Tenants[2], scale.Rows}, {skewed, scale.Rows * 2}, {others, scale.Rows * 7}})
}

// Grow has more come.
func Grow(ctx context.Context, db *postgres.DB, scale Scale) error {
	if err := seed(ctx, db, more, 100, scale.Orders*12); err != nil {
		return err
	}
	return fill(ctx, db, []share{{more, scale.Rows * 6}})
}

func seed(ctx context.Context, db *postgres.DB, t explain.Tenant, branches int, orders int64) error {
	_, err := demo.Seed(ctx, db, demo.SeedOptions{Branches: branches, Days: 120, Now: now, Orders: orders, OrgID: t.ID, Seed: 1})
	return err
}

// share is how many rows of a tenant each table has at least.
type share struct {
	tenant explain.Tenant
	rows   int
}

// fill adds rows in a fixed sequence, so that they lie in the tables as in any other run.
func fill(ctx context.Context, db *postgres.DB, shares []share) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	filler := explain.Filler{
		Column: tenantColumn, Conn: conn.Conn(), Leave: Small, Now: fmt.Sprintf("'%s'", now.Format(time.RFC3339)),
		Values: map[string]string{
			"limit_total": "300", "received_qty": "g % 50", "redeemed": "g % 250",
			// All branches have one for each month.
			"period":           "to_char(date '2024-11-01' - (g - 1) / (SELECT count(*)::int FROM branches WHERE org_id = '%s') * interval '1 month', 'YYYY-MM')",
			"promotions.terms": `CASE WHEN g % 10 = 0 THEN '{"exclusive": true}' ELSE '{}' END::jsonb`,
		},
	}
	for _, s := range shares {
		if err := filler.Fill(ctx, s.tenant, s.rows); err != nil {
			return err
		}
	}
	// What was written counts before the statistics are made, not after: other connections say what they wrote when they end.
	db.Reset()
	if err := othersEnded(ctx, conn.Conn()); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_stat_force_next_flush()"); err != nil {
		return err
	}
	// Larger samples than usual: of all rows of most tables, so that plans don't differ by chance from run to run.
	if _, err := conn.Exec(ctx, "SET default_statistics_target = 500"); err != nil {
		return err
	}
	defer conn.Exec(ctx, "RESET default_statistics_target") //nolint:errcheck // the connection goes with the run
	_, err = conn.Exec(ctx, "VACUUM ANALYZE")
	return err
}

// othersEnded waits until connections to the database that began before now have ended.
func othersEnded(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `DO $$ BEGIN
		FOR attempt IN 1..1000 LOOP
			PERFORM pg_stat_clear_snapshot();
			EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND backend_start < now());
			PERFORM pg_sleep(0.01);
		END LOOP; END $$`)
	return err
}
