package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// probes are the last writes that decide whether work hurts: it does when most of them were slow.
	probes = 5
	// lookTimeout is how long the server may take to say how it does before it counts as gone.
	lookTimeout = 30 * time.Second
)

// ErrWriteLatency is work that was cancelled because writes had to wait.
var ErrWriteLatency = errors.New("writes took too long, so the work was cancelled; try at a quieter time, or with a higher --max-write-latency")

// Progress is how far a build has come.
type Progress struct {
	Index, Phase string
	Done, Total  int64
	// WriteLatency is the middle one of the last writes.
	WriteLatency time.Duration
	// Elapsed is of this phase.
	Elapsed time.Duration
}

// Remaining estimates from this phase's pace how long it goes on; 0 if that can't be said.
func (p Progress) Remaining() time.Duration {
	if p.Done <= 0 || p.Total <= 0 {
		return 0
	}
	return time.Duration(float64(p.Elapsed) * (float64(p.Total)/float64(p.Done) - 1))
}

// String says it in one line.
func (p Progress) String() string {
	line := fmt.Sprintf("%s: %s, %d of %d", p.Index, p.Phase, p.Done, p.Total)
	if left := p.Remaining(); left > 0 {
		line += fmt.Sprintf(", about %s left", left.Round(time.Second))
	}
	return line + fmt.Sprintf(", writes take %s", p.WriteLatency.Round(time.Microsecond))
}

// watch looks after a session that works on an index until ctx ends. It draws how far a build has come, says who is waited for, and returns
// an error that must end the work: writes take too long, something was waited for too long, or the operators' lock is gone.
func (o *Operator) watch(ctx context.Context, step Step, pid uint32) error {
	probe, err := connect(ctx, o.url)
	if err != nil {
		return ended(ctx, err)
	}
	defer probe.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to be flushed
	bound := max(o.MaxWriteLatency, time.Millisecond)
	if o.MaxWriteLatency == 0 {
		bound = time.Second // of a look; nothing is cancelled for it
	}
	if _, err := probe.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", bound.Milliseconds())); err != nil {
		return ended(ctx, err)
	}
	var writes []time.Duration
	var queue waiting
	phaseBegan, phase := time.Now(), ""
	for {
		took, err := write(ctx, probe, step.Index.Table)
		if err != nil {
			return ended(ctx, err)
		}
		if writes = append(writes, took); len(writes) > probes {
			writes = writes[1:]
		}
		// Not ended by ctx, which would close the connection and lose the lock.
		looking, done := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		p, err := o.progress(looking, pid)
		if err == nil {
			err = o.queue(looking, &queue, pid)
		}
		done()
		if err != nil {
			if o.conn.IsClosed() {
				return fmt.Errorf("%w: %w", ErrLost, err)
			}
			return err
		}
		if p.Phase != phase {
			phase, phaseBegan = p.Phase, time.Now()
		}
		p.Index, p.Elapsed, p.WriteLatency = step.Index.Name, time.Since(phaseBegan), median(writes)
		if o.Progress != nil && p.Phase != "" {
			o.Progress(p)
		}
		slow := slices.DeleteFunc(slices.Clone(writes), func(took time.Duration) bool { return took < o.MaxWriteLatency })
		if o.MaxWriteLatency > 0 && len(slow) > probes/2 {
			return fmt.Errorf("%w: %d of the last %d took %s or longer%s", ErrWriteLatency, len(slow), len(writes), slices.Min(slow).Round(time.Millisecond), queue.text)
		}
		if pause(ctx, o.Poll) != nil {
			return nil // the work has ended
		}
	}
}

// progress reads how far a build has come.
func (o *Operator) progress(ctx context.Context, pid uint32) (p Progress, err error) {
	err = o.conn.QueryRow(ctx, `SELECT phase, CASE WHEN tuples_total > 0 THEN tuples_done WHEN lockers_total > 0 THEN lockers_done ELSE blocks_done END,
		CASE WHEN tuples_total > 0 THEN tuples_total WHEN lockers_total > 0 THEN lockers_total ELSE blocks_total END
		FROM pg_stat_progress_create_index WHERE pid = $1`, int32(pid)).Scan(&p.Phase, &p.Done, &p.Total)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return p, fmt.Errorf("read the build's progress: %w", err)
	}
	return p, nil
}

// waiting is whom the work waits for.
type waiting struct {
	who, text string
	since     time.Time
	said      bool
}

// queue says whom a session waits for, ends that on request if it has been at work for long, and gives up past the bound. Short
// transactions come and go between two looks and aren't worth a word.
func (o *Operator) queue(ctx context.Context, w *waiting, pid uint32) error {
	found, err := waitedFor(ctx, o.conn, pid)
	if err != nil {
		return err
	}
	if who := names(found); who != w.who {
		*w = waiting{who: who, since: time.Now()}
		return nil
	}
	if len(found) == 0 {
		return nil
	}
	if w.text = list(found); !w.said {
		o.Say("waiting for" + w.text)
		w.said = true
	}
	if err := o.end(ctx, slices.DeleteFunc(found, func(b Blocker) bool { return b.Age < o.Long })); err != nil {
		return err
	}
	if time.Since(w.since) > o.Wait {
		return tooLong(o.Wait, w.text)
	}
	return nil
}

// ended takes an error for none once the work has ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // nobody waits for it
	}
	return fmt.Errorf("measure writes: %w", err)
}

// write measures what a write to a table waits for, without touching its rows: the table's lock, and the commit of a write-ahead record.
// A lock that wasn't to be had within the session's limit took that long.
func write(ctx context.Context, conn *pgx.Conn, table string) (time.Duration, error) {
	start := time.Now()
	_, err := conn.Exec(ctx, "BEGIN; LOCK TABLE "+pgx.Identifier{table}.Sanitize()+" IN ROW EXCLUSIVE MODE; "+
		"SELECT pg_logical_emit_message(true, 'chefcloud', 'probe'); COMMIT")
	took := time.Since(start)
	var failure *pgconn.PgError
	if errors.As(err, &failure) && failure.Code == lockNotAvailable {
		_, err = conn.Exec(ctx, "ROLLBACK")
	}
	return took, err
}

// median of the last writes.
func median(latencies []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(latencies))
	return sorted[len(sorted)/2]
}
