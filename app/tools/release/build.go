package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// lockNotAvailable, deadlockDetected and queryCanceled are PostgreSQL's.
	lockNotAvailable = "55P03"
	deadlockDetected = "40P01"
	queryCanceled    = "57014"
	// expectedTimes is how many times larger than expected an index may be before it is worth a word.
	expectedTimes = 3
)

// build takes one index to where it is valid, its table has statistics, and it has its comment. The comment comes last: it says that the
// others are done.
func (o *Operator) build(ctx context.Context, step Step) error {
	index := step.Index
	if err := o.retried(ctx, func() error { return o.create(ctx, step) }); err != nil {
		return err
	}
	if err := o.execute(ctx, step, "ANALYZE "+pgx.Identifier{index.Table}.Sanitize()); err != nil {
		return err
	}
	for _, statement := range index.Create[1:] {
		if err := o.execute(ctx, step, statement); err != nil {
			return err
		}
	}
	have, err := read(ctx, o.conn)
	if err != nil {
		return err
	}
	if state := stateOf(index, have); state != Valid {
		return fmt.Errorf("it is %s after the build", state)
	}
	if step.State == Unfinished {
		o.Say("finished " + index.Name + ", which a run before had built")
		return nil
	}
	built := have[index.Name].Bytes
	o.Say(fmt.Sprintf("built %s, %s", index.Name, Size(built)))
	if built > expectedTimes*step.Bytes && built > 1<<20 {
		o.Say(fmt.Sprintf("that is more than the %s expected: look at status for bloat", Size(step.Bytes)))
	}
	return nil
}

// create creates an index unless it is there, in the place of an invalid one.
func (o *Operator) create(ctx context.Context, step Step) error {
	index := step.Index
	if err := o.clear(ctx, index.Table); err != nil {
		return err
	}
	have, err := read(ctx, o.conn)
	if err != nil {
		return err
	}
	switch stateOf(index, have) {
	case Valid, Unfinished: // it was built before, perhaps by whoever was in the way
		return nil
	case Invalid:
		o.Say("dropping the invalid " + index.Name + ", which a build left behind")
		if err := o.change(ctx, step, index.Drop); err != nil {
			return err
		}
	case Missing, Different, Leftover:
	}
	if free, ok := o.freeDisk(ctx); !ok {
		o.Say("the server's disk can't be seen from here: see that it has room for " + Size(2*step.Bytes))
	} else if free < 2*step.Bytes {
		return fmt.Errorf("the disk has %s free, and the index needs about %s, twice while it is built", Size(free), Size(step.Bytes))
	}
	o.Say(fmt.Sprintf("building %s, about %s", index.Name, Size(step.Bytes)))
	err = o.change(ctx, step, index.Create[0])
	if err != nil && !errors.Is(err, ErrLost) { // without the lock, it may be another operator's by now
		o.sweep(ctx, step)
	}
	return err
}

// drop drops an index unless it is gone.
func (o *Operator) drop(ctx context.Context, step Step) error {
	return o.retried(ctx, func() error {
		if err := o.clear(ctx, step.Index.Table); err != nil {
			return err
		}
		have, err := read(ctx, o.conn)
		if err != nil {
			return err
		}
		if p, ok := have[step.Index.Name]; !ok || step.State == Leftover && p.Valid {
			return nil
		}
		o.Say("dropping " + step.Index.Name)
		err = o.change(ctx, step, step.Index.Drop)
		if err != nil {
			o.tellHalfDropped(ctx, step.Index.Name)
		}
		return err
	})
}

// tellHalfDropped says what a drop that was stopped while it waited has left: PostgreSQL takes an index from the queries first.
func (o *Operator) tellHalfDropped(ctx context.Context, index string) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), o.LockTimeout)
	defer done()
	if have, err := read(ctx, o.conn); err == nil {
		if p, ok := have[index]; ok && !p.Valid {
			o.Say(index + " no longer serves queries, but still costs writes: drop again, or apply to have it back")
		}
	}
}

// sweep drops what a build left behind that failed, also when the operator has had enough. What it can't drop, the next run does.
func (o *Operator) sweep(ctx context.Context, step Step) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), o.LockTimeout)
	defer done()
	have, err := read(ctx, o.conn)
	var building bool
	if err == nil {
		err = o.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = to_regclass($1))",
			pgx.Identifier{"public", step.Index.Name}.Sanitize()).Scan(&building)
	}
	if err == nil && !building && stateOf(step.Index, have) == Invalid { // somebody else's that isn't finished looks the same
		o.Say("dropping what is left of " + step.Index.Name)
		err = o.execute(ctx, step, step.Index.Drop)
	}
	if err != nil {
		o.Say(fmt.Sprintf("an invalid %s may be left, which the next apply drops: %s", step.Index.Name, err))
	}
}

// retried tries again, after longer and longer pauses, what couldn't get its locks.
func (o *Operator) retried(ctx context.Context, do func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval = 2 * o.Poll
	for attempt := 1; ; attempt++ {
		err := do()
		var failure *pgconn.PgError
		if !errors.As(err, &failure) || failure.Code != lockNotAvailable && failure.Code != deadlockDetected {
			return err
		}
		if attempt == o.Attempts {
			return fmt.Errorf("no lock after %d attempts: %w", attempt, err)
		}
		wait := pauses.NextBackOff()
		o.Say(fmt.Sprintf("no lock: %s; attempt %d of %d in %s", failure.Message, attempt+1, o.Attempts, wait.Round(time.Millisecond)))
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// change runs a statement once its table's lock can be had. The lock is let go in between, as the statement takes it itself and can't be in
// a transaction. It then waits for transactions without end, as it stops no writer meanwhile, and giving up would throw away what it did.
func (o *Operator) change(ctx context.Context, step Step, statement string) error {
	_, err := o.conn.Exec(ctx, fmt.Sprintf("BEGIN; SET LOCAL lock_timeout = %d; LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE; COMMIT",
		max(o.LockTimeout.Milliseconds(), 1), pgx.Identifier{step.Index.Table}.Sanitize()))
	if err != nil {
		_, _ = o.conn.Exec(ctx, "ROLLBACK")
		return fmt.Errorf("lock %s: %w", step.Index.Table, err)
	}
	return o.execute(ctx, step, statement)
}

// execute runs a statement on a connection of its own, watched. When ctx ends, or the watch ends it, the server is told to stop, and has
// stopped when execute returns.
func (o *Operator) execute(ctx context.Context, step Step, statement string) error {
	conn, err := connect(ctx, o.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be flushed
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		stop(o.watch(working, step, conn.PgConn().PID()))
	}()
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(ctx), statement)
		ended <- err
	}()
	select {
	case err = <-ended:
		stop(nil)
		<-watched
		return err
	case <-working.Done():
	}
	<-watched
	for {
		asking, done := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		_ = conn.PgConn().CancelRequest(asking) // needs neither the operator's connection nor rights
		done()
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
