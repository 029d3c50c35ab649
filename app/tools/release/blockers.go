package release

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Blocker is a session that a build would wait for, or that builds something itself.
type Blocker struct {
	PID         int
	User        string
	Application string
	State       string
	// Age is how long its transaction has been open.
	Age   time.Duration
	Query string
	// Why it is in the way.
	Why string
}

// String says it in one line.
func (b Blocker) String() string {
	return fmt.Sprintf("pid %d (%s, %s, %s) %s for %s: %s", b.PID, b.User, b.Application, b.State, b.Why, b.Age.Round(time.Second), b.Query)
}

// blockers finds transactions that have been open for long, which CREATE INDEX CONCURRENTLY waits for in the end, and whoever changes the
// table or builds one of its indexes.
func blockers(ctx context.Context, conn *pgx.Conn, table string, long time.Duration) ([]Blocker, error) {
	rows, err := conn.Query(ctx, `WITH busy AS (
		SELECT pid, 'builds an index of the table' AS why FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)
		UNION ALL
		SELECT pid, 'changes the table' FROM pg_locks WHERE relation = to_regclass($1)
			AND mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
		UNION ALL
		SELECT pid, 'has a transaction open' FROM pg_stat_activity WHERE xact_start < clock_timestamp() - $2::interval
			AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%')
	)
	SELECT DISTINCT ON (a.pid) a.pid, coalesce(a.usename, ''), a.application_name, coalesce(a.state, ''), clock_timestamp() - coalesce(a.xact_start, a.backend_start),
		left(regexp_replace(a.query, '\s+', ' ', 'g'), 100), busy.why
	FROM busy JOIN pg_stat_activity a USING (pid)
	WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND a.backend_type = 'client backend'
	ORDER BY a.pid, busy.why`, table, long)
	if err != nil {
		return nil, fmt.Errorf("look for blockers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Blocker])
}

// clear waits until nothing is in the way. With cancel, it asks what is to give up: statements are cancelled, and sessions that do nothing
// in an open transaction, for which there is nothing to cancel, are ended.
func (o *Operator) clear(ctx context.Context, table string) error {
	deadline := time.Now().Add(o.Wait)
	said := ""
	for {
		found, err := blockers(ctx, o.conn, table, o.Long)
		if err != nil || len(found) == 0 {
			return err
		}
		text := ""
		for _, b := range found {
			text += "\n  " + b.String()
		}
		if said == "" {
			o.Say("waiting for" + text)
		}
		said = text
		if o.CancelBlockers {
			for _, b := range found {
				function := "pg_cancel_backend"
				if b.State != "active" {
					function = "pg_terminate_backend"
				}
				o.Say(fmt.Sprintf("%s(%d)", function, b.PID))
				if _, err := o.conn.Exec(ctx, "SELECT "+function+"($1)", b.PID); err != nil {
					return fmt.Errorf("cancel pid %d: %w", b.PID, err)
				}
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("something was in the way for %s:%s\nend it, wait longer (--wait), or have it cancelled (--cancel-blockers)", o.Wait, text)
		}
		if err := pause(ctx, o.Poll); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
