package schema_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	declared "github.com/chefcloud/chefcloud/schema"
)

func TestDeclaredIndexesAreGenerated(t *testing.T) {
	t.Parallel()
	content, err := schema.GenerateIndexes(t.Context(), os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile("../../../../schema/indexes.json", content, 0o644))
		return
	}
	require.Equal(t, string(content), string(declared.Indexes), "schema/*.sql were changed: run task schema:indexes")
}

func TestApplyLeavesPrioritiesToTheirOperator(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	exec := func(sql string) {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	exec("DROP INDEX idx_stock_batch_item_branch; DROP INDEX idx_wastage_branch_created; CREATE INDEX idx_wastage_branch_created ON wastage (created_at)")
	exec("COMMENT ON INDEX idx_inventory_item_org_active IS 'none'")
	var notes []string
	taken, err := schema.Apply(t.Context(), url, schema.Options{Note: func(line string) { notes = append(notes, line) }})
	require.NoError(t, err)
	require.Empty(t, taken)
	require.Len(t, notes, 1)
	for _, name := range []string{"idx_stock_batch_item_branch", "idx_wastage_branch_created", "idx_inventory_item_org_active"} {
		require.Contains(t, notes[0], name)
	}
	exec("CREATE INDEX broken ON wastage (created_at); CREATE INDEX wastage_pkey_ccnew ON wastage (id)")
	exec("UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('broken'::regclass, 'wastage_pkey_ccnew'::regclass)")
	planned, err := schema.Diff(t.Context(), url, func(line string) { notes = append(notes, line) })
	require.NoError(t, err)
	require.Equal(t, []string{`DROP INDEX CONCURRENTLY "public"."broken"`}, planned, "what isn't declared goes, unless it is being reindexed")
	require.Contains(t, notes[2], "broken, wastage_pkey_ccnew; `chefcloud indexes apply` repairs")
}

func TestScratchDatabasesThatWereAbandonedAreDropped(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	suffix := strings.ToLower(rand.Text()[:8])
	old, used, fresh := "chefcloud_declared_1700000000_"+suffix, "chefcloud_declared_1700000001_"+suffix, fmt.Sprintf("chefcloud_declared_%d_%s", time.Now().Unix(), suffix)
	for _, name := range []string{old, used, fresh} {
		_, err := conn.Exec(t.Context(), "CREATE DATABASE "+name)
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
		if name != used {
			continue
		}
		settings, err := pgx.ParseConfig(url)
		require.NoError(t, err)
		settings.Database = used
		user, err := pgx.ConnectConfig(t.Context(), settings)
		for err != nil && t.Context().Err() == nil { // other tests, which look for abandoned ones too, may be quicker
			_, _ = conn.Exec(t.Context(), "CREATE DATABASE "+used)
			user, err = pgx.ConnectConfig(t.Context(), settings)
		}
		require.NoError(t, err)
		t.Cleanup(func() { _ = user.Close(context.Background()) })
	}
	_, err = schema.Diff(t.Context(), url, nil)
	require.NoError(t, err)
	var left []string
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT array_agg(datname::text ORDER BY 1) FROM pg_database WHERE datname LIKE 'chefcloud_declared_%_' || $1", suffix).Scan(&left))
	require.Equal(t, []string{used, fresh}, left)
}

func TestIndexesHavePrioritiesAndArePlannedByAtlas(t *testing.T) {
	t.Parallel()
	indexes, err := schema.Indexes()
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
