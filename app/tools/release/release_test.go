package release_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/plans"
	"github.com/chefcloud/chefcloud/app/tools/release"
)

// byOwner and byDay are declared indexes of a table of events.
var (
	byOwner = schema.Index{
		Name: "idx_event_owner", Table: "events", Priority: "P1", Definition: "CREATE INDEX idx_event_owner ON public.events USING btree (owner, at DESC)",
		Create:  []string{`CREATE INDEX CONCURRENTLY "idx_event_owner" ON events (owner, at DESC)`, `COMMENT ON INDEX idx_event_owner IS 'P1.'`},
		Comment: "P1.", Drop: `DROP INDEX CONCURRENTLY "idx_event_owner"`,
	}
	byDay = schema.Index{
		Name: "idx_event_day", Table: "events", Priority: "P2", Definition: "CREATE INDEX idx_event_day ON public.events USING btree (at) WHERE (kind = 3)",
		Create:  []string{`CREATE INDEX CONCURRENTLY "idx_event_day" ON events (at) WHERE (kind = 3)`, `COMMENT ON INDEX idx_event_day IS 'P2.'`},
		Comment: "P2.", Drop: `DROP INDEX CONCURRENTLY "idx_event_day"`,
	}
	primary  = schema.Index{Name: "events_pkey", Table: "events", Definition: "CREATE UNIQUE INDEX events_pkey ON public.events USING btree (id)", Unique: true}
	declared = []schema.Index{byDay, byOwner, primary}
)

// site is a database with a table of events.
type site struct {
	conn *pgx.Conn
	url  string

	mu   sync.Mutex
	said []string
}

func open(t *testing.T, rows int) *site {
	t.Helper()
	url, drop, err := plans.Database(t.Context(), os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	t.Cleanup(drop)
	s := &site{url: url}
	s.conn = s.connect(t)
	s.exec(t, `CREATE TABLE events (id bigint PRIMARY KEY, owner int NOT NULL, kind int NOT NULL, at timestamptz NOT NULL, note text NOT NULL)`)
	s.exec(t, fmt.Sprintf(`INSERT INTO events SELECT g, g %% 1000, g %% 10, timestamptz '2024-01-01' + g * interval '1 second', repeat('x', 40) FROM generate_series(1, %d) g`, rows))
	s.exec(t, "ANALYZE events")
	return s
}

func (s *site) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (s *site) exec(t *testing.T, sql string, arguments ...any) {
	t.Helper()
	_, err := s.conn.Exec(t.Context(), sql, arguments...)
	require.NoError(t, err)
}

func (s *site) options(change func(*release.Options)) release.Options {
	o := release.Defaults()
	o.Poll, o.LockTimeout, o.Wait = 20*time.Millisecond, 5*time.Second, 30*time.Second
	o.Say = func(line string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.said = append(s.said, line)
	}
	if change != nil {
		change(&o)
	}
	return o
}

func (s *site) hasSaid(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.said, func(line string) bool { return strings.Contains(line, words) })
}

// apply runs an operator to its end.
func (s *site) apply(ctx context.Context, change func(*release.Options)) error {
	o, err := release.Open(ctx, s.url, s.options(change))
	if err != nil {
		return err
	}
	return errors.Join(o.Apply(ctx, declared, ""), o.Close(ctx))
}

func (s *site) requireBuilt(t *testing.T) {
	t.Helper()
	problems, err := release.Verify(t.Context(), s.conn, declared)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// until waits for a condition of the database.
func (s *site) until(t *testing.T, condition string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var is bool
		require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT EXISTS ("+condition+")").Scan(&is))
		return is
	}, 30*time.Second, time.Millisecond)
}

const building = "SELECT FROM pg_stat_progress_create_index WHERE datname = current_database() AND index_relid <> 0"

func TestIndexesComeAndGo(t *testing.T) {
	t.Parallel()
	s := open(t, 5_000)
	o, err := release.Open(t.Context(), s.url, s.options(nil))
	require.NoError(t, err)
	steps, err := o.Plan(t.Context(), declared, "")
	require.NoError(t, err)
	require.Equal(t, []string{"idx_event_owner", "idx_event_day"}, []string{steps[0].Index.Name, steps[1].Index.Name}, "by priority")
	for _, step := range steps {
		require.Equal(t, release.Missing, step.State)
		require.Positive(t, step.Bytes)
	}
	_, err = o.Plan(t.Context(), declared, "P3")
	require.ErrorIs(t, err, release.ErrPriority)
	require.NoError(t, o.Apply(t.Context(), declared, "P1"))
	require.NoError(t, o.Apply(t.Context(), declared, ""))
	s.requireBuilt(t)
	require.NoError(t, o.Apply(t.Context(), declared, ""), "there is nothing to do")
	var comment string
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT obj_description('idx_event_owner'::regclass)").Scan(&comment))
	require.Equal(t, "P1.", comment)

	require.NoError(t, o.Drop(t.Context(), declared, "P1"))
	problems, err := release.Verify(t.Context(), s.conn, declared)
	require.NoError(t, err)
	require.Len(t, problems, 1)
	require.Equal(t, "MISSING idx_event_owner: "+byOwner.Definition, problems[0].String())
	require.ErrorIs(t, o.Drop(t.Context(), declared, ""), release.ErrPriority, "all at once aren't dropped")
	unique := byOwner
	unique.Unique = true
	require.ErrorContains(t, o.Drop(t.Context(), []schema.Index{unique}, "P1"), "keeps rows unique")
	require.NoError(t, o.Close(t.Context()))
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	s.exec(t, "CREATE INDEX idx_event_owner ON events (at DESC, owner)")
	s.exec(t, "CREATE INDEX idx_event_day ON events (at) WHERE kind = 3; CREATE INDEX leftover ON events (kind)")
	s.exec(t, "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('idx_event_day'::regclass, 'leftover'::regclass)")
	problems, err := release.Verify(t.Context(), s.conn, declared)
	require.NoError(t, err)
	states := make(map[string]release.State)
	for _, p := range problems {
		states[p.Index] = p.State
	}
	require.Equal(t, map[string]release.State{"idx_event_owner": release.Different, "idx_event_day": release.Invalid, "leftover": release.Invalid}, states)
	require.ErrorContains(t, s.apply(t.Context(), nil), "another definition")
}

func TestAnInvalidIndexIsRebuilt(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	s.exec(t, "CREATE INDEX idx_event_owner ON events (owner, at DESC)")
	s.exec(t, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_event_owner'::regclass")
	require.NoError(t, s.apply(t.Context(), nil))
	require.True(t, s.hasSaid("dropping the invalid idx_event_owner"))
	s.requireBuilt(t)
}

func TestABuildThatIsStoppedAnywhereIsRepairedByTheNext(t *testing.T) {
	t.Parallel()
	t.Run("ByTheOperator", func(t *testing.T) {
		t.Parallel()
		s := open(t, 300_000)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.apply(ctx, nil) }()
		s.until(t, building)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		var left bool
		require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)").Scan(&left))
		require.False(t, left, "what was half built is gone")
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
	t.Run("ByTheServer", func(t *testing.T) {
		t.Parallel()
		s := open(t, 300_000)
		done := make(chan error, 1)
		go func() { done <- s.apply(t.Context(), nil) }()
		s.until(t, building)
		s.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()")
		require.Error(t, <-done)
		require.NoError(t, s.apply(t.Context(), nil))
		s.requireBuilt(t)
	})
}

func TestABuildGivesWayToWriters(t *testing.T) {
	t.Parallel()
	s := open(t, 300_000)
	err := s.apply(t.Context(), func(o *release.Options) { o.MaxWriteLatency, o.Poll = time.Nanosecond, time.Millisecond })
	require.ErrorIs(t, err, release.ErrWriteLatency)
	require.NoError(t, s.apply(t.Context(), nil))
	s.requireBuilt(t)
}

func TestBlockersAreWaitedForAndCancelledOnRequestOnly(t *testing.T) {
	t.Parallel()
	block := func(t *testing.T, s *site) (*pgx.Conn, uint32) {
		t.Helper()
		blocker := s.connect(t)
		_, err := blocker.Exec(t.Context(), "BEGIN; UPDATE events SET note = 'long' WHERE id = 1")
		require.NoError(t, err)
		return blocker, blocker.PgConn().PID()
	}
	t.Run("Waited", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		blocker, pid := block(t, s)
		done := make(chan error, 1)
		go func() { done <- s.apply(t.Context(), func(o *release.Options) { o.Long = 0 }) }()
		require.Eventually(t, func() bool { return s.hasSaid(fmt.Sprintf("pid %d ", pid)) }, 10*time.Second, time.Millisecond)
		_, err := blocker.Exec(t.Context(), "COMMIT")
		require.NoError(t, err)
		require.NoError(t, <-done)
		s.requireBuilt(t)
	})
	t.Run("TooLong", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		blocker, pid := block(t, s)
		err := s.apply(t.Context(), func(o *release.Options) { o.Long, o.Wait = 0, 100*time.Millisecond })
		require.ErrorContains(t, err, fmt.Sprintf("pid %d ", pid))
		require.ErrorContains(t, err, "--cancel-blockers")
		_, err = blocker.Exec(t.Context(), "COMMIT")
		require.NoError(t, err, "it was left alone")
	})
	t.Run("Cancelled", func(t *testing.T) {
		t.Parallel()
		s := open(t, 1_000)
		blocker, pid := block(t, s)
		require.NoError(t, s.apply(t.Context(), func(o *release.Options) { o.Long, o.CancelBlockers = 0, true }))
		require.True(t, s.hasSaid(fmt.Sprintf("pg_terminate_backend(%d)", pid)))
		require.Error(t, blocker.Ping(t.Context()))
		s.requireBuilt(t)
	})
}

func TestTwoOperatorsDoNotClash(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	first, err := release.Open(t.Context(), s.url, s.options(nil))
	require.NoError(t, err)
	_, err = release.Open(t.Context(), s.url, s.options(nil))
	require.ErrorContains(t, err, "another operator is at work: pid ")
	for range 20 { // each lets the next in before it is gone
		require.NoError(t, first.Close(t.Context()))
		first, err = release.Open(t.Context(), s.url, s.options(nil))
		require.NoError(t, err)
	}
	require.NoError(t, first.Close(t.Context()))
	require.NoError(t, s.apply(t.Context(), nil))
}

func TestStatusSaysWhatTheCatalogsSay(t *testing.T) {
	t.Parallel()
	s := open(t, 20_000)
	s.exec(t, "CREATE INDEX idx_event_owner ON events (owner, at DESC); CREATE INDEX again ON events (owner); CREATE INDEX other ON events (owner, kind) WHERE kind > 5; COMMENT ON INDEX idx_event_owner IS 'P1.'")
	s.exec(t, "SET enable_seqscan = off")
	for range 3 {
		s.exec(t, "SELECT at FROM events WHERE owner = 7 ORDER BY at DESC LIMIT 1")
	}
	s.exec(t, "UPDATE events SET note = 'new' WHERE id <= 100")
	s.exec(t, "SELECT pg_stat_force_next_flush()")
	status, err := release.ReadStatus(t.Context(), s.conn, declared, map[string]release.Updates{"events": {All: 100, HOT: 42}})
	require.NoError(t, err)
	indexes := make(map[string]release.IndexStatus)
	for _, i := range status.Indexes {
		indexes[i.Name] = i
	}
	owner := indexes["idx_event_owner"]
	require.Equal(t, release.Valid, owner.State)
	require.Equal(t, "P1", owner.Priority)
	require.Equal(t, int64(3), owner.Scans)
	require.Equal(t, release.Low, owner.Use)
	require.Equal(t, release.Missing, indexes["idx_event_day"].State)
	require.Equal(t, release.State("UNDECLARED"), indexes["again"].State)
	require.Equal(t, "idx_event_owner", indexes["again"].CoveredBy)
	require.Empty(t, indexes["other"].CoveredBy, "its condition is another")
	require.Empty(t, owner.CoveredBy)
	require.Equal(t, release.Unused, indexes["again"].Use)
	var bytesOf int64
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT pg_relation_size('idx_event_owner')").Scan(&bytesOf))
	require.Equal(t, bytesOf, owner.Bytes)
	require.Len(t, status.Tables, 1)
	require.Equal(t, 42.0, *status.Tables[0].HOTBefore) //nolint:testifylint // as it was given
	var out bytes.Buffer
	require.NoError(t, status.Write(&out))
	require.Contains(t, out.String(), "❌ UNUSED")
	require.Contains(t, out.String(), "covered by idx_event_owner")
	document, err := json.Marshal(status)
	require.NoError(t, err)
	require.Contains(t, string(document), `"coveredBy":"idx_event_owner"`)
}
