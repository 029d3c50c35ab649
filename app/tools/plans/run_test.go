package plans_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/demo"
	"github.com/chefcloud/chefcloud/app/tools/explain"
	"github.com/chefcloud/chefcloud/app/tools/plans"
)

func TestLookingWritesNothingAndReportsWhatTheOwnerChose(t *testing.T) {
	t.Parallel()
	address, drop, err := plans.Database(t.Context(), os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	t.Cleanup(drop)
	_, err = schema.Apply(t.Context(), address, schema.Options{})
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET random_page_cost = 1.5', current_database()); EXECUTE format('ALTER DATABASE %I SET enable_tidscan = off', current_database()); END $$")
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), config.Database{PoolMax: 4, URL: config.DSN(address)}, postgres.Options{})
	require.NoError(t, err)
	defer db.Close()
	_, err = demo.Seed(t.Context(), db, demo.SeedOptions{Branches: 2, Days: 10, Now: time.Now(), Orders: 300, OrgID: "ORG_LOOK", Seed: 1})
	require.NoError(t, err)
	written := func() (sum int64) {
		_, err := conn.Exec(t.Context(), "SELECT pg_stat_clear_snapshot()")
		require.NoError(t, err)
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT sum((xpath('/row/n/text()', query_to_xml(format('SELECT coalesce(sum(hashtextextended(t::text, 0) / 1000000), 0)::bigint AS n FROM %I t', relname), false, true, '')))[1]::text::bigint)::bigint
			FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`).Scan(&sum))
		return sum
	}
	before := written()
	queries, err := explain.Load("../../../gen/sqlc")
	require.NoError(t, err)
	book, err := explain.ReadBook("../../../queries/plans")
	require.NoError(t, err)
	_, err = plans.Look(t.Context(), db, plans.Options{Book: book, Progress: io.Discard, Queries: queries, StatementTimeout: 10_000, Tenants: []explain.Tenant{{Name: "typo", ID: "ORG_LOOC"}}})
	require.ErrorContains(t, err, "there is no organisation ORG_LOOC")
	v, err := plans.Look(t.Context(), db, plans.Options{Book: book, Progress: io.Discard, Queries: queries, StatementTimeout: 10_000, Tenants: []explain.Tenant{{Name: "look", ID: "ORG_LOOK"}}})
	require.NoError(t, err)
	require.Equal(t, before, written())
	ran := 0
	for _, m := range v.Measured {
		if m.Query.Writes() {
			require.False(t, m.Analyzed, m.Query.Name)
		} else if m.Analyzed {
			ran++
		}
	}
	require.Greater(t, ran, 100)
	settings := make(map[string]bool)
	for _, f := range v.Findings {
		require.NotContains(t, []string{explain.RulePlan, explain.RuleEmpty, explain.RulePlanned, explain.RuleFailed}, f.Rule, f)
		if f.Rule == explain.RuleSettings {
			settings[f.Found] = true
		}
	}
	require.Equal(t, map[string]bool{"enable_tidscan is off": true}, settings, "what the owner chose is reported, plans that are forced are judged")
	require.Equal(t, "1.5", explain.NewReport(v, nil, "", "", time.Now()).Settings["random_page_cost"])
	_, err = plans.Look(t.Context(), db, plans.Options{Progress: io.Discard})
	require.ErrorContains(t, err, "name the organisations")
}

func TestNotesStandBesideTheClaims(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "perf")
	report := explain.Report{Server: "PostgreSQL 17", Size: "full", Effects: []explain.Effect{
		{Index: "idx_wastage_branch_created", Query: "WastageList", Tenant: "skewed", With: 0.5, Without: 3, PagesWith: 8, PagesWithout: 120},
		{Index: "idx_other", Query: "Other"},
	}}
	require.NoError(t, plans.WriteNotes(folder, report, []plans.Size{{Table: "orders", Rows: 1_000_000}, {Table: "wastage", Rows: 40_000}}))
	content, err := os.ReadFile(filepath.Join(folder, "E22-PERF-NOTES.md"))
	require.NoError(t, err)
	require.Contains(t, string(content), "Rows: orders 1000000, wastage 40000.")
	require.Contains(t, string(content), "| idx_wastage_branch_created | 5-8x | WastageList | skewed | 0.500 ms | 3.000 ms | 6.0x | 8 | 120 |")
	require.Contains(t, string(content), "| idx_order_branch_status_updated | 10-20x | not measured |")
	require.NotContains(t, string(content), "idx_other")
}

func TestReportsNameQueriesThatAreThere(t *testing.T) {
	t.Parallel()
	queries, err := explain.Load("../../../gen/sqlc")
	require.NoError(t, err)
	names := make(map[string]bool)
	for _, q := range queries {
		names[q.Name] = true
	}
	for report, of := range plans.Reports {
		for _, name := range of {
			require.True(t, names[name], "%s: %s", report, name)
		}
	}
	declared, err := explain.Declared("../../../queries")
	require.NoError(t, err)
	require.Empty(t, explain.Missing(declared, queries))
}
