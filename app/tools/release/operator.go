package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

// Options say how careful an operator is.
type Options struct {
	// Attempts is how often a build is tried that couldn't get its locks.
	Attempts int
	// CancelBlockers ends what is in the way instead of waiting for it.
	CancelBlockers bool
	// LockTimeout is how long a build waits for a lock, and others behind it, before it gives way.
	LockTimeout time.Duration
	// Long is from when on an open transaction is in the way.
	Long time.Duration
	// MaxWriteLatency cancels a build when writes take longer; 0: never.
	MaxWriteLatency time.Duration
	// Poll is how often is looked at progress, blockers and write latency.
	Poll time.Duration
	// Progress draws how far a build has come; nil draws nothing.
	Progress func(Progress)
	// Say is told what is being done.
	Say func(line string)
	// Wait is how long blockers are waited for.
	Wait time.Duration
}

// Defaults are what the command line offers.
func Defaults() Options {
	return Options{
		Attempts: 5, LockTimeout: 30 * time.Second, Long: time.Minute, MaxWriteLatency: 500 * time.Millisecond, Poll: 500 * time.Millisecond,
		Say: func(string) {}, Wait: 10 * time.Minute,
	}
}

// Operator works on one database's indexes. It must be closed.
type Operator struct {
	Options

	conn *pgx.Conn // looks, and holds the lock
	url  string
}

// Open takes the operators' lock, or says who has it.
func Open(ctx context.Context, url string, options Options) (*Operator, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	var mine bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(schema.LockKey)).Scan(&mine); err != nil {
		_ = conn.Close(ctx)
		return nil, fmt.Errorf("take the operators' lock: %w", err)
	}
	if !mine {
		err := holder(ctx, conn)
		_ = conn.Close(ctx)
		return nil, err
	}
	return &Operator{Options: options, conn: conn, url: url}, nil
}

// holder says who has the lock.
func holder(ctx context.Context, conn *pgx.Conn) error {
	var pid int
	var user, address string
	var since time.Time
	err := conn.QueryRow(ctx, `SELECT a.pid, coalesce(a.usename, ''), coalesce(host(a.client_addr), 'this machine'), a.backend_start
		FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = $1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
		int64(schema.LockKey)).Scan(&pid, &user, &address, &since)
	if err != nil {
		return errors.New("another operator was at work a moment ago: try again")
	}
	return fmt.Errorf("another operator is at work: pid %d, %s from %s, since %s", pid, user, address, since.UTC().Format(time.DateTime))
}

// Close lets the next operator in.
func (o *Operator) Close(ctx context.Context) error { return o.conn.Close(context.WithoutCancel(ctx)) }

// Step is what is to be done with one index.
type Step struct {
	Index schema.Index
	State State
	// Bytes is the size that is expected.
	Bytes int64
	// Blockers are in the way now.
	Blockers []Blocker
}

// ErrPriority is a priority that no index has.
var ErrPriority = errors.New("no declared index has this priority")

// of are the indexes of a priority; empty: of all.
func of(declared []schema.Index, priority string) ([]schema.Index, error) {
	chosen := slices.DeleteFunc(slices.Clone(declared), func(i schema.Index) bool {
		return i.Priority == "" || priority != "" && i.Priority != priority
	})
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s: %w", priority, ErrPriority)
	}
	slices.SortStableFunc(chosen, func(a, b schema.Index) int {
		if a.Priority < b.Priority {
			return -1
		}
		return 1
	})
	return chosen, nil
}

// Plan returns what Apply would do with the indexes of a priority, or of all priorities for an empty one.
func (o *Operator) Plan(ctx context.Context, declared []schema.Index, priority string) ([]Step, error) {
	chosen, err := of(declared, priority)
	if err != nil {
		return nil, err
	}
	have, err := read(ctx, o.conn)
	if err != nil {
		return nil, err
	}
	steps := make([]Step, len(chosen))
	for i, index := range chosen {
		steps[i] = Step{Index: index, State: stateOf(index, have), Bytes: have[index.Name].Bytes}
		if steps[i].State == Valid {
			continue
		}
		if steps[i].Bytes, err = o.expected(ctx, index); err != nil {
			return nil, err
		}
		if steps[i].Blockers, err = blockers(ctx, o.conn, index.Table, o.Long); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// Apply builds the indexes of a priority that aren't there, one after the other, and repairs what is invalid.
func (o *Operator) Apply(ctx context.Context, declared []schema.Index, priority string) error {
	steps, err := o.Plan(ctx, declared, priority)
	if err != nil {
		return err
	}
	for _, step := range steps {
		switch step.State {
		case Valid:
			o.Say(step.Index.Name + " is there")
		case Different:
			return fmt.Errorf("%s has another definition than is declared: look at it with verify, drop it, and apply again", step.Index.Name)
		case Missing, Invalid:
			if err := o.build(ctx, step); err != nil {
				return fmt.Errorf("%s: %w", step.Index.Name, err)
			}
		}
	}
	return nil
}

// Drop drops the indexes of a priority, the last first. Those that are there from the start, or keep rows unique, have none.
func (o *Operator) Drop(ctx context.Context, declared []schema.Index, priority string) error {
	if priority == "" {
		return fmt.Errorf("name a priority: %w", ErrPriority)
	}
	chosen, err := of(declared, priority)
	if err != nil {
		return err
	}
	have, err := read(ctx, o.conn)
	if err != nil {
		return err
	}
	for _, index := range slices.Backward(chosen) {
		if index.Unique {
			return fmt.Errorf("%s keeps rows unique: it isn't dropped", index.Name)
		}
		if _, ok := have[index.Name]; !ok {
			o.Say(index.Name + " isn't there")
			continue
		}
		if err := o.clear(ctx, index.Table); err != nil {
			return err
		}
		o.Say("dropping " + index.Name)
		if err := o.retried(ctx, func() error { return o.execute(ctx, index.Drop, nil) }); err != nil {
			return fmt.Errorf("drop %s: %w", index.Name, err)
		}
	}
	return nil
}
