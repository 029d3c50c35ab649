package factory

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// OrgOpts are the fields of an organisation that a test may care about.
type OrgOpts struct {
	Currency string // UGX
	ID       string
	Plan     string // ENT
}

// Organisation inserts an organisation and returns its owner.
func Organisation(t testing.TB, db *postgres.DB, o OrgOpts) caller.Caller {
	t.Helper()
	o.ID = cmp.Or(o.ID, ids.New("org"))
	exec(t, db, `INSERT INTO organisations (org_id, name, plan, currency, created_at) VALUES ($1, $1, $2, $3, now())`,
		o.ID, cmp.Or(o.Plan, "ENT"), cmp.Or(o.Currency, "UGX"))
	return caller.Caller{Kind: caller.KindUser, OrgID: o.ID, Role: caller.RoleOwner, UserID: ids.New("usr")}
}

// As returns another user of the organisation; branchID may be empty for MANAGER and OWNER.
func As(c caller.Caller, role caller.Role, branchID string) caller.Caller {
	return caller.Caller{Kind: caller.KindUser, BranchID: branchID, OrgID: c.OrgID, Role: role, UserID: ids.New("usr")}
}

// BranchOpts are the fields of a branch that a test may care about.
type BranchOpts struct {
	ID       string
	Name     string
	OpenedOn civil.Date    // 2020-01-01
	Target   time.Duration // 900 s
	TimeZone string        // Africa/Kampala
}

// Branch inserts a branch and returns its id.
func Branch(t testing.TB, db *postgres.DB, c caller.Caller, o BranchOpts) string {
	t.Helper()
	o.ID = cmp.Or(o.ID, ids.New("br"))
	if o.OpenedOn.IsZero() {
		o.OpenedOn = civil.NewDate(2020, time.January, 1)
	}
	exec(t, db, `INSERT INTO branches (org_id, id, name, time_zone, service_target_seconds, opened_on, created_at) VALUES ($1, $2, $3, $4, $5, $6, now())`,
		c.OrgID, o.ID, cmp.Or(o.Name, o.ID), cmp.Or(o.TimeZone, "Africa/Kampala"), int(cmp.Or(o.Target, 900*time.Second).Seconds()), o.OpenedOn)
	return o.ID
}

// Item inserts an inventory item counted in kg and returns its id.
func Item(t testing.TB, db *postgres.DB, c caller.Caller) string {
	t.Helper()
	id := ids.New("item")
	exec(t, db, `INSERT INTO inventory_items (org_id, id, name, base_unit, created_at, updated_at) VALUES ($1, $2, $2, 'kg', now(), now())`, c.OrgID, id)
	return id
}

// BatchOpts are the fields of a batch that a test may care about.
type BatchOpts struct {
	BranchID   string
	ItemID     string
	Quantity   string
	ReceivedAt time.Time // 2020-01-01
	UnitCost   string
}

// Batch inserts opening stock with its movement and returns its id.
func Batch(t testing.TB, db *postgres.DB, c caller.Caller, o BatchOpts) string {
	t.Helper()
	id := ids.New("bat")
	if o.ReceivedAt.IsZero() {
		o.ReceivedAt = time.Date(2020, time.January, 1, 9, 0, 0, 0, time.UTC)
	}
	quantity, cost := decimal.RequireFromString(o.Quantity), decimal.RequireFromString(o.UnitCost)
	exec(t, db, `WITH batch AS (
		INSERT INTO stock_batches (org_id, id, branch_id, item_id, received_qty, remaining_qty, unit_cost, received_at, source, source_id, business_date)
		VALUES ($1, $2, $3, $4, $5, $5, $6, $7, 'OPENING', $2, $7::timestamptz::date) RETURNING id
	), day AS (
		INSERT INTO stock_days AS d (org_id, branch_id, item_id, business_date, moved) VALUES ($1, $3, $4, $7::timestamptz::date, $5)
		ON CONFLICT (org_id, branch_id, item_id, business_date) DO UPDATE SET moved = d.moved + excluded.moved
	) INSERT INTO stock_movements (org_id, branch_id, item_id, batch_id, kind, quantity, unit_cost, source_id, business_date, occurred_at)
	SELECT $1, $3, $4, id, 'OPENING', $5, $6, $2, $7::timestamptz::date, $7 FROM batch`,
		c.OrgID, id, o.BranchID, o.ItemID, quantity, cost, o.ReceivedAt)
	return id
}

// Recipe is what a portion takes: quantity by item.
type Recipe map[string]string

// MenuItem inserts a dish and returns its id.
func MenuItem(t testing.TB, db *postgres.DB, c caller.Caller, price int64, recipe Recipe) string {
	t.Helper()
	id := ids.New("menu")
	exec(t, db, `INSERT INTO menu_items (org_id, id, name, category, price, tax_rate_bp, created_at, updated_at) VALUES ($1, $2, $2, 'FOOD', $3, 1800, now(), now())`,
		c.OrgID, id, price)
	line := 0
	for item, quantity := range recipe {
		line++
		exec(t, db, `INSERT INTO recipe_lines (org_id, owner_kind, owner_id, line_no, item_id, quantity) VALUES ($1, 'DISH', $2, $3, $4, $5)`,
			c.OrgID, id, line, item, decimal.RequireFromString(quantity))
	}
	return id
}

func exec(t testing.TB, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	_, err := db.Exec(context.Background(), sql, args...)
	require.NoError(t, err)
}
