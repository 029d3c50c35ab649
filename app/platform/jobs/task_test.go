package jobs_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

// taskBundle is a queue with one kind of task, `echo`.
type taskBundle struct {
	db     *postgres.DB
	runner *jobs.Runner
	task   jobs.Task
}

func setupTask(t *testing.T, work func(ctx context.Context, a args, attempt jobs.Attempt) error, options jobs.TaskOptions) *taskBundle {
	t.Helper()
	db := dbtest.New(t)
	runner, err := jobs.NewRunner(db, clock.System)
	require.NoError(t, err)
	b := &taskBundle{db: db, runner: runner, task: jobs.DefineTask("echo", work, options)}
	workers, err := jobs.NewWorkers(jobs.Dependencies{
		Clock: clock.System, DB: db, Invalidator: &invalidations{}, Log: zerolog.Nop(), Max: 1, Registerer: prometheus.NewRegistry(),
		Runner: runner, Tasks: []jobs.Task{b.task},
	})
	require.NoError(t, err)
	require.NoError(t, workers.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, workers.Stop(context.Background())) })
	return b
}

func (b *taskBundle) enqueue(t *testing.T, all ...any) {
	t.Helper()
	require.NoError(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
		return b.runner.Enqueue(ctx, tx, b.task, all...)
	}))
}

// receive waits for what the work sends.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.Fail(t, "nothing came")
		panic("unreachable")
	}
}

func TestTasks(t *testing.T) {
	t.Parallel()
	at := func(int) time.Duration { return 0 }

	t.Run("AreDoneOnceTheirTransactionIsCommitted", func(t *testing.T) {
		t.Parallel()
		worked := make(chan int, 10)
		b := setupTask(t, func(_ context.Context, a args, _ jobs.Attempt) error {
			worked <- a.Steps
			return nil
		}, jobs.TaskOptions{})
		failure := errors.New("rolled back")
		require.ErrorIs(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			require.NoError(t, b.runner.Enqueue(ctx, tx, b.task, args{Steps: 1}))
			return failure
		}), failure)
		b.enqueue(t, args{Steps: 2}, args{Steps: 3})
		require.ElementsMatch(t, []int{2, 3}, []int{receive(t, worked), receive(t, worked)})
		require.Empty(t, worked)
	})

	t.Run("AreTriedAgainUntilTheySucceed", func(t *testing.T) {
		t.Parallel()
		attempts := make(chan jobs.Attempt, 10)
		b := setupTask(t, func(_ context.Context, _ args, attempt jobs.Attempt) error {
			attempts <- attempt
			if attempt.Number < 3 {
				return errors.New("not yet")
			}
			return nil
		}, jobs.TaskOptions{Backoff: at, MaxAttempts: 3})
		b.enqueue(t, args{})
		for number := 1; number <= 3; number++ {
			attempt := receive(t, attempts)
			require.Equal(t, jobs.Attempt{Number: number, Max: 3}, attempt)
			require.Equal(t, number == 3, attempt.Last())
		}
	})

	t.Run("AreNotTriedAgainAfterAFinalError", func(t *testing.T) {
		t.Parallel()
		var tried atomic.Int64
		after := make(chan int, 1)
		b := setupTask(t, func(_ context.Context, a args, _ jobs.Attempt) error {
			if a.Steps == 1 {
				after <- 1
				return nil
			}
			tried.Add(1)
			return jobs.Final(errors.New("never"))
		}, jobs.TaskOptions{Backoff: at})
		b.enqueue(t, args{})
		require.Eventually(t, func() bool {
			var state string
			err := b.db.QueryRow(t.Context(), `SELECT state FROM river.river_job WHERE kind = 'echo'`).Scan(&state)
			return err == nil && state == "cancelled"
		}, patience, 10*time.Millisecond)
		b.enqueue(t, args{Steps: 1})
		receive(t, after)
		require.EqualValues(t, 1, tried.Load())
	})

	t.Run("AreNotQueuedOutsideOfATransaction", func(t *testing.T) {
		t.Parallel()
		b := setupTask(t, func(context.Context, args, jobs.Attempt) error { return nil }, jobs.TaskOptions{})
		require.ErrorContains(t, b.runner.Enqueue(t.Context(), b.db, b.task, args{}), "must be started in a transaction")
	})
}
