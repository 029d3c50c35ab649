package release_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/tools/release"
)

func (s *site) status(t *testing.T, before map[string]release.Updates) (all release.Status, indexes map[string]release.IndexStatus) {
	t.Helper()
	all, err := release.ReadStatus(t.Context(), s.conn, declared, before)
	require.NoError(t, err)
	indexes = make(map[string]release.IndexStatus)
	for _, i := range all.Indexes {
		indexes[i.Name] = i
	}
	return all, indexes
}

// The operators' own queries, of sections 2.2, 2.3, 5.2 and 6.3 of their checklist, with the columns' right names.
const (
	checkValidity = `SELECT i.indexrelname, CASE WHEN pg_index.indisvalid THEN '✅ VALID' ELSE '❌ INVALID' END AS status
		FROM pg_stat_user_indexes i JOIN pg_index ON pg_index.indexrelid = i.indexrelid WHERE i.indexrelname LIKE 'idx_%' ORDER BY i.relname, i.indexrelname`
	checkTotal = `SELECT SUM(pg_relation_size(indexrelid)) AS total_bytes FROM pg_stat_user_indexes WHERE indexrelname LIKE 'idx_%'`
	checkSizes = `SELECT indexrelname, pg_relation_size(indexrelid), pg_relation_size(relid), round(100.0 * pg_relation_size(indexrelid) / NULLIF(pg_relation_size(relid), 0), 2)::float AS pct_of_table
		FROM pg_stat_user_indexes WHERE indexrelname LIKE 'idx_%' ORDER BY pg_relation_size(indexrelid) DESC`
	checkUse = `SELECT indexrelname AS index_name, idx_scan AS scans, idx_tup_read AS tuples_read,
			CASE WHEN idx_scan = 0 THEN '❌ UNUSED' WHEN idx_scan < 100 THEN '⚠️ LOW USAGE' ELSE '✅ ACTIVE' END AS status
		FROM pg_stat_user_indexes WHERE indexrelname LIKE 'idx_%' ORDER BY idx_scan DESC`
	checkCache = `SELECT relname AS table_name, heap_blks_read AS heap_read, heap_blks_hit AS heap_hit,
			round(100.0 * heap_blks_hit / NULLIF(heap_blks_hit + heap_blks_read, 0), 2)::float AS cache_hit_ratio
		FROM pg_statio_user_tables WHERE schemaname = 'public' AND heap_blks_read + heap_blks_hit > 0 ORDER BY cache_hit_ratio ASC LIMIT 10`
	checkWrites = `SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS total_writes, round(100.0 * n_tup_hot_upd / NULLIF(n_tup_upd, 0), 2)::float AS hot_update_pct
		FROM pg_stat_user_tables WHERE relname IN ('events') ORDER BY total_writes DESC`
	checkSlow = `SELECT calls, mean_exec_time::int AS avg_ms, max_exec_time::int AS max_ms, LEFT(query, 100) AS query_preview
		FROM pg_stat_statements WHERE mean_exec_time > 100 AND query NOT LIKE '%pg_stat%'
			AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) -- others share the server
		ORDER BY mean_exec_time DESC LIMIT 10`
)

// each runs a query and hands over its rows.
func each(t *testing.T, s *site, query string, row func(pgx.CollectableRow) error) {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), query)
	require.NoError(t, err)
	n := 0
	_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (int, error) {
		n++
		return 0, row(r)
	})
	require.NoError(t, err)
	require.Positive(t, n, query)
}

func rounded(share float64) float64 { return math.Round(share*100) / 100 }

func TestStatusSaysWhatTheChecklistsQueriesSay(t *testing.T) {
	t.Parallel()
	s := open(t, 20_000)
	s.exec(t, "CREATE INDEX idx_event_owner ON events (owner, at DESC); CREATE INDEX idx_event_day ON events (at) WHERE kind = 3; CREATE INDEX idx_more ON events (kind); CREATE INDEX idx_broken ON events (note)")
	s.exec(t, "COMMENT ON INDEX idx_event_owner IS 'P1.'; COMMENT ON INDEX idx_event_day IS 'P2.'; UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_broken'::regclass")
	s.exec(t, "SET enable_seqscan = off; SET enable_bitmapscan = off")
	for n := range 120 {
		s.exec(t, "SELECT at FROM events WHERE owner = 7 ORDER BY at DESC LIMIT 3")
		if n%3 == 0 {
			s.exec(t, "SELECT count(*) FROM events WHERE kind = 4")
		}
	}
	s.exec(t, "UPDATE events SET kind = kind + 1 WHERE id <= 100; UPDATE events SET kind = kind WHERE id BETWEEN 300 AND 320; DELETE FROM events WHERE id > 19990")
	s.exec(t, "SELECT pg_stat_force_next_flush()")
	var out bytes.Buffer
	all, indexes := s.status(t, nil)
	require.NoError(t, all.Write(&out))
	text := out.String()

	each(t, s, checkValidity, func(row pgx.CollectableRow) error {
		var name, status string
		err := row.Scan(&name, &status)
		require.Regexp(t, `(?m)^`+name+` .* `+strings.ReplaceAll(status, "VALID", "(VALID|UNDECLARED)")+` `, text)
		return err
	})
	each(t, s, checkTotal, func(row pgx.CollectableRow) error {
		var total int64
		err := row.Scan(&total)
		require.Equal(t, total, all.IdxBytes)
		return err
	})
	each(t, s, checkSizes, func(row pgx.CollectableRow) error {
		var name string
		var size, table int64
		var share float64
		err := row.Scan(&name, &size, &table, &share)
		require.Equal(t, []any{size, table, share}, []any{indexes[name].Bytes, indexes[name].TableBytes, rounded(indexes[name].OfTable)}, name)
		return err
	})
	uses := make(map[string]bool)
	each(t, s, checkUse, func(row pgx.CollectableRow) error {
		var name, use string
		var scans, read int64
		err := row.Scan(&name, &scans, &read, &use)
		require.Equal(t, []any{scans, read, use}, []any{indexes[name].Scans, indexes[name].TuplesRead, string(indexes[name].Use)}, name)
		uses[use] = true
		return err
	})
	require.Len(t, uses, 3, "all three words are used")
	events := all.Tables[0]
	each(t, s, checkCache, func(row pgx.CollectableRow) error {
		var name string
		var read, hit int64
		var ratio float64
		err := row.Scan(&name, &read, &hit, &ratio)
		require.Equal(t, []any{name, read, hit, ratio}, []any{events.Name, events.HeapRead, events.HeapHit, rounded(*events.CacheHit)})
		return err
	})
	each(t, s, checkWrites, func(row pgx.CollectableRow) error {
		var name string
		var writes int64
		var share float64
		err := row.Scan(&name, &writes, &share)
		require.Equal(t, []any{name, writes, share}, []any{events.Name, events.Writes, rounded(*events.HOT)})
		return err
	})
}

func TestSlowStatementsAreThoseOfTheChecklist(t *testing.T) {
	t.Parallel()
	s := open(t, 10)
	all, _ := s.status(t, nil)
	require.Contains(t, strings.Join(all.Note, "\n"), "slow statements need the extension pg_stat_statements")
	s.exec(t, "CREATE EXTENSION pg_stat_statements")
	var loaded bool
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%'").Scan(&loaded))
	if !loaded { // the private server of task test has it
		all, _ = s.status(t, nil)
		require.Contains(t, strings.Join(all.Note, "\n"), "slow statements can't be read")
		return
	}
	s.exec(t, "SELECT pg_sleep(0.12), 'first'")
	s.exec(t, "SELECT pg_sleep(0.2), 2")
	s.exec(t, "SELECT 'quick'")
	all, _ = s.status(t, nil)
	n := 0
	each(t, s, checkSlow, func(row pgx.CollectableRow) error {
		var calls, mean, most int64
		var query string
		err := row.Scan(&calls, &mean, &most, &query)
		got := all.Slow[n]
		require.Equal(t, []any{calls, mean, most, query}, []any{got.Calls, int64(math.RoundToEven(got.MeanMs)), int64(math.RoundToEven(got.MaxMs)), got.Query})
		n++
		return err
	})
	require.Len(t, all.Slow, n)
	require.Greater(t, len(all.Statements), n)
}

func TestBloat(t *testing.T) {
	t.Parallel()
	s := open(t, 100_000)
	s.exec(t, `CREATE INDEX unique_keys ON events (id, owner); CREATE INDEX repeated ON events (owner); CREATE INDEX few ON events (kind); CREATE INDEX words ON events (note);
		CREATE INDEX pairs ON events (owner, at); CREATE INDEX numbers ON events ((id::numeric)); CREATE INDEX hashed ON events USING hash (owner);
		ALTER TABLE events ADD extra int, ADD amount numeric, ADD twin int; UPDATE events SET extra = id % 500 WHERE id % 2 = 0; UPDATE events SET amount = id % 100, twin = owner;
		CREATE INDEX nulls ON events (extra); CREATE INDEX amounts ON events (amount); CREATE INDEX dependent ON events (owner, twin)`)
	s.exec(t, "VACUUM ANALYZE events")
	trees := []string{"unique_keys", "repeated", "few", "words", "pairs", "nulls", "amounts"}
	s.exec(t, "REINDEX TABLE events")
	s.exec(t, "ANALYZE events")
	_, fresh := s.status(t, nil)
	for _, name := range trees {
		require.NotNil(t, fresh[name].Bloat, name)
		t.Logf("%s: fresh %.1f %%", name, *fresh[name].Bloat)
		require.Less(t, *fresh[name].Bloat, 8.0, name)
	}
	for _, name := range []string{"numbers", "hashed", "dependent"} {
		require.Nil(t, fresh[name].Bloat, "%s can't be known", name)
	}
	s.exec(t, "DELETE FROM events WHERE (id / 7) % 2 = 0")
	s.exec(t, "VACUUM ANALYZE events")
	_, half := s.status(t, nil)
	for _, name := range trees {
		t.Logf("%s: half emptied %.1f %%", name, *half[name].Bloat)
		require.InDelta(t, 50, *half[name].Bloat, 15, name)
	}
	s.exec(t, "CREATE SCHEMA tools; CREATE EXTENSION pgstattuple SCHEMA tools")
	_, measured := s.status(t, nil)
	for _, name := range append(trees, "dependent") {
		t.Logf("%s: measured %.1f %%", name, *measured[name].Bloat)
		require.InDelta(t, 50, *measured[name].Bloat, 12, name)
	}
	document, err := json.Marshal(fresh["hashed"])
	require.NoError(t, err)
	require.Contains(t, string(document), `"bloat":null`)
}

func TestOnlyAnIndexThatOrdersAlikeCoversAnother(t *testing.T) {
	t.Parallel()
	s := open(t, 100)
	s.exec(t, `CREATE INDEX base ON events (note, kind); CREATE INDEX same ON events (note); CREATE INDEX pattern ON events (note text_pattern_ops); CREATE INDEX c ON events (note COLLATE "POSIX");
		CREATE INDEX hashed ON events USING hash (note); CREATE INDEX other ON events (note DESC); CREATE INDEX narrow ON events (kind); CREATE INDEX wide ON events (kind) INCLUDE (note)`)
	_, indexes := s.status(t, nil)
	covered := make(map[string]string)
	for name, i := range indexes {
		if i.CoveredBy != "" {
			covered[name] = i.CoveredBy
		}
	}
	require.Equal(t, map[string]string{"same": "base", "narrow": "wide"}, covered)
}

func TestHOTUpdatesBeforeAndSinceABuildAreOfThisDatabase(t *testing.T) {
	t.Parallel()
	s := open(t, 1_000)
	path := filepath.Join(t.TempDir(), "reports", "indexes.json")
	s.exec(t, "ALTER TABLE events SET (fillfactor = 50)")
	s.exec(t, "VACUUM FULL events")
	s.exec(t, "UPDATE events SET owner = owner + 1 WHERE id <= 40; SELECT pg_stat_force_next_flush()")
	require.NoError(t, release.NoteUpdates(t.Context(), s.conn, path, []release.Step{{Index: byOwner, State: release.Missing}}))
	s.exec(t, "CREATE INDEX idx_event_owner ON events (owner, at DESC)")
	s.exec(t, "UPDATE events SET owner = owner + 1 WHERE id <= 60")
	s.exec(t, "SELECT pg_stat_force_next_flush()")
	before, err := release.UpdatesBefore(t.Context(), s.conn, path)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), before["events"].At, time.Minute)
	all, _ := s.status(t, before)
	require.Positive(t, *all.Tables[0].HOTBefore)
	require.Zero(t, *all.Tables[0].HOTSince, "the index's column changes")
	require.Less(t, *all.Tables[0].HOT, *all.Tables[0].HOTBefore)
	s.exec(t, "SELECT pg_stat_reset()")
	s.exec(t, "UPDATE events SET owner = owner + 1 WHERE id <= 3; SELECT pg_stat_force_next_flush()")
	all, _ = s.status(t, before)
	require.Zero(t, *all.Tables[0].HOTSince)

	other := open(t, 10)
	before, err = release.UpdatesBefore(t.Context(), other.conn, path)
	require.NoError(t, err)
	require.Empty(t, before)
	_, err = os.Stat(path)
	require.NoError(t, err)
}
