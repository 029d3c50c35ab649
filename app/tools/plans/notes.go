package plans

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// notesFile is where an operator looks for what the indexes of the release are worth.
const notesFile = "E22-PERF-NOTES.md"

// claims are what the release promises of its indexes.
var claims = []struct{ Index, Faster string }{
	{"idx_order_branch_status_updated", "10-20x"},
	{"idx_forecast_point_org_item_date", "6-8x"},
	{"idx_wastage_branch_created", "5-8x"},
	{"idx_franchise_rank_org_period_rank", "3-5x"},
	{"idx_branch_budget_org_period", "3-5x"},
	{"idx_inventory_item_org_active", "3-5x"},
	{"idx_stock_batch_item_branch", "3-5x"},
}

// Size is a table with its rows.
type Size struct {
	Table string
	Rows  int64
}

// Sizes are the largest tables with their rows as the planner knows them.
func Sizes(ctx context.Context, db *postgres.DB) ([]Size, error) {
	rows, err := db.Query(ctx, `SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
		ORDER BY reltuples DESC, relname LIMIT 12`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Size])
}

// WriteNotes writes what each index of the release was measured to do beside what is claimed of it.
func WriteNotes(folder string, r explain.Report, sizes []Size) error {
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "# What the indexes of the release do\n\n%s, size %s, %s. Rows:", r.Server, r.Size, r.Made.UTC().Format("2006-01-02 15:04 MST"))
	for i, s := range sizes {
		if i > 0 {
			out.WriteByte(',')
		}
		_, _ = fmt.Fprintf(&out, " %s %d", s.Table, s.Rows)
	}
	out.WriteString(".\n\nEach query ran with the index and without it, for the largest tenant for whom it uses the index; the quickest of several runs counts.\n\n")
	out.WriteString("| Index | Claim | Query | Tenant | With | Without | Faster | Pages with | Pages without |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range claims {
		measured := false
		for _, e := range r.Effects {
			if e.Index != c.Index {
				continue
			}
			measured = true
			_, _ = fmt.Fprintf(&out, "| %s | %s | %s | %s | %.3f ms | %.3f ms | %.1fx | %d | %d |\n",
				c.Index, c.Faster, e.Query, e.Tenant, e.With, e.Without, e.Faster(), e.PagesWith, e.PagesWithout)
		}
		if !measured {
			_, _ = fmt.Fprintf(&out, "| %s | %s | not measured | | | | | | |\n", c.Index, c.Faster)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	return os.WriteFile(filepath.Join(folder, notesFile), []byte(out.String()), 0o644) //nolint:gosec // nothing secret
}
