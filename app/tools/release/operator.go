package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

// Options say how careful an operator is.
type Options struct {
	// Attempts is how often is tried what couldn't get its table's lock.
	Attempts int
	// CancelBlockers ends what is in the way instead of waiting for it.
	CancelBlockers bool
	// LockTimeout is how long the table's lock is waited for in one attempt. Once a build has it, what it waits for stops no writer.
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

// ErrLost is work that was stopped because another operator could have come in.
var ErrLost = errors.New("the connection that holds the operators' lock was lost, so the work was stopped; run it again")

// connect opens a session that no setting of the server ends while it works or waits.
func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := conn.Exec(ctx, `SELECT set_config(name, '0', false) FROM pg_settings
		WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'lock_timeout', 'statement_timeout', 'transaction_timeout')`); err != nil {
		_ = conn.Close(ctx)
		return nil, fmt.Errorf("take time limits off the session: %w", err)
	}
	return conn, nil
}

// Open takes the operators' lock, or says who has it.
func Open(ctx context.Context, url string, options Options) (*Operator, error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return nil, err
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
	var sees bool
	if err := conn.QueryRow(ctx, "SELECT pg_has_role('pg_read_all_stats', 'USAGE')").Scan(&sees); err != nil {
		_ = conn.Close(ctx)
		return nil, fmt.Errorf("look for rights: %w", err)
	}
	if !sees {
		options.Say("this role lacks pg_read_all_stats: other roles' long transactions can't be seen before a build, only once it waits for them")
	}
	return &Operator{Options: options, conn: conn, url: url}, nil
}

// holder says who has the lock.
func holder(ctx context.Context, conn *pgx.Conn) error {
	var pid int
	var user, address string
	var since time.Time
	err := conn.QueryRow(ctx, `SELECT a.pid, coalesce(a.usename, ''), coalesce(host(a.client_addr), 'this machine'), coalesce(a.backend_start, now())
		FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = $1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
		int64(schema.LockKey)).Scan(&pid, &user, &address, &since)
	if err != nil {
		return errors.New("another operator was at work a moment ago: try again")
	}
	return fmt.Errorf("another operator is at work: pid %d, %s from %s, since %s", pid, user, address, since.UTC().Format(time.DateTime))
}

// Close lets the next operator in, at once: the server may notice the end of a session late.
func (o *Operator) Close(ctx context.Context) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer done()
	_, _ = o.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", int64(schema.LockKey)) // a lost session has no lock
	return o.conn.Close(ctx)
}
