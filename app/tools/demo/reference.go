package demo

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/copyto"
)

// plan of every made-up organisation: the one with the highest limits.
const plan = "ENT"

// sendReference copies what a company's days build on into the database: its branches, goods and dishes.
func (c *company) sendReference(ctx context.Context, conn *pgconn.PgConn) error {
	return sendAll(ctx, conn, []*copyto.Buffer{
		c.organisationRows(), c.branchRows(), c.supplierRows(), c.itemRows(), c.supplierItemRows(), c.positionRows(), c.categoryRows(),
		c.dishRows(), c.recipeRows(),
	})
}

// sendPeople copies the users in, who can sign in from then on.
func (c *company) sendPeople(ctx context.Context, conn *pgconn.PgConn, passwordHash string) error {
	users := copyto.NewBuffer("users", "org_id", "id", "email", "name", "role", "branch_id", "password_hash", "created_at")
	logins := copyto.NewBuffer("user_logins", "email", "org_id", "user_id")
	for _, p := range c.people {
		users.Row()
		users.Text(c.orgID)
		users.Text(p.id)
		users.Text(p.email)
		users.Text(p.name)
		users.Text(p.role.String())
		users.TextOrNull(p.branchID)
		users.Text(passwordHash)
		users.Time(c.createdAt)

		logins.Row()
		logins.Text(p.email)
		logins.Text(c.orgID)
		logins.Text(p.id)
	}
	return sendAll(ctx, conn, []*copyto.Buffer{users, logins})
}

func (c *company) organisationRows() *copyto.Buffer {
	b := copyto.NewBuffer("organisations", "org_id", "name", "plan", "currency", "day_cutoff_minutes", "created_at")
	b.Row()
	b.Text(c.orgID)
	b.Text(c.name)
	b.Text(plan)
	b.Text(c.currency)
	b.Int4(cutoffMinutes)
	b.Time(c.createdAt)
	return b
}

func (c *company) branchRows() *copyto.Buffer {
	rows := copyto.NewBuffer("branches", "org_id", "id", "name", "time_zone", "service_target_seconds", "opened_on", "created_at")
	for _, b := range c.branches {
		rows.Row()
		rows.Text(c.orgID)
		rows.Text(b.ID)
		rows.Text(b.Name)
		rows.Text(b.timeZone)
		rows.Int4(int32(b.ServiceTarget.Seconds()))
		rows.Date(b.OpenedOn)
		rows.Time(c.createdAt)
	}
	return rows
}

func (c *company) supplierRows() *copyto.Buffer {
	b := copyto.NewBuffer("suppliers", "org_id", "id", "name", "email", "lead_time_days", "review_period_days", "created_at",
		"updated_at")
	for _, s := range c.catalogue.Suppliers {
		b.Row()
		b.Text(c.orgID)
		b.Text(s.ID)
		b.Text(s.Name)
		b.Text(s.Email)
		b.Int4(s.LeadTimeDays)
		b.Int4(int32(max(s.EveryDays, 1)))
		b.Time(c.createdAt)
		b.Time(c.createdAt)
	}
	return b
}

func (c *company) itemRows() *copyto.Buffer {
	b := copyto.NewBuffer("inventory_items", "org_id", "id", "name", "base_unit", "created_at", "updated_at")
	for _, i := range c.catalogue.Items {
		b.Row()
		b.Text(c.orgID)
		b.Text(i.ID)
		b.Text(i.Name)
		b.Text(i.BaseUnit)
		b.Time(c.createdAt)
		b.Time(c.createdAt)
	}
	return b
}

// supplierItemRows sells each item in packs of its supplier.
func (c *company) supplierItemRows() *copyto.Buffer {
	const packUnits = 5
	b := copyto.NewBuffer("supplier_items", "org_id", "supplier_id", "item_id", "unit_cost", "pack_size", "preferred", "shelf_days", "updated_at")
	for _, i := range c.catalogue.Items {
		b.Row()
		b.Text(c.orgID)
		b.Text(c.catalogue.Suppliers[i.Supplier].ID)
		b.Text(i.ID)
		unitCost(b, i.Cost)
		quantity(b, packUnits*catalog.Unit)
		b.Bool(true)
		b.Int4(int32(i.ShelfDays))
		b.Time(c.createdAt)
	}
	return b
}

// categoryRows lists the categories of the dishes in the order in which they first come.
func (c *company) categoryRows() *copyto.Buffer {
	b := copyto.NewBuffer("menu_categories", "org_id", "name", "position")
	seen := map[string]bool{}
	for _, d := range c.catalogue.Dishes {
		if seen[d.Category] {
			continue
		}
		seen[d.Category] = true
		b.Row()
		b.Text(c.orgID)
		b.Text(d.Category)
		b.Int4(int32(len(seen)))
	}
	return b
}

func (c *company) positionRows() *copyto.Buffer {
	b := copyto.NewBuffer("stock_positions", "org_id", "item_id", "branch_id")
	for _, i := range c.catalogue.Items {
		for _, at := range c.branches {
			b.Row()
			b.Text(c.orgID)
			b.Text(i.ID)
			b.Text(at.ID)
		}
	}
	return b
}

func (c *company) dishRows() *copyto.Buffer {
	b := copyto.NewBuffer("menu_items", "org_id", "id", "name", "category", "price", "tax_rate_bp", "created_at", "updated_at")
	for _, d := range c.catalogue.Dishes {
		b.Row()
		b.Text(c.orgID)
		b.Text(d.ID)
		b.Text(d.Name)
		b.Text(d.Category)
		b.Int8(d.Price)
		b.Int4(d.TaxRateBP)
		b.Time(c.createdAt)
		b.Time(c.createdAt)
	}
	return b
}

func (c *company) recipeRows() *copyto.Buffer {
	b := copyto.NewBuffer("recipe_lines", "org_id", "owner_kind", "owner_id", "line_no", "item_id", "quantity", "yield_bp")
	for _, d := range c.catalogue.Dishes {
		for i, p := range d.Recipe {
			b.Row()
			b.Text(c.orgID)
			b.Text("DISH")
			b.Text(d.ID)
			b.Int4(int32(i) + 1)
			b.Text(c.catalogue.Items[p.Item].ID)
			quantity(b, p.Quantity)
			b.Int4(int32(p.YieldBP))
		}
	}
	return b
}
