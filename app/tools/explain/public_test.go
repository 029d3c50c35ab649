package explain_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/explain"
	"github.com/chefcloud/chefcloud/app/tools/plans"
)

// TestAPublicProject proves the queries of River, which has no tenants, as its sqlc generated them.
func TestAPublicProject(t *testing.T) {
	t.Parallel()
	folder, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/riverqueue/river/riverdriver/riverpgxv5").Output()
	require.NoError(t, err)
	queries, err := explain.Load(filepath.Join(strings.TrimSpace(string(folder)), "internal", "dbsqlc"))
	require.NoError(t, err)
	require.Greater(t, len(queries), 40)

	address, drop, err := plans.Database(t.Context(), os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	t.Cleanup(drop)
	pool, err := pgxpool.New(t.Context(), address)
	require.NoError(t, err)
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	_, err = conn.Exec(t.Context(), `INSERT INTO river_job (args, kind, max_attempts, queue, state, finalized_at)
		SELECT '{}', 'kind' || g % 10, 5, 'default', 'completed', now() FROM generate_series(1, 20000) g; ANALYZE`)
	require.NoError(t, err)

	catalog, _, err := explain.ReadCatalog(t.Context(), conn, queries, 0, nil)
	require.NoError(t, err)
	require.True(t, catalog.Large["river_job"])
	runner := explain.Runner{
		Catalog: catalog, Conn: conn, Parameters: &explain.Sampler{Conn: conn}, StatementTimeout: 10_000,
	}
	var measured []explain.Measured
	failed := 0
	for _, q := range queries {
		m, err := runner.Run(t.Context(), q, explain.Tenant{Name: "all"}, "now")
		if err != nil {
			failed++
			t.Log(err)
			continue
		}
		measured = append(measured, m...)
	}
	t.Logf("%d of %d queries were run", len(queries)-failed, len(queries))
	require.Less(t, failed, len(queries)/5)
	for _, f := range explain.Judge(queries, make(explain.Book), measured) {
		require.Equal(t, explain.RuleExpected, f.Rule)
	}
	book := make(explain.Book)
	explain.Propose(queries, book, measured)
	vacuous := 0
	for _, f := range explain.Judge(queries, book, measured) {
		if f.Rule == explain.RuleEmpty || f.Rule == explain.RulePlanned { // the project would name the parameters that find something
			vacuous++
			t.Log(f)
			continue
		}
		require.Contains(t, []string{"JobCountByAllStates", "JobCountByState", "JobGetByKindMany"}, f.Query, "only those that are about all jobs read all: %s", f)
	}
	require.Less(t, vacuous, len(queries)/2, "most find rows by what the sampler takes from the tables")
}
