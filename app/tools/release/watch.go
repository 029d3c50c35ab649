package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// watch draws how far a build has come, and ends with an error when writes to its table take too long.
func (o *Operator) watch(ctx context.Context, step Step, pid uint32) error {
	conn, err := pgx.Connect(ctx, o.url)
	if err != nil {
		return ended(ctx, err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be flushed
	bound := 10 * max(o.MaxWriteLatency, time.Second)
	if _, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", bound.Milliseconds())); err != nil {
		return ended(ctx, err)
	}
	var latencies []time.Duration
	began, phaseBegan, phase := time.Now(), time.Now(), ""
	for {
		latency, err := write(ctx, conn, step.Index.Table)
		if err != nil {
			return ended(ctx, err)
		}
		if latencies = append(latencies, latency); len(latencies) > probes {
			latencies = latencies[1:]
		}
		p := Progress{Index: step.Index.Name, WriteLatency: median(latencies), Elapsed: time.Since(began)}
		err = conn.QueryRow(ctx, `SELECT phase, CASE WHEN tuples_total > 0 THEN tuples_done WHEN lockers_total > 0 THEN lockers_done ELSE blocks_done END,
			CASE WHEN tuples_total > 0 THEN tuples_total WHEN lockers_total > 0 THEN lockers_total ELSE blocks_total END
			FROM pg_stat_progress_create_index WHERE pid = $1`, int32(pid)).Scan(&p.Phase, &p.Done, &p.Total)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return ended(ctx, err)
		}
		if p.Phase != phase {
			phase, phaseBegan = p.Phase, time.Now()
		}
		p.Elapsed = time.Since(phaseBegan)
		if o.Progress != nil && p.Phase != "" {
			o.Progress(p)
		}
		if o.MaxWriteLatency > 0 && len(latencies) == probes && p.WriteLatency > o.MaxWriteLatency {
			return fmt.Errorf("%w: %s in the middle of the last %d, while %s", ErrWriteLatency, p.WriteLatency.Round(time.Millisecond), probes, p.Phase)
		}
		if pause(ctx, o.Poll) != nil {
			return nil // the build has ended
		}
	}
}

// ended takes an error for none once the build has ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // nobody waits for it
	}
	return fmt.Errorf("watch the build: %w", err)
}

// write measures what a write to a table waits for, without touching its rows: the table's lock, and the commit of a write-ahead record.
func write(ctx context.Context, conn *pgx.Conn, table string) (time.Duration, error) {
	start := time.Now()
	_, err := conn.Exec(ctx, "BEGIN; LOCK TABLE "+pgx.Identifier{table}.Sanitize()+" IN ROW EXCLUSIVE MODE; "+
		"SELECT pg_logical_emit_message(true, 'chefcloud', 'probe'); COMMIT")
	if err != nil && ctx.Err() == nil {
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}
	return time.Since(start), err
}
