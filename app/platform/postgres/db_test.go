package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

func open(t *testing.T, settings config.Database) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), settings, postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(db.Close)
	return db
}

func requireUnavailable(t *testing.T, err error) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, postgres.Translate(err), &f)
	require.Equal(t, fault.KindUnavailable, f.Kind)
	require.NotContains(t, f.Message, "127.0.0.1")
}

func TestSettings(t *testing.T) {
	t.Parallel()

	t.Run("AStatementThatTakesTooLongIsEnded", func(t *testing.T) {
		t.Parallel()
		db := open(t, config.Database{PoolMax: 1, StatementTimeout: 50, URL: config.DSN(dbtest.URL(t))})
		_, err := db.Exec(t.Context(), "SELECT pg_sleep(10)")
		requireUnavailable(t, err)
	})

	t.Run("ThePoolIsBounded", func(t *testing.T) {
		t.Parallel()
		db := open(t, config.Database{PoolMax: 2, URL: config.DSN(dbtest.URL(t))})
		for range 2 {
			conn, err := db.Acquire(t.Context())
			require.NoError(t, err)
			defer conn.Release()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := db.Acquire(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})

	t.Run("AServerThatIsAwayIsUnavailable", func(t *testing.T) {
		t.Parallel()
		db := open(t, config.Database{PoolMax: 1, URL: "postgres://nobody@127.0.0.1:1/none?sslmode=disable"})
		_, err := db.Exec(t.Context(), "SELECT 1")
		requireUnavailable(t, err)
		requireUnavailable(t, db.InTx(t.Context(), func(context.Context, postgres.Querier) error { return nil }))
	})
}

func TestInTx(t *testing.T) {
	t.Parallel()

	setup := func(t *testing.T) *postgres.DB {
		t.Helper()
		db := dbtest.New(t)
		_, err := db.Exec(t.Context(), "CREATE TABLE counters (id integer PRIMARY KEY, n integer NOT NULL); INSERT INTO counters VALUES (1, 0), (2, 0)")
		require.NoError(t, err)
		return db
	}
	sum := func(t *testing.T, db *postgres.DB) (n int) {
		t.Helper()
		require.NoError(t, db.QueryRow(t.Context(), "SELECT sum(n) FROM counters").Scan(&n))
		return n
	}
	add := func(ctx context.Context, tx postgres.Querier, id int) error {
		_, err := tx.Exec(ctx, "UPDATE counters SET n = n + 1 WHERE id = $1", id)
		return err
	}

	t.Run("RollsBackWhatFails", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		refused := errors.New("refused")
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			require.NoError(t, add(ctx, tx, 1))
			return refused
		})
		require.ErrorIs(t, err, refused)
		require.Zero(t, sum(t, db))
	})

	t.Run("RollsBackWhenItPanics", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		require.Panics(t, func() {
			_ = db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
				require.NoError(t, add(ctx, tx, 1))
				panic("broken")
			})
		})
		require.Zero(t, sum(t, db))
		require.Zero(t, db.Stat().AcquiredConns(), "the connection went back")
	})

	t.Run("RunsTheLoserOfADeadlockAgain", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		var both sync.WaitGroup
		var meet sync.WaitGroup
		meet.Add(2)
		runs := make(chan int, 8)
		for worker := range 2 {
			both.Go(func() {
				first := true
				err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
					runs <- worker
					if err := add(ctx, tx, 1+worker); err != nil {
						return err
					}
					if first { // both hold one row and want the other's
						first = false
						meet.Done()
						meet.Wait()
					}
					return add(ctx, tx, 2-worker)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		require.Equal(t, 4, sum(t, db))
		require.Len(t, runs, 3, "one of the two ran twice")
	})

	t.Run("GivesUpAfterThreeMoreAttempts", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		runs := 0
		err := db.InTx(t.Context(), func(context.Context, postgres.Querier) error {
			runs++
			return &pgconn.PgError{Code: "40001"}
		})
		require.Error(t, err)
		require.Equal(t, 4, runs)
	})
}

func TestCountStatements(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, statements := postgres.CountStatements(t.Context())
	for range 3 {
		_, err := db.Exec(ctx, "SELECT 1")
		require.NoError(t, err)
	}
	_, err := db.Exec(t.Context(), "SELECT 1")
	require.NoError(t, err)
	require.Equal(t, int64(3), statements.Count())
}
