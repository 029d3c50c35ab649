package release_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/tools/release"
)

// then does something each time the operator says words.
func (s *site) then(words string, do func()) func(*release.Options) {
	return func(o *release.Options) {
		say := o.Say
		o.Say = func(line string) {
			say(line)
			if strings.Contains(line, words) {
				do()
			}
		}
	}
}

func (s *site) times(words string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.said {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}

func run(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func TestALockIsTriedForAndABuildIsNotThrownAway(t *testing.T) {
	t.Parallel()
	t.Run("TheTablesLockIsTriedSoOften", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		blocker := s.connect(t)
		err := s.apply(t.Context(), func(o *release.Options) {
			o.LockTimeout, o.Attempts = 50*time.Millisecond, 2
			s.then("no lock", func() { run(t, blocker, "COMMIT") })(o)
			s.then("building", func() { run(t, blocker, "BEGIN; LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE") })(o)
		})
		require.ErrorContains(t, err, "no lock after 2 attempts")
		require.True(t, s.hasSaid("attempt 2 of 2"))
		run(t, blocker, "COMMIT")
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
	t.Run("AnOldSnapshotIsWaitedForBeyondTheLimitOfLocks", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		reader, free := s.reader(t)
		done := make(chan error, 1)
		go func() {
			done <- s.apply(t.Context(), func(o *release.Options) { o.LockTimeout, o.Long = 20*time.Millisecond, time.Hour })
		}()
		require.Eventually(t, func() bool { return s.hasSaid(fmt.Sprintf("waiting for\n  pid %d ", reader)) }, 10*time.Second, time.Millisecond)
		s.until(t, "SELECT FROM pg_stat_progress_create_index WHERE datname = current_database() AND clock_timestamp() - (SELECT query_start FROM pg_stat_activity a WHERE a.pid = pg_stat_progress_create_index.pid) > interval '200 ms'")
		free()
		require.NoError(t, <-done)
		require.Equal(t, 2, s.times("building"), "each index was built once")
		s.requireBuilt(t)
	})
	t.Run("AnOldSnapshotThatStaysIsNamed", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		reader, free := s.reader(t)
		err := s.apply(t.Context(), func(o *release.Options) { o.Wait, o.Long = 200*time.Millisecond, time.Hour })
		require.ErrorContains(t, err, fmt.Sprintf("pid %d ", reader))
		require.ErrorContains(t, err, "--cancel-blockers")
		free()
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
	t.Run("AnOldSnapshotIsEndedOnRequest", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		blocker := s.connect(t)
		require.NoError(t, s.apply(t.Context(), func(o *release.Options) {
			o.CancelBlockers, o.Long = true, 100*time.Millisecond
			begun := false
			s.then("building", func() {
				if !begun {
					run(t, blocker, "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM events LIMIT 1")
				}
				begun = true
			})(o)
		}))
		require.Error(t, blocker.Ping(t.Context()))
		s.requireBuilt(t)
	})
}

// reader reads another table in a transaction that stays open until it is freed.
func (s *site) reader(t *testing.T) (pid uint32, free func()) {
	t.Helper()
	conn := s.connect(t)
	run(t, conn, "CREATE TABLE other (id int)")
	run(t, conn, "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM other")
	return conn.PgConn().PID(), func() { run(t, conn, "COMMIT") }
}

func TestWritesThatWaitEndABuildAndAreNeverAReasonToTryAgain(t *testing.T) {
	t.Parallel()
	// queue has a build wait for a reader of another table, and a change of its table wait for the build, which writers queue up behind.
	queue := func(t *testing.T, s *site) (careful func(*release.Options), free func()) {
		t.Helper()
		reader, commit := s.reader(t)
		changer := s.connect(t)
		changed := make(chan error, 1)
		first := true
		return s.then(fmt.Sprintf("waiting for\n  pid %d ", reader), func() {
				if first {
					go func() {
						_, err := changer.Exec(context.Background(), "BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE; COMMIT")
						changed <- err
					}()
				}
				first = false
			}), func() {
				commit()
				require.NoError(t, <-changed)
			}
	}
	t.Run("WithABound", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		careful, free := queue(t, s)
		began := time.Now()
		err := s.apply(t.Context(), func(o *release.Options) {
			o.MaxWriteLatency, o.LockTimeout, o.Long = 50*time.Millisecond, time.Second, time.Hour
			careful(o)
		})
		require.ErrorIs(t, err, release.ErrWriteLatency)
		require.ErrorContains(t, err, "3 of the last")
		require.Zero(t, s.times("attempt"), "it isn't tried again")
		require.Less(t, time.Since(began), 5*time.Second)
		free()
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
	t.Run("WithoutABound", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		careful, free := queue(t, s)
		done := make(chan error, 1)
		go func() {
			done <- s.apply(t.Context(), func(o *release.Options) {
				o.MaxWriteLatency, o.Long = 0, time.Hour
				careful(o)
			})
		}()
		// A probe gives up after its second, and the next one waits.
		waits := "SELECT FROM pg_locks WHERE NOT granted AND mode = 'RowExclusiveLock' AND relation = 'events'::regclass"
		s.until(t, waits)
		s.until(t, "SELECT WHERE NOT EXISTS ("+waits+")")
		s.until(t, waits)
		free()
		require.NoError(t, <-done)
		require.Equal(t, 2, s.times("building"), "each index was built once")
		s.requireBuilt(t)
	})
}

func TestABuildEndsWithTheOperatorsLock(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	reader, free := s.reader(t)
	began := time.Now()
	err := s.apply(t.Context(), func(o *release.Options) {
		o.Long = time.Hour
		s.then(fmt.Sprintf("waiting for\n  pid %d ", reader), func() {
			run(t, s.conn, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
		})(o)
	})
	require.ErrorIs(t, err, release.ErrLost)
	require.Less(t, time.Since(began), 10*time.Second)
	s.until(t, "SELECT WHERE NOT EXISTS ("+building+")")
	free()
	require.NoError(t, s.apply(t.Context(), nil))
	s.requireBuilt(t)
}

func TestAServersTimeLimitsDoNotEndAnOperator(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	_, free := s.reader(t)
	var name string
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT current_database()").Scan(&name))
	for _, setting := range []string{"idle_session_timeout", "statement_timeout", "lock_timeout"} {
		s.exec(t, "ALTER DATABASE "+name+" SET "+setting+" = '1s'")
	}
	done := make(chan error, 1)
	go func() {
		done <- s.apply(t.Context(), func(o *release.Options) { o.Long, o.Poll = time.Hour, 1500*time.Millisecond })
	}()
	require.Eventually(t, func() bool { return len(done) > 0 || s.hasSaid("waiting for") }, 20*time.Second, time.Millisecond)
	if len(done) > 0 {
		require.NoError(t, <-done, "it ended before the reader did")
	}
	s.until(t, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX%' AND clock_timestamp() - query_start > interval '2 s'")
	free()
	require.NoError(t, <-done)
	s.requireBuilt(t)
}

func TestABuildThatLacksItsCommentIsFinished(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	s.exec(t, "CREATE INDEX idx_event_owner ON events (owner, at DESC)")
	s.exec(t, "ALTER TABLE events SET (autovacuum_enabled = false)")
	s.exec(t, "DELETE FROM pg_statistic WHERE starelid = 'events'::regclass")
	problems, err := release.Verify(t.Context(), s.conn, declared)
	require.NoError(t, err)
	require.Equal(t, `UNFINISHED idx_event_owner: it is commented "" and must be "P1."; indexes apply finishes it`, problems[1].String())
	require.NoError(t, s.apply(t.Context(), nil))
	require.True(t, s.hasSaid("finished idx_event_owner"))
	require.False(t, s.hasSaid("building idx_event_owner"))
	s.requireBuilt(t)
	var analysed bool
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_statistic WHERE starelid = 'events'::regclass)").Scan(&analysed))
	require.True(t, analysed)
}

func TestInvalidIndexesWithoutAPriorityAreRepaired(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	plain := schema.Index{
		Name: "events_kind", Table: "events", Definition: "CREATE INDEX events_kind ON public.events USING btree (kind)",
		Create: []string{"CREATE INDEX CONCURRENTLY events_kind ON events (kind)"}, Drop: "DROP INDEX CONCURRENTLY events_kind",
	}
	absent := plain
	absent.Name = "events_absent"
	all := append([]schema.Index{plain, absent}, declared...)
	s.exec(t, "CREATE INDEX events_kind ON events (kind); CREATE INDEX events_pkey_ccnew ON events (id); CREATE INDEX events_kind_ccold1 ON events (kind); CREATE INDEX mine ON events (kind)")
	s.exec(t, "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('events_kind'::regclass, 'events_pkey_ccnew'::regclass, 'events_kind_ccold1'::regclass, 'mine'::regclass)")
	o, err := release.Open(t.Context(), s.url, s.options(nil))
	require.NoError(t, err)
	steps, err := o.Plan(t.Context(), all, "P1")
	require.NoError(t, err)
	require.Len(t, steps, 1, "a priority is built alone")
	require.NoError(t, o.Apply(t.Context(), all, ""))
	require.NoError(t, o.Close(t.Context()))
	problems, err := release.Verify(t.Context(), s.conn, append([]schema.Index{plain}, declared...))
	require.NoError(t, err)
	require.Len(t, problems, 1)
	require.Equal(t, "mine", problems[0].Index, "what nobody declared isn't touched")
	s.until(t, "SELECT WHERE to_regclass('events_pkey_ccnew') IS NULL AND to_regclass('events_kind_ccold1') IS NULL AND to_regclass('events_absent') IS NULL")
}

func TestWhatIsBeingReindexedIsNotLeftOver(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	_, free := s.reader(t)
	other := s.connect(t)
	ended := make(chan error, 1)
	go func() {
		_, err := other.Exec(context.Background(), "REINDEX INDEX CONCURRENTLY events_pkey")
		ended <- err
	}()
	s.until(t, "SELECT FROM pg_class WHERE relname = 'events_pkey_ccnew'")
	o, err := release.Open(t.Context(), s.url, s.options(nil))
	require.NoError(t, err)
	steps, err := o.Plan(t.Context(), declared, "")
	require.NoError(t, err)
	require.Len(t, steps, 2)
	require.Contains(t, steps[0].Blockers[0].String(), "builds an index of the table")
	require.NoError(t, o.Close(t.Context()))
	free()
	require.NoError(t, <-ended)
}

func TestBlockersThatHaveNoSessionOrComeLaterAreShown(t *testing.T) {
	t.Parallel()
	t.Run("PreparedTransactions", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		var most int
		require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT current_setting('max_prepared_transactions')::int").Scan(&most))
		require.Positive(t, most, "the server of TEST_DATABASE_URL must allow prepared transactions (max_prepared_transactions), as that of task test does")
		name := strings.ReplaceAll(t.Name(), "/", "'")
		literal := "'" + strings.ReplaceAll(name, "'", "''") + "'"
		s.exec(t, "BEGIN; UPDATE events SET note = 'p' WHERE id = 1; PREPARE TRANSACTION "+literal)
		t.Cleanup(func() { _, _ = s.conn.Exec(context.Background(), "ROLLBACK PREPARED "+literal) })
		for _, long := range []time.Duration{0, time.Hour} { // seen before the build, and when it waits
			err := s.apply(t.Context(), func(o *release.Options) { o.Long, o.Wait, o.CancelBlockers = long, 200*time.Millisecond, true })
			require.ErrorContains(t, err, "ROLLBACK PREPARED "+literal)
		}
		s.exec(t, "ROLLBACK PREPARED "+literal)
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
	t.Run("ThatComeLater", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		first, second := s.connect(t), s.connect(t)
		run(t, first, "BEGIN; UPDATE events SET note = 'long' WHERE id = 1")
		done := make(chan error, 1)
		go func() { done <- s.apply(t.Context(), func(o *release.Options) { o.Long = 0 }) }()
		shown := func(pid uint32) {
			require.Eventually(t, func() bool { return s.hasSaid(fmt.Sprintf("pid %d ", pid)) }, 10*time.Second, time.Millisecond)
		}
		shown(first.PgConn().PID())
		run(t, second, "BEGIN; UPDATE events SET note = 'long' WHERE id = 2")
		shown(second.PgConn().PID())
		run(t, first, "COMMIT")
		run(t, second, "COMMIT")
		require.NoError(t, <-done)
	})
	t.Run("WithoutTheRightToSeeThem", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		role := "release_" + strings.ToLower(rand.Text()[:8])
		s.exec(t, "CREATE ROLE "+role+" LOGIN; ALTER TABLE events OWNER TO "+role+"; GRANT CREATE ON SCHEMA public TO "+role)
		t.Cleanup(func() {
			ctx := context.Background()
			_, err := s.conn.Exec(ctx, "REASSIGN OWNED BY "+role+" TO CURRENT_USER; DROP OWNED BY "+role+"; DROP ROLE "+role)
			require.NoError(t, err)
		})
		weak := &site{url: strings.Replace(s.url, "postgres@", role+"@", 1), conn: s.conn}
		other := s.connect(t) // somebody whose transaction the build waits for, and of whom this role sees nothing
		_, err := other.Exec(t.Context(), "BEGIN; UPDATE events SET note = 'new' WHERE id = 1")
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() { done <- weak.apply(t.Context(), nil) }()
		require.Eventually(t, func() bool { return weak.hasSaid("is waited for") }, 20*time.Second, time.Millisecond)
		_, err = other.Exec(t.Context(), "COMMIT")
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.Equal(t, 1, weak.times("pg_read_all_stats"))
		s.requireBuilt(t)
	})
}

// TestNoBuildWaitsForWhoWaitsForIt has a schema be applied while an operator works: it waits for the operator, who must not wait for it.
func TestNoBuildWaitsForWhoWaitsForIt(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	o, err := release.Open(t.Context(), s.url, s.options(nil))
	require.NoError(t, err)
	applied := make(chan error, 1)
	go func() {
		_, err := schema.Apply(t.Context(), s.url, schema.Options{})
		applied <- err
	}()
	s.until(t, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' HAVING count(*) > 2")
	require.NoError(t, o.Apply(t.Context(), declared, ""))
	select {
	case err := <-applied:
		require.Fail(t, "it didn't wait", "%v", err)
	default:
	}
	require.NoError(t, o.Close(t.Context()))
	require.ErrorIs(t, <-applied, schema.ErrDestructive, "its turn has come")
}

func TestIndexesAreDroppedWithTheSameCare(t *testing.T) {
	t.Parallel()
	drop := func(s *site, change func(*release.Options)) error {
		o, err := release.Open(t.Context(), s.url, s.options(change))
		if err != nil {
			return err
		}
		return errors.Join(o.Drop(t.Context(), declared, "P1"), o.Close(t.Context()))
	}
	t.Run("AfterWhatIsInTheWay", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		require.NoError(t, s.apply(t.Context(), nil))
		blocker := s.connect(t)
		run(t, blocker, "BEGIN; UPDATE events SET note = 'long' WHERE id = 1")
		o, err := release.Open(t.Context(), s.url, s.options(func(o *release.Options) { o.Long = 0 }))
		require.NoError(t, err)
		steps, err := o.PlanDrop(t.Context(), declared, "P1")
		require.NoError(t, err)
		require.Len(t, steps, 1)
		require.Positive(t, steps[0].Bytes)
		require.Len(t, steps[0].Blockers, 1)
		require.NoError(t, o.Close(t.Context()))
		// Not long enough to be seen before, it is named while the drop waits for it.
		err = drop(s, func(o *release.Options) { o.Long, o.Wait = time.Hour, 200*time.Millisecond })
		require.ErrorContains(t, err, fmt.Sprintf("pid %d ", blocker.PgConn().PID()))
		run(t, blocker, "COMMIT")
		require.NoError(t, drop(s, nil))
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
	t.Run("GivingWayToWriters", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		require.NoError(t, s.apply(t.Context(), nil))
		blocker := s.connect(t)
		run(t, blocker, "BEGIN; UPDATE events SET note = 'long' WHERE id = 1")
		require.ErrorIs(t, drop(s, func(o *release.Options) { o.MaxWriteLatency, o.Long = time.Nanosecond, time.Hour }), release.ErrWriteLatency)
		run(t, blocker, "COMMIT")
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
}

func TestProgressSaysHowLongItGoesOn(t *testing.T) {
	t.Parallel()
	p := release.Progress{Index: "i", Phase: "building", Done: 25, Total: 100, Elapsed: 10 * time.Second, WriteLatency: time.Millisecond}
	require.Equal(t, "i: building, 25 of 100, about 30s left, writes take 1ms", p.String())
	p.Done = 0
	require.Equal(t, "i: building, 0 of 100, writes take 1ms", p.String())
}
