package schema_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

// shared tables belong to no tenant, each for a reason.
var shared = map[string]string{
	"user_logins":        "finds the organisation of an email address at login, before it is known",
	"webhook_deliveries": "what was signed is taken once, whoever it is for",
	"webhook_events":     "an event's id is the provider's and unique over all organisations, and some name none",
}

// unbound statements are not bound to one organisation, each for a reason.
var unbound = map[string]string{
	"CacheBustForget":      "a node forgets what it has carried out for all organisations at once",
	"CacheBustList":        "every node settles the invalidations of all organisations",
	"WebhookEventLock":     "an event is known by its id alone",
	"WebhookEventGet":      "an event is known by its id alone",
	"WebhookEventSetState": "an event is known by its id alone",
	"WebhookEventList":     "operators look after the events of all organisations",
	"WebhookDeliveryPrune": "forgets what was signed long ago, whoever it was for",
	"WebhookEventPrune":    "forgets what was done long ago, whoever it was for",
	"OrganisationIDList":   "the schedule of jobs looks after all organisations",
}

// TestEveryKeyStartsWithTheTenant is what makes the schema distributable by org_id without change.
func TestEveryKeyStartsWithTheTenant(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("PrimaryKeysAndAllIndexes", func(t *testing.T) {
		t.Parallel()
		rows, err := db.Query(t.Context(), `
			SELECT t.relname, i.relname, coalesce(a.attname, 'an expression')
			FROM pg_index x
			JOIN pg_class i ON i.oid = x.indexrelid
			JOIN pg_class t ON t.oid = x.indrelid
			JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
			LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] AND a.attnum > 0`)
		require.NoError(t, err)
		requireTenantFirst(t, rows, 40)
	})

	t.Run("ForeignKeys", func(t *testing.T) {
		t.Parallel()
		rows, err := db.Query(t.Context(), `
			SELECT t.relname, c.conname, CASE WHEN a.attname = b.attname THEN a.attname ELSE a.attname || ' to ' || b.attname END
			FROM pg_constraint c
			JOIN pg_class t ON t.oid = c.conrelid
			JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
			JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
			WHERE c.contype = 'f'`)
		require.NoError(t, err)
		requireTenantFirst(t, rows, 20)
	})

	t.Run("NoTenantCanBeNull", func(t *testing.T) {
		t.Parallel()
		var nullable []string
		err := db.QueryRow(t.Context(), `
			SELECT coalesce(array_agg(t.relname), '{}')
			FROM pg_class t
			JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
			LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'org_id'
			WHERE t.relkind = 'r' AND a.attnotnull IS NOT TRUE AND t.relname <> ALL ($1)`, slices.Collect(maps.Keys(shared))).Scan(&nullable)
		require.NoError(t, err)
		require.Empty(t, nullable)
	})

	t.Run("EveryTableHasAPrimaryKey", func(t *testing.T) {
		t.Parallel()
		var without []string
		err := db.QueryRow(t.Context(), `
			SELECT coalesce(array_agg(t.relname), '{}')
			FROM pg_class t
			JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
			WHERE t.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = t.oid AND x.indisprimary)`).Scan(&without)
		require.NoError(t, err)
		require.Empty(t, without)
	})
}

func requireTenantFirst(t *testing.T, rows pgx.Rows, atLeast int) {
	t.Helper()
	seen := 0
	var table, name, first string
	_, err := pgx.ForEachRow(rows, []any{&table, &name, &first}, func() error {
		seen++
		if _, ok := shared[table]; !ok {
			require.Equal(t, "org_id", first, "%s of %s must start with org_id", name, table)
		}
		return nil
	})
	require.NoError(t, err)
	require.GreaterOrEqual(t, seen, atLeast)
}

// The indexes that operators know by name.
func TestTheOperatorsIndexes(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, name := range []string{
		"idx_order_branch_status_updated", "idx_forecast_point_org_item_date", "idx_wastage_branch_created", "idx_franchise_rank_org_period_rank",
		"idx_branch_budget_org_period", "idx_inventory_item_org_active", "idx_stock_batch_item_branch",
	} {
		var valid bool
		var comment string
		err := db.QueryRow(t.Context(), `
			SELECT x.indisvalid, coalesce(obj_description(x.indexrelid), '') FROM pg_index x WHERE x.indexrelid = $1::text::regclass`, name).Scan(&valid, &comment)
		require.NoError(t, err, name)
		require.True(t, valid, name)
		require.Contains(t, comment, "Serves", "%s must say which queries it serves", name)
	}
}

var (
	statementName = regexp.MustCompile(`(?m)^-- name: (\w+) :\w+$`)
	comment       = regexp.MustCompile(`--.*`)
	table         = regexp.MustCompile(`(?i)\b(?:from|into|join|update|using)\s+([a-z_]+)`)
	binding       = regexp.MustCompile(`(?i)\borg_id = |\busing \(org_id\b|\binto [a-z_]+(?: as [a-z_]+)?\s*\(\s*org_id\b`)
	served        = regexp.MustCompile(`Serves ([^']+)`)
	queryName     = regexp.MustCompile(`^[A-Z][a-z]+[A-Z]\w+$`)
)

// statements returns every statement of queries/ by its name.
func statements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../queries/*.sql")
	require.NoError(t, err)
	found := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		places := statementName.FindAllSubmatchIndex(content, -1)
		for i, place := range places {
			end := len(content)
			if i+1 < len(places) {
				end = places[i+1][0]
			}
			found[string(content[place[2]:place[3]])] = string(content[place[1]:end])
		}
	}
	return found
}

// TestEveryStatementIsBoundToTheTenant counts: each table that a statement reads or writes needs its own `org_id = …`, or
// org_id first among the columns that it inserts, and at least one of them must come from the caller.
func TestEveryStatementIsBoundToTheTenant(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rows, err := db.Query(t.Context(), `
		SELECT t.relname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public' WHERE t.relkind = 'r'`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for name := range shared {
		require.Contains(t, names, name, "an exception for a table that is gone")
	}

	all := statements(t)
	require.Greater(t, len(all), 80)
	for name, sql := range all {
		if _, ok := unbound[name]; ok {
			continue
		}
		sql = comment.ReplaceAllString(sql, "")
		tenant := 0
		for _, match := range table.FindAllStringSubmatch(sql, -1) {
			if _, ok := shared[match[1]]; !ok && slices.Contains(names, match[1]) {
				tenant++
			}
		}
		if tenant == 0 {
			continue
		}
		require.Contains(t, sql, "@org_id", "%s must be bound to the caller's organisation", name)
		require.GreaterOrEqual(t, len(binding.FindAllString(sql, -1)), tenant, "%s must bind each of its tables to org_id", name)
	}
	for name := range unbound {
		require.Contains(t, all, name, "an exception for a statement that is gone")
	}
}

func TestIndexesServeQueriesThatExist(t *testing.T) {
	t.Parallel()
	all := statements(t)
	files, err := filepath.Glob("*.sql")
	require.NoError(t, err)
	seen := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range served.FindAllSubmatch(content, -1) {
			for _, word := range strings.FieldsFunc(string(match[1]), func(r rune) bool { return r == ' ' || r == ',' || r == '.' || r == ';' || r == '(' || r == ')' }) {
				if queryName.MatchString(word) {
					seen++
					_, exists := all[word]
					require.True(t, exists, "%s names %s, which isn't in queries/", file, word)
				}
			}
		}
	}
	require.Greater(t, seen, 10)
}
