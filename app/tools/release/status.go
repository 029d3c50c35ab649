package release

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

// lowScans is from how many scans on an index counts as used.
const lowScans = 100

// Use is how much an index is used, in the words of the operators' checklist.
type Use string

// The uses.
const (
	Unused Use = "❌ UNUSED"
	Low    Use = "⚠️ LOW USAGE"
	Active Use = "✅ ACTIVE"
)

func useOf(scans int64) Use {
	switch {
	case scans == 0:
		return Unused
	case scans < lowScans:
		return Low
	default:
		return Active
	}
}

// IndexStatus is how an index does.
type IndexStatus struct {
	Name     string `json:"name"`
	Table    string `json:"table"`
	Priority string `json:"priority,omitempty"`
	State    State  `json:"state"`
	Unique   bool   `json:"unique"`
	Bytes    int64  `json:"bytes"`
	// TableBytes is the size of the table's rows alone, and OfTable the index's in percent of it.
	TableBytes int64   `json:"tableBytes"`
	OfTable    float64 `json:"ofTable"`
	Scans      int64   `json:"scans"`
	// TuplesRead are the entries that scans returned.
	TuplesRead int64 `json:"tuplesRead"`
	Use        Use   `json:"use"`
	// LastUse is known from PostgreSQL 16 on.
	LastUse *time.Time `json:"lastUse,omitempty"`
	// Bloat is the share of its pages in percent that a new index wouldn't need: measured where pgstattuple is installed, else estimated
	// from statistics. It is absent where it can't be known: other than B-trees, small ones, expressions, columns that depend on each other.
	Bloat *float64 `json:"bloat"`
	// CoveredBy is an index of the table that begins with the same columns, ordered alike, and has the same condition.
	CoveredBy string `json:"coveredBy,omitempty"`
}

// TableStatus is how a table does.
type TableStatus struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	Rows  int64  `json:"rows"`
	Dead  int64  `json:"dead"`
	// Writes are inserts, updates and deletes.
	Writes int64 `json:"writes"`
	// HOT is the share of updates in percent that touched no index; absent without updates.
	HOT *float64 `json:"hot,omitempty"`
	// HOTBefore is what it was until an index of the table was built last, and HOTSince what it has been since.
	HOTBefore *float64 `json:"hotBefore,omitempty"`
	HOTSince  *float64 `json:"hotSince,omitempty"`
	// HeapRead and HeapHit are pages that weren't and were in memory.
	HeapRead int64 `json:"heapRead"`
	HeapHit  int64 `json:"heapHit"`
	// CacheHit is the share of pages in percent that were in memory; absent where none were asked for.
	CacheHit        *float64 `json:"cacheHit,omitempty"`
	SequentialScans int64    `json:"sequentialScans"`
}

// StatementStatus is a statement that takes much time.
type StatementStatus struct {
	Query     string  `json:"query"`
	Calls     int64   `json:"calls"`
	MeanMs    float64 `json:"meanMs"`
	MaxMs     float64 `json:"maxMs"`
	TotalMs   float64 `json:"totalMs"`
	HitOfAll  float64 `json:"cacheHit"`
	RowsTotal int64   `json:"rows"`
}

// Status is how a database's indexes, tables and statements do.
type Status struct {
	Server  string        `json:"server"`
	Indexes []IndexStatus `json:"indexes"`
	Tables  []TableStatus `json:"tables"`
	// IdxBytes is the size of all indexes whose name begins with idx_, which the operators' checklist expects to be 91 to 168 MB.
	IdxBytes int64 `json:"idxBytes"`
	// Slow are statements that take over 100 ms on average, the slowest first, and Statements those that take most time in all.
	Slow       []StatementStatus `json:"slow"`
	Statements []StatementStatus `json:"statements"`
	// Note says what can't be known here.
	Note []string `json:"note,omitempty"`
}

// ReadStatus reads how all does. before are the updates of tables when their last index was built.
func ReadStatus(ctx context.Context, conn *pgx.Conn, declared []schema.Index, before map[string]Updates) (Status, error) {
	var s Status
	var version int
	if err := conn.QueryRow(ctx, "SELECT 'PostgreSQL ' || current_setting('server_version'), current_setting('server_version_num')::int").Scan(&s.Server, &version); err != nil {
		return s, err
	}
	if err := s.readIndexes(ctx, conn, declared, version); err != nil {
		return s, fmt.Errorf("read indexes: %w", err)
	}
	if err := s.readTables(ctx, conn, before); err != nil {
		return s, fmt.Errorf("read tables: %w", err)
	}
	return s, s.readStatements(ctx, conn)
}

func (s *Status) readTables(ctx context.Context, conn *pgx.Conn, before map[string]Updates) error {
	rows, err := conn.Query(ctx, `SELECT u.relname, pg_total_relation_size(u.relid), u.n_live_tup, u.n_dead_tup, u.n_tup_ins + u.n_tup_upd + u.n_tup_del,
			u.n_tup_upd, u.n_tup_hot_upd, io.heap_blks_read, io.heap_blks_hit, u.seq_scan
		FROM pg_stat_user_tables u JOIN pg_statio_user_tables io USING (relid) WHERE u.schemaname = 'public' ORDER BY 2 DESC, 1`)
	if err != nil {
		return err
	}
	s.Tables, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (TableStatus, error) {
		var t TableStatus
		var now Updates
		err := row.Scan(&t.Name, &t.Bytes, &t.Rows, &t.Dead, &t.Writes, &now.All, &now.HOT, &t.HeapRead, &t.HeapHit, &t.SequentialScans)
		t.HOT, t.CacheHit = percent(now.HOT, now.All), percent(t.HeapHit, t.HeapHit+t.HeapRead)
		if then, ok := before[t.Name]; ok {
			since := now.since(then)
			t.HOTBefore, t.HOTSince = percent(then.HOT, then.All), percent(since.HOT, since.All)
		}
		return t, err
	})
	return err
}

// percent is absent where there is nothing to take a share of.
func percent(part, all int64) *float64 {
	if all == 0 {
		return nil
	}
	share := 100 * float64(part) / float64(all)
	return &share
}

func (s *Status) readStatements(ctx context.Context, conn *pgx.Conn) error {
	var installed bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')").Scan(&installed); err != nil {
		return err
	}
	if !installed {
		s.Note = append(s.Note, "slow statements need the extension pg_stat_statements")
		return nil
	}
	most := func(condition string) ([]StatementStatus, error) {
		rows, err := conn.Query(ctx, `SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 100), calls, mean_exec_time, max_exec_time, total_exec_time,
				coalesce(100.0 * shared_blks_hit / nullif(shared_blks_hit + shared_blks_read, 0), 100), rows
			FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND `+condition)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowToStructByPos[StatementStatus])
	}
	slow, err := most("mean_exec_time > 100 AND query NOT LIKE '%pg_stat%' ORDER BY mean_exec_time DESC LIMIT 10")
	if err != nil {
		return s.unreadable(err)
	}
	s.Slow = slow
	s.Statements, err = most("true ORDER BY total_exec_time DESC LIMIT 20")
	return err
}

// unreadable is pg_stat_statements that was installed and not loaded, or may not be read.
func (s *Status) unreadable(err error) error {
	s.Note = append(s.Note, "slow statements can't be read: "+err.Error())
	return nil
}
