package schema

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// lockKey is the advisory lock of operators; any number that nobody else takes.
const lockKey = 7_243_356_268

// lockInterval is how often it is tried by who waits.
const lockInterval = 100 * time.Millisecond

// scratchPrefix begins the names of scratch databases; the time when they were made follows.
const scratchPrefix = "chefcloud_declared_"

func open(url string) (*sql.DB, error) {
	settings, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse DATABASE_URL: %w", err)
	}
	return stdlib.OpenDB(*settings), nil
}

// lock takes the operators' lock, waiting for whoever has it.
func lock(ctx context.Context, db *sql.DB) (unlock func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	// Asked again and again: a statement that waits holds a snapshot, for whose end an index that is being built beside it waits in turn.
	for mine := false; !mine; {
		err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockKey)).Scan(&mine)
		if err == nil && !mine {
			err = pause(ctx)
		}
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("take the schema lock: %w", err)
		}
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockKey))
		_ = conn.Close()
	}, nil
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(lockInterval):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wanted looks at what the files make.
func wanted(ctx context.Context, db *sql.DB, url string, files fs.FS) (want *atlas.Schema, err error) {
	err = inScratch(ctx, db, url, files, func(scratch *sql.DB) error {
		driver, err := postgres.Open(scratch)
		if err != nil {
			return fmt.Errorf("open Atlas driver: %w", err)
		}
		if want, err = driver.InspectSchema(ctx, name, nil); err != nil {
			return fmt.Errorf("inspect declared schema: %w", err)
		}
		return nil
	})
	return want, err
}

// inScratch runs the files in a database of its own on the same server, has it looked at, and drops it again.
func inScratch(ctx context.Context, db *sql.DB, url string, files fs.FS, look func(scratch *sql.DB) error) error {
	if err := dropAbandoned(ctx, db); err != nil {
		return err
	}
	scratch := fmt.Sprintf("%s%d_%s", scratchPrefix, time.Now().Unix(), strings.ToLower(rand.Text()[:8]))
	// template0 holds nothing of this server's own.
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+scratch+" TEMPLATE template0"); err != nil {
		return fmt.Errorf("create scratch database: %w", err)
	}
	defer func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+scratch+" WITH (FORCE)")
	}()
	settings, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("parse DATABASE_URL: %w", err)
	}
	settings.Database = scratch
	empty := stdlib.OpenDB(*settings)
	defer empty.Close() //nolint:errcheck // it is dropped
	if err := run(ctx, empty, files); err != nil {
		return err
	}
	return look(empty)
}

// dropAbandoned drops scratch databases of processes that were killed: those that nobody uses an hour after they were made.
func dropAbandoned(ctx context.Context, db *sql.DB) error {
	var abandoned string
	err := db.QueryRowContext(ctx, `SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database d WHERE datname ~ ('^' || $1 || '\d{1,12}_')
		AND to_timestamp(substring(datname FROM '_(\d+)_')::bigint) < now() - interval '1 hour'
		AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)`, scratchPrefix).Scan(&abandoned)
	if err != nil {
		return fmt.Errorf("look for abandoned scratch databases: %w", err)
	}
	for _, database := range strings.Fields(abandoned) {
		_, _ = db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+database) // another role's is left to it
	}
	return nil
}

// run runs the files in the order of their names.
func run(ctx context.Context, db *sql.DB, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return fmt.Errorf("list schema files: %w", err)
	}
	slices.Sort(names)
	for _, file := range names {
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return fmt.Errorf("read schema file: %w", err)
		}
		if _, err := db.ExecContext(ctx, string(content)); err != nil {
			return fmt.Errorf("run %s: %w", file, err)
		}
	}
	return nil
}
