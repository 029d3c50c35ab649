package release_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
	"github.com/chefcloud/chefcloud/app/tools/release"
)

// TestOperatorsAreStoppedAgainAndAgain stops apply and drop at random moments, in three ways, under writers. INTERRUPT_SEED repeats a run and
// INTERRUPT_ROUNDS makes it longer.
func TestOperatorsAreStoppedAgainAndAgain(t *testing.T) {
	t.Parallel()
	all, err := schema.Indexes()
	require.NoError(t, err)
	s := &site{url: dbtest.URL(t)}
	s.conn = s.connect(t)
	s.exec(t, "SET session_replication_role = replica") // the tables' references don't matter here
	s.exec(t, `INSERT INTO wastage SELECT 'o', 'w' || g, 'b' || g % 20, 'i', 1, 1, '', '2024-01-01', now(), 'u', now() FROM generate_series(1, 150000) g`)
	s.exec(t, `INSERT INTO forecast_points SELECT 'o', 'b' || g % 20, 'i' || g % 300, date '2024-01-01' + g / 300, 1, NULL, NULL, NULL, NULL, '', now() FROM generate_series(1, 150000) g`)
	s.exec(t, "ANALYZE")

	writing, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w, statement := range []string{
		"UPDATE wastage SET created_at = now(), cost = cost + 1 WHERE org_id = 'o' AND id = 'w' || $1",
		"UPDATE forecast_points SET quantity = quantity + 1 WHERE org_id = 'o' AND branch_id = 'b' || $1 % 20 AND item_id = 'i' || $1 % 300",
		"INSERT INTO wastage SELECT 'o', 'new' || $1, 'b', 'i', 1, 1, '', '2024-01-01', now(), 'u', now() ON CONFLICT (org_id, id) DO UPDATE SET created_at = now()",
	} {
		conn := s.connect(t)
		run(t, conn, "SET session_replication_role = replica; SET statement_timeout = '10s'")
		writers.Go(func() {
			for n := w; writing.Err() == nil; n++ {
				if _, err := conn.Exec(context.Background(), statement, strconv.Itoa(n%1000)); err != nil {
					t.Errorf("a writer failed: %v", err)
					return
				}
			}
		})
	}

	seed, rounds := uint64(time.Now().UnixNano()), 12
	if text := os.Getenv("INTERRUPT_SEED"); text != "" {
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	if text := os.Getenv("INTERRUPT_ROUNDS"); text != "" {
		rounds, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	t.Logf("INTERRUPT_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	stopped := make(map[string]int)
	for range rounds {
		how := []string{"context", "backend", "process"}[random.IntN(3)]
		problems, err := release.Verify(t.Context(), s.conn, all)
		require.NoError(t, err)
		apply := len(problems) > 0 && random.IntN(3) > 0
		share := random.Float64()
		delay := time.Duration(share * share * float64(600*time.Millisecond)) // drops are quick
		var early bool
		if how == "process" {
			early = s.kill(t, apply, delay)
		} else {
			early = s.stopInside(t, all, apply, delay, how == "backend")
		}
		if early {
			stopped[how]++
		}
	}
	t.Logf("stopped: %v", stopped)
	require.NotEmpty(t, stopped)

	s.until(t, "SELECT WHERE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
	o, err := release.Open(t.Context(), s.url, s.options(nil))
	require.NoError(t, err)
	require.NoError(t, o.Apply(t.Context(), all, ""), "one run makes all good")
	require.NoError(t, o.Close(t.Context()))
	stop()
	writers.Wait()
	problems, err := release.Verify(t.Context(), s.conn, all)
	require.NoError(t, err)
	require.Empty(t, problems, "all are valid and have their comments")
}

// kill starts a process of ours and kills it unless it ends before.
func (s *site) kill(t *testing.T, apply bool, delay time.Duration) (killed bool) {
	t.Helper()
	arguments := []string{"indexes", "drop", "--yes", "--priority=P1", "--database-url=" + s.url}
	if apply {
		arguments = []string{"indexes", "apply", "--yes", "--database-url=" + s.url, "--history=" + filepath.Join(t.TempDir(), "indexes.json")}
	}
	command := exec.Command(process.Binary(t), arguments...)
	require.NoError(t, command.Start())
	failed := make(chan bool, 1)
	go func() { failed <- command.Wait() != nil }()
	select {
	case <-failed:
		return false
	case <-time.After(delay):
	}
	_ = command.Process.Kill() // it may have ended by now
	return <-failed
}

// stopInside runs an operator and stops it, or the session that it works with, unless it ends before.
func (s *site) stopInside(t *testing.T, all []schema.Index, apply bool, delay time.Duration, backend bool) (stopped bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan bool, 1)
	go func() {
		o, err := release.Open(ctx, s.url, s.options(nil))
		if err != nil { // such as that a process that was killed still has the lock
			failed <- true
			return
		}
		if apply {
			err = o.Apply(ctx, all, "")
		} else {
			err = o.Drop(ctx, all, "P1")
		}
		failed <- errors.Join(err, o.Close(ctx)) != nil
	}()
	select {
	case <-failed:
		return false
	case <-time.After(delay):
	}
	if !backend {
		cancel()
		return <-failed
	}
	for {
		var ended bool
		err := s.conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
			AND query ~ '^(CREATE INDEX|DROP INDEX|ANALYZE|COMMENT)'`).Scan(&ended)
		require.NoError(t, err)
		select {
		case is := <-failed:
			return is
		default:
		}
		if ended {
			return <-failed
		}
	}
}
