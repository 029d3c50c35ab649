package schema_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

func TestIndexesHavePrioritiesAndArePlannedByAtlas(t *testing.T) {
	t.Parallel()
	indexes, err := schema.Indexes(t.Context(), os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	priorities := make(map[string][]string)
	for _, index := range indexes {
		priorities[index.Priority] = append(priorities[index.Priority], index.Name)
		if index.Name != "idx_order_branch_status_updated" {
			continue
		}
		require.Equal(t, []string{
			`CREATE INDEX CONCURRENTLY "idx_order_branch_status_updated" ON "public"."orders" ("org_id", "branch_id", "status", "updated_at" DESC) WHERE (status = 'CLOSED'::text)`,
			`COMMENT ON INDEX "public"."idx_order_branch_status_updated" IS 'P1. Serves OrderListClosed and OrderListAny.'`,
		}, index.Create)
		require.Equal(t, `DROP INDEX CONCURRENTLY "public"."idx_order_branch_status_updated"`, index.Drop)
		require.False(t, index.Unique)
	}
	require.Equal(t, []string{"idx_forecast_point_org_item_date", "idx_order_branch_status_updated", "idx_wastage_branch_created"}, priorities["P1"])
	require.Equal(t, []string{"idx_branch_budget_org_period", "idx_franchise_rank_org_period_rank"}, priorities["P2"])
	require.Equal(t, []string{"idx_inventory_item_org_active", "idx_stock_batch_item_branch"}, priorities["P3"])
}
