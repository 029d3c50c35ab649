package release

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// builds is why whoever builds an index is in the way.
const builds = "builds an index of the table"

// Blocker is a session that a build would wait for, or that builds something itself, or a prepared transaction, which has no session.
type Blocker struct {
	// PID is 0 for a prepared transaction, and Prepared is its name.
	PID         int
	Prepared    string
	User        string
	Application string
	State       string
	// Age is how long its transaction has been open.
	Age   time.Duration
	Query string
	// Why it is in the way.
	Why string
	// Client is false for the server's own workers.
	Client bool
}

// String says it in one line.
func (b Blocker) String() string {
	switch {
	case b.PID == 0:
		name := "'" + strings.ReplaceAll(b.Prepared, "'", "''") + "'"
		return fmt.Sprintf("prepared transaction %s of %s %s for %s: COMMIT PREPARED %[1]s or ROLLBACK PREPARED %[1]s ends it", name, b.User, b.Why, b.Age.Round(time.Second))
	case !b.Client:
		return fmt.Sprintf("pid %d (the server's own, not to be cancelled) %s for %s: %s", b.PID, b.Why, b.Age.Round(time.Second), b.Query)
	}
	return fmt.Sprintf("pid %d (%s, %s, %s) %s for %s: %s", b.PID, b.User, b.Application, b.State, b.Why, b.Age.Round(time.Second), b.Query)
}

// blockers finds transactions that have been open for long, which CREATE INDEX CONCURRENTLY waits for in the end, and whoever changes the
// table or builds one of its indexes. A vacuum that the server runs by itself gives way, unless it is against wraparound.
func blockers(ctx context.Context, conn *pgx.Conn, table string, long time.Duration) ([]Blocker, error) {
	return collect(ctx, conn, `SELECT pid, '`+builds+`' AS why FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)
		UNION ALL
		SELECT pid, 'changes the table' FROM pg_locks WHERE relation = to_regclass($1) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
		UNION ALL
		SELECT pid, 'has a transaction open' FROM pg_stat_activity WHERE xact_start < clock_timestamp() - $2::interval AND backend_type = 'client backend'
			AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%')
		UNION ALL
		SELECT 0, 'is open' FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - $2::interval`, table, long)
}

// waitedFor finds whom a session waits for.
func waitedFor(ctx context.Context, conn *pgx.Conn, pid uint32) ([]Blocker, error) {
	// The second parameter is that of the prepared transactions' age.
	return collect(ctx, conn, `SELECT pid, 'is waited for' AS why FROM unnest(pg_blocking_pids($1)) pid WHERE $2::interval IS NOT NULL`, int32(pid), time.Duration(0))
}

// collect describes the sessions of a query. Process 0 stands for the prepared transactions that are as old as the second argument.
func collect(ctx context.Context, conn *pgx.Conn, query string, arguments ...any) ([]Blocker, error) {
	rows, err := conn.Query(ctx, `WITH busy AS (`+query+`)
		SELECT * FROM (SELECT DISTINCT ON (a.pid) a.pid, '' AS prepared, coalesce(a.usename, ''), a.application_name, coalesce(a.state, ''), coalesce(clock_timestamp() - coalesce(a.xact_start, a.backend_start), '0'),
			left(regexp_replace(a.query, '\s+', ' ', 'g'), 100), busy.why, coalesce(a.backend_type = 'client backend', true)
		FROM busy JOIN pg_stat_activity a USING (pid)
		WHERE a.pid <> pg_backend_pid() AND a.datname = current_database()
			AND (a.backend_type = 'client backend' OR a.query LIKE '%to prevent wraparound%' OR busy.why = 'is waited for')
		ORDER BY a.pid, busy.why) sessions
		UNION ALL
		SELECT 0, gid, owner, '', 'prepared', clock_timestamp() - prepared, '', why, false FROM pg_prepared_xacts, (SELECT DISTINCT why FROM busy WHERE pid = 0) prepared
		WHERE database = current_database() AND prepared <= clock_timestamp() - $2::interval
		ORDER BY 1, 2`, arguments...)
	if err != nil {
		return nil, fmt.Errorf("look for blockers: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Blocker])
	if err != nil {
		return nil, fmt.Errorf("look for blockers: %w", err)
	}
	return found, nil
}

// list writes blockers in lines, and names says which they are.
func list(found []Blocker) (text string) {
	for _, b := range found {
		text += "\n  " + b.String()
	}
	return text
}

func names(found []Blocker) (text string) {
	for _, b := range found {
		text += fmt.Sprint(b.PID, b.Prepared, " ")
	}
	return text
}

func tooLong(wait time.Duration, text string) error {
	return fmt.Errorf("something was in the way for %s:%s\nend it, wait longer (--wait), or have it cancelled (--cancel-blockers)", wait, text)
}

// clear waits until nothing is in the way.
func (o *Operator) clear(ctx context.Context, table string) error {
	deadline := time.Now().Add(o.Wait)
	said := ""
	for {
		found, err := blockers(ctx, o.conn, table, o.Long)
		if err != nil || len(found) == 0 {
			return err
		}
		if who := names(found); who != said {
			o.Say("waiting for" + list(found))
			said = who
		}
		if err := o.end(ctx, found); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return tooLong(o.Wait, list(found))
		}
		if err := pause(ctx, o.Poll); err != nil {
			return err
		}
	}
}

// end asks blockers to give up, if that was requested: statements are cancelled, and sessions that do nothing in an open transaction, for
// which there is nothing to cancel, are ended. Prepared transactions are somebody's promise, and the server's own work would only begin anew.
func (o *Operator) end(ctx context.Context, found []Blocker) error {
	for _, b := range found {
		if !o.CancelBlockers || !b.Client {
			continue
		}
		function := "pg_cancel_backend"
		if strings.HasPrefix(b.State, "idle in transaction") {
			function = "pg_terminate_backend"
		}
		o.Say(fmt.Sprintf("%s(%d)", function, b.PID))
		if _, err := o.conn.Exec(ctx, "SELECT "+function+"($1)", b.PID); err != nil {
			return fmt.Errorf("cancel pid %d: %w", b.PID, err)
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
