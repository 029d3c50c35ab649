package schema

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Jobs is the PostgreSQL schema in which River keeps its queue. River's own migrations make and change it.
const Jobs = "river"

// applyJobs brings River's tables to the version of the library and returns what it took, in words. A dry run changes nothing.
func applyJobs(ctx context.Context, url string, options Options) ([]string, error) {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("parse DATABASE_URL: %w", err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler), Schema: Jobs})
	if err != nil {
		return nil, fmt.Errorf("build job queue migrations: %w", err)
	}
	create := "CREATE SCHEMA IF NOT EXISTS " + Jobs
	var exists bool
	if err := pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", Jobs).Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for the job queue: %w", err)
	}
	var taken []string
	missing := migrator.AllVersions()
	if exists {
		if missing, err = pending(ctx, migrator); err != nil {
			return nil, err
		}
	} else {
		taken = append(taken, create)
	}
	for _, migration := range missing {
		taken = append(taken, fmt.Sprintf("-- job queue migration %d: %s", migration.Version, migration.Name))
	}
	if options.DryRun || len(taken) == 0 {
		return taken, nil
	}
	if options.Progress != nil {
		for _, step := range taken {
			options.Progress(step)
		}
	}
	if _, err := pool.Exec(ctx, create); err != nil {
		return nil, fmt.Errorf("create schema %s: %w", Jobs, err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate job queue: %w", err)
	}
	return taken, nil
}

// pending returns the migrations that the database doesn't have yet.
func pending(ctx context.Context, migrator *rivermigrate.Migrator[pgx.Tx]) ([]rivermigrate.Migration, error) {
	existing, err := migrator.ExistingVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list job queue migrations: %w", err)
	}
	have := make(map[int]bool, len(existing))
	for _, migration := range existing {
		have[migration.Version] = true
	}
	var missing []rivermigrate.Migration
	for _, migration := range migrator.AllVersions() {
		if !have[migration.Version] {
			missing = append(missing, migration)
		}
	}
	return missing, nil
}
