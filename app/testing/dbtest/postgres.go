package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	declared "github.com/chefcloud/chefcloud/schema"
)

// URLVariable names the server on which test databases are made.
const URLVariable = "TEST_DATABASE_URL"

const (
	// templateLock keeps test processes from making the template at the same time.
	templateLock = 7_243_356_269
	poolMax      = 16
)

// New returns a pool on an empty database with the schema, dropped when the test ends.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	return Open(t, URL(t))
}

// Open returns a pool on a database, closed when the test ends.
func Open(t testing.TB, databaseURL string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), config.Database{
		PoolMax: poolMax, StatementTimeout: 30_000, URL: config.DSN(databaseURL),
	}, postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

// URL returns the connection string of an empty database with the schema, dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	if os.Getenv(URLVariable) == "" {
		t.Fatalf("%s is not set: run the tests with `go tool -modfile=tools/go.mod task test`, or set it to a PostgreSQL server", URLVariable)
	}
	template, err := template()
	require.NoError(t, err)
	clone := "chefcloud_test_" + strings.ToLower(rand.Text())
	require.NoError(t, onServer(func(ctx context.Context, server *pgx.Conn) error {
		// Copying the files is several times faster than the write-ahead log for a database of this size.
		_, err := server.Exec(ctx, "CREATE DATABASE "+clone+" TEMPLATE "+template+" STRATEGY FILE_COPY")
		return err
	}))
	t.Cleanup(func() {
		err := onServer(func(ctx context.Context, server *pgx.Conn) error {
			_, err := server.Exec(ctx, "DROP DATABASE IF EXISTS "+clone+" WITH (FORCE)")
			return err
		})
		if err != nil {
			t.Logf("drop %s: %v", clone, err)
		}
	})
	return withDatabase(os.Getenv(URLVariable), clone)
}

// template makes, once for each state of the schema files, the database that tests are cloned from.
var template = sync.OnceValues(func() (string, error) {
	sum, err := hashFiles()
	if err != nil {
		return "", err
	}
	name := "chefcloud_template_" + sum
	return name, onServer(func(ctx context.Context, server *pgx.Conn) error {
		if _, err := server.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
			return fmt.Errorf("lock template: %w", err)
		}
		var exists bool
		if err := server.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
			return err
		}
		// Made under another name first: one that was left half made is never cloned.
		draft := name + "_draft"
		if _, err := server.Exec(ctx, "DROP DATABASE IF EXISTS "+draft+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop draft: %w", err)
		}
		if _, err := server.Exec(ctx, "CREATE DATABASE "+draft); err != nil {
			return fmt.Errorf("create template: %w", err)
		}
		if _, err := schema.Apply(ctx, withDatabase(os.Getenv(URLVariable), draft), schema.Options{}); err != nil {
			return err
		}
		_, err := server.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
		return err
	})
})

func onServer(do func(ctx context.Context, server *pgx.Conn) error) error {
	ctx := context.Background()
	server, err := pgx.Connect(ctx, os.Getenv(URLVariable))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", URLVariable, err)
	}
	defer server.Close(ctx) //nolint:errcheck // nothing to lose
	return do(ctx, server)
}

func hashFiles() (string, error) {
	hash := sha256.New()
	names, err := fs.Glob(declared.Files, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		content, err := fs.ReadFile(declared.Files, name)
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// withDatabase returns the connection string of another database on the same server.
func withDatabase(server, name string) string {
	parsed, err := url.Parse(server)
	if err != nil {
		panic(fmt.Sprintf("dbtest: %s must be a postgres:// address: %v", URLVariable, err))
	}
	parsed.Path = "/" + name
	return parsed.String()
}
