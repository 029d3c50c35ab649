package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// probes are how many of the last writes decide whether a build hurts.
	probes = 5
	// lockNotAvailable and queryCanceled are PostgreSQL's.
	lockNotAvailable = "55P03"
	queryCanceled    = "57014"
	// expectedTimes is how many times larger than expected an index may be before it is worth a word.
	expectedTimes = 3
)

// ErrWriteLatency is a build that was cancelled because writes had to wait.
var ErrWriteLatency = errors.New("writes took too long, so the build was cancelled; try at a quieter time, or with a higher --max-write-latency")

// Progress is how far a build has come.
type Progress struct {
	Index, Phase string
	Done, Total  int64
	// WriteLatency is the middle one of the last writes.
	WriteLatency time.Duration
	Elapsed      time.Duration
}

// Remaining estimates from this phase's pace how long it goes on; 0 if that can't be said.
func (p Progress) Remaining() time.Duration {
	if p.Done <= 0 || p.Total <= 0 {
		return 0
	}
	return time.Duration(float64(p.Elapsed) * (float64(p.Total)/float64(p.Done) - 1))
}

// build builds one index with all care.
func (o *Operator) build(ctx context.Context, step Step) error {
	index := step.Index
	if free, ok := o.freeDisk(ctx); !ok {
		o.Say("the server's disk can't be seen from here: see that it has room for " + Size(step.Bytes))
	} else if free < 2*step.Bytes {
		return fmt.Errorf("the disk has %s free, and the index needs about %s, twice while it is built", Size(free), Size(step.Bytes))
	}
	err := o.retried(ctx, func() error {
		if err := o.clear(ctx, index.Table); err != nil {
			return err
		}
		have, err := read(ctx, o.conn)
		if err != nil {
			return err
		}
		switch stateOf(index, have) {
		case Valid: // whoever was in the way has built it
			return nil
		case Invalid:
			o.Say("dropping the invalid " + index.Name + ", which a build left behind")
			if err := o.execute(ctx, index.Drop, nil); err != nil {
				return err
			}
		case Missing, Different:
		}
		o.Say(fmt.Sprintf("building %s, about %s", index.Name, Size(step.Bytes)))
		for i, statement := range index.Create {
			watch := o.watch
			if i > 0 { // its comment
				watch = nil
			}
			if err := o.execute(ctx, statement, o.watching(watch, step)); err != nil {
				return errors.Join(err, o.sweep(ctx, step))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := o.execute(ctx, "ANALYZE "+pgx.Identifier{index.Table}.Sanitize(), nil); err != nil {
		return err
	}
	have, err := read(ctx, o.conn)
	if err != nil {
		return err
	}
	if state := stateOf(index, have); state != Valid {
		return fmt.Errorf("it is %s after the build", state)
	}
	built := have[index.Name].Bytes
	o.Say(fmt.Sprintf("built %s, %s", index.Name, Size(built)))
	if built > expectedTimes*step.Bytes && built > 1<<20 {
		o.Say(fmt.Sprintf("that is more than the %s expected: look at status for bloat", Size(step.Bytes)))
	}
	return nil
}

// sweep drops what a build left behind that failed, also when the operator has had enough.
func (o *Operator) sweep(ctx context.Context, step Step) error {
	ctx = context.WithoutCancel(ctx)
	have, err := read(ctx, o.conn)
	if err != nil || stateOf(step.Index, have) != Invalid {
		return err
	}
	o.Say("dropping what is left of " + step.Index.Name)
	return o.execute(ctx, step.Index.Drop, nil)
}

// retried tries again, after longer and longer pauses, what couldn't get its locks.
func (o *Operator) retried(ctx context.Context, do func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = 2 * o.Poll
	for attempt := 1; ; attempt++ {
		err := do()
		var failure *pgconn.PgError
		if err == nil || !errors.As(err, &failure) || failure.Code != lockNotAvailable {
			return err
		}
		if attempt == o.Attempts {
			return fmt.Errorf("no lock after %d attempts: %w", attempt, err)
		}
		wait := pauses.NextBackOff()
		o.Say(fmt.Sprintf("no lock within %s; attempt %d of %d in %s", o.LockTimeout, attempt+1, o.Attempts, wait.Round(time.Millisecond)))
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// execute runs a statement on a connection of its own. When ctx ends, or watch returns an error, the server is told to stop, and
// has stopped when execute returns.
func (o *Operator) execute(ctx context.Context, statement string, watch func(ctx context.Context, pid uint32) error) error {
	conn, err := pgx.Connect(ctx, o.url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be flushed
	if _, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d; SET statement_timeout = 0", o.LockTimeout.Milliseconds())); err != nil {
		return err
	}
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var watcher sync.WaitGroup
	if watch != nil {
		watcher.Go(func() {
			if err := watch(working, conn.PgConn().PID()); err != nil {
				stop(err)
			}
		})
	}
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(ctx), statement)
		ended <- err
	}()
	select {
	case err = <-ended:
		stop(nil)
		watcher.Wait()
		return err
	case <-working.Done():
	}
	watcher.Wait()
	for {
		_, _ = o.conn.Exec(context.WithoutCancel(ctx), "SELECT pg_cancel_backend($1)", int32(conn.PgConn().PID()))
		select {
		case err = <-ended:
		case <-time.After(o.Poll):
			continue
		}
		var failure *pgconn.PgError
		if errors.As(err, &failure) && failure.Code == queryCanceled {
			err = nil
		}
		return errors.Join(context.Cause(working), err)
	}
}

// watching binds a step to a way of watching it.
func (o *Operator) watching(watch func(context.Context, Step, uint32) error, step Step) func(context.Context, uint32) error {
	if watch == nil {
		return nil
	}
	return func(ctx context.Context, pid uint32) error { return watch(ctx, step, pid) }
}

// median of the last writes.
func median(latencies []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(latencies))
	return sorted[len(sorted)/2]
}
