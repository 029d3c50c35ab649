package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// attempts is how often a transaction is tried that loses to another (serialization failure, deadlock).
const attempts = 4

// InTx runs fn in a read committed transaction and commits if it returns nil. A transaction that the database ends in
// favour of another is run again, at most three times, so fn must have no other effects.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx Querier) error) error {
	var err error
	for attempt := range attempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
		err = db.once(ctx, fn)
		if !retryable(err) {
			return err
		}
	}
	return err
}

func (db *DB) once(ctx context.Context, fn func(ctx context.Context, tx Querier) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return translate(fmt.Errorf("begin: %w", err))
	}
	defer func() {
		// The caller's context may have ended; the rollback must reach the server all the same.
		if err := tx.Rollback(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			_ = tx.Conn().Close(context.WithoutCancel(ctx))
		}
	}()
	if err := fn(ctx, tx); err != nil {
		return translate(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return translate(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// pause waits a little longer before each new attempt, at random so that the two don't meet again.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(time.Duration(attempt) * time.Duration(5+rand.IntN(10)) * time.Millisecond) //nolint:gosec // no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Snapshot runs fn in a read-only transaction that sees the database as it was when it began, however long it takes.
func (db *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, tx Querier) error) error {
	tx, err := db.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead})
	if err != nil {
		return translate(fmt.Errorf("begin: %w", err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // it wrote nothing
	return translate(fn(ctx, tx))
}
