package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
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

	t.Run("ConnectionsAreKeptAtRest", func(t *testing.T) {
		t.Parallel()
		db := open(t, config.Database{PoolMax: 4, PoolMin: 2, URL: config.DSN(dbtest.URL(t))})
		require.Eventually(t, func() bool { return db.Stat().IdleConns() == 2 }, 10*time.Second, 10*time.Millisecond)
	})

	t.Run("TimesAreUTC", func(t *testing.T) {
		t.Parallel()
		var zone string
		require.NoError(t, dbtest.New(t).QueryRow(t.Context(), "SHOW timezone").Scan(&zone))
		require.Equal(t, "UTC", zone)
	})
	t.Run("AServerThatIsAwayIsUnavailable", func(t *testing.T) {
		t.Parallel()
		db := open(t, config.Database{PoolMax: 1, URL: "postgres://nobody@127.0.0.1:1/none?sslmode=disable"})
		_, err := db.Exec(t.Context(), "SELECT 1")
		requireUnavailable(t, err)
		requireUnavailable(t, db.InTx(t.Context(), func(context.Context, postgres.Querier) error { return nil }))
	})

	t.Run("AServerThatDoesNotAnswerIsUnavailable", func(t *testing.T) {
		t.Parallel()
		silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, silent.Close()) })
		db := open(t, config.Database{PoolMax: 1, URL: config.DSN("postgres://nobody@" + silent.Addr().String() + "/none?sslmode=disable&connect_timeout=1")})
		_, err = db.Exec(t.Context(), "SELECT 1")
		requireUnavailable(t, err)
	})

	t.Run("ASessionThatTheServerEndsIsUnavailable", func(t *testing.T) {
		t.Parallel()
		db := open(t, config.Database{PoolMax: 1, URL: config.DSN(dbtest.URL(t))})
		_, err := db.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
		requireUnavailable(t, err)
		_, err = db.Exec(t.Context(), "SELECT 1")
		require.NoError(t, err, "the next one gets a new session")
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

	t.Run("RunsTheLoserOfASerializationFailureAgain", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		runs := 0
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			runs++
			if _, err := tx.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
				return err
			}
			var n int
			if err := tx.QueryRow(ctx, "SELECT n FROM counters WHERE id = 1").Scan(&n); err != nil {
				return err
			}
			if runs == 1 { // the row changes behind the snapshot
				require.NoError(t, add(ctx, db, 1))
			}
			return add(ctx, tx, 1)
		})
		require.NoError(t, err)
		require.Equal(t, 2, runs)
		require.Equal(t, 2, sum(t, db))
	})

	t.Run("KeepsWhatSucceeds", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		require.NoError(t, db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error { return add(ctx, tx, 1) }))
		require.Equal(t, 1, sum(t, db))
		require.Zero(t, db.Stat().AcquiredConns(), "the connection went back")
	})

	t.Run("StopsWhenTheCallerLeaves", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		ctx, leave := context.WithCancel(t.Context())
		err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
			require.NoError(t, add(ctx, tx, 1))
			leave()
			return add(ctx, tx, 1)
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, sum(t, db))
	})

	t.Run("GivesUpAfterThreeMoreAttempts", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		runs := 0
		err := db.InTx(t.Context(), func(context.Context, postgres.Querier) error {
			runs++
			return &pgconn.PgError{Code: "40001"}
		})
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		require.Equal(t, fault.KindAborted, f.Kind)
		require.Equal(t, 4, runs)
	})
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error { return fmt.Errorf("get order: %w", err) }
	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
	}{
		"too_many_connections":   {&pgconn.PgError{Code: "53300"}, fault.KindUnavailable},
		"a_server_that_restarts": {&pgconn.PgError{Code: "57P03"}, fault.KindUnavailable},
		"a_broken_connection":    {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, fault.KindUnavailable},
		"a_connection_that_ends": {io.ErrUnexpectedEOF, fault.KindUnavailable},
		"a_deadlock":             {&pgconn.PgError{Code: "40P01"}, fault.KindAborted},
		"a_nul_in_text":          {&pgconn.PgError{Code: "22021"}, fault.KindInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *fault.Error
			err := postgres.Translate(wrap(c.err))
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.kind, f.Kind)
			require.ErrorIs(t, err, c.err, "the cause is kept for the log")
		})
	}
	for name, err := range map[string]error{
		"a_statement_that_is_wrong": &pgconn.PgError{Code: "42601"},
		"an_error_without_a_code":   &pgconn.PgError{},
		"a_caller_who_left":         context.Canceled,
		"a_fault":                   fault.NotFound("order", "ord_1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, wrap(err), postgres.Translate(wrap(err)))
		})
	}
	require.NoError(t, postgres.Translate(nil))
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
