package schema_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	declared "github.com/chefcloud/chefcloud/schema"
)

func TestApply(t *testing.T) {
	t.Parallel()

	t.Run("HasNothingToDoTheSecondTime", func(t *testing.T) {
		t.Parallel()
		taken, err := schema.Apply(t.Context(), dbtest.URL(t), schema.Options{})
		require.NoError(t, err)
		require.Empty(t, taken)
	})

	t.Run("BuildsANewIndexOfAnExistingTableConcurrently", func(t *testing.T) {
		t.Parallel()
		files := copyFiles(t)
		files["99_more.sql"] = &fstest.MapFile{Data: []byte("CREATE INDEX idx_branch_org_name ON branches (org_id, name);")}
		url := dbtest.URL(t)
		taken, err := schema.Apply(t.Context(), url, schema.Options{Files: files})
		require.NoError(t, err)
		require.Len(t, taken, 1)
		require.Contains(t, taken[0], "CREATE INDEX CONCURRENTLY")

		taken, err = schema.Apply(t.Context(), url, schema.Options{})
		require.NoError(t, err)
		require.Len(t, taken, 1)
		require.Contains(t, taken[0], "DROP INDEX CONCURRENTLY")
	})

	t.Run("DropsATableOnlyWhenTold", func(t *testing.T) {
		t.Parallel()
		files := copyFiles(t)
		delete(files, "16_cache.sql")
		url := dbtest.URL(t)
		_, err := schema.Apply(t.Context(), url, schema.Options{Files: files})
		require.ErrorIs(t, err, schema.ErrDestructive)
		require.ErrorContains(t, err, "table cache_busts")
		taken, err := schema.Apply(t.Context(), url, schema.Options{Files: files, AllowDestructive: true})
		require.NoError(t, err)
		require.Len(t, taken, 1)
	})

	t.Run("PlansWithoutRunning", func(t *testing.T) {
		t.Parallel()
		files := copyFiles(t)
		files["99_more.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE more (org_id text PRIMARY KEY);")}
		url := dbtest.URL(t)
		for range 2 {
			planned, err := schema.Apply(t.Context(), url, schema.Options{Files: files, DryRun: true})
			require.NoError(t, err)
			require.Len(t, planned, 1)
		}
	})

	t.Run("LetsOneOperatorWorkAtATime", func(t *testing.T) {
		t.Parallel()
		files := copyFiles(t)
		files["99_more.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE more (org_id text PRIMARY KEY);")}
		url := dbtest.URL(t)
		taken := make(chan int, 4)
		for range cap(taken) {
			go func() {
				statements, err := schema.Apply(t.Context(), url, schema.Options{Files: files})
				if err != nil {
					t.Error(err)
				}
				taken <- len(statements)
			}()
		}
		sum := 0
		for range cap(taken) {
			sum += <-taken
		}
		require.Equal(t, 1, sum)
	})
}

func copyFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(declared.Files, "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		content, err := fs.ReadFile(declared.Files, name)
		require.NoError(t, err)
		files[name] = &fstest.MapFile{Data: content}
	}
	return files
}
