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
var Tenants = []explain.Tenant{{Name: "small", ID: "ORG_SMALL"}, {Name: "typical", ID: "ORG_TYPICAL"}, {Name: "large", ID: demo.OrgID}}

// others is who makes the database larger without concerning the tenants.
var others = explain.Tenant{Name: "others", ID: "ORG_OTHERS"}

// Scale says how much data there is.
type Scale struct {
	Name string
	// Permille of the demo's guests come to the large tenant.
	Permille int64
	// Orders of the typical tenant; the small one has a twentieth, and the others ten times as many.
	Orders int64
	// Rows that each table has at least of the large tenant.
	Rows int
}

// The scales.
var (
	CI   = Scale{Name: "ci", Permille: 400, Orders: 8_000, Rows: 1_500}
	Full = Scale{Name: "full", Permille: 1_000, Orders: 100_000, Rows: 10_000}
)

// Small are tables of which an organisation has few rows, or which hold little at any time.
var Small = []string{"organisations", "branches", "cache_busts", "subscriptions", "promotion_coupons"}

// Make fills an empty database with the tenants.
func Make(ctx context.Context, db *postgres.DB, scale Scale, progress io.Writer) error {
	if err := demo.Load(ctx, db, demo.Options{Now: now, OrdersPermille: scale.Permille, Progress: progress, Seed: 1}); err != nil {
		return err
	}
	if err := seed(ctx, db, Tenants[0], 1, scale.Orders/20); err != nil {
		return err
	}
	if err := seed(ctx, db, Tenants[1], 5, scale.Orders); err != nil {
		return err
	}
	return fill(ctx, db, map[explain.Tenant]int{Tenants[0]: scale.Rows / 100, Tenants[1]: scale.Rows / 10, Tenants[2]: scale.Rows})
}

// Grow adds the others.
func Grow(ctx context.Context, db *postgres.DB, scale Scale) error {
	if err := seed(ctx, db, others, 40, scale.Orders*10); err != nil {
		return err
	}
	return fill(ctx, db, map[explain.Tenant]int{others: scale.Rows * 2})
}

func seed(ctx context.Context, db *postgres.DB, t explain.Tenant, branches int, orders int64) error {
	_, err := demo.Seed(ctx, db, demo.SeedOptions{Branches: branches, Days: 120, Now: now, Orders: orders, OrgID: t.ID, Seed: 1})
	return err
}

func fill(ctx context.Context, db *postgres.DB, tenants map[explain.Tenant]int) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	filler := explain.Filler{
		Column: tenantColumn, Conn: conn.Conn(), Leave: Small, Now: fmt.Sprintf("'%s'", now.Format(time.RFC3339)),
	}
	for t, rows := range tenants {
		if err := filler.Fill(ctx, t, rows); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "VACUUM ANALYZE")
	return err
}

// Parameters are the values of all queries.
func Parameters(conn *pgx.Conn) *explain.Sampler {
	return &explain.Sampler{Column: tenantColumn, Conn: conn, Fixed: map[string]string{
		"PageSize": "50::int", "Limit": "50::int", "Most": "50::int",
		"FromDate": "'2024-10-01'::date", "StartDate": "'2024-10-01'::date", "ToDate": "'2024-10-31'::date", "EndDate": "'2024-10-31'::date",
		"Today": "'2024-11-08'::date", "Now": "'2024-11-08T12:00:00Z'::timestamptz", "At": "'2024-11-08T12:00:00Z'::timestamptz",
	}}
}
