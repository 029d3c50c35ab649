package release

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
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
	Low    Use = "⚠️ LOW"
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
	// OfTable is its size in percent of the table's.
	OfTable float64 `json:"ofTable"`
	Scans   int64   `json:"scans"`
	Use     Use     `json:"use"`
	// LastUse is known from PostgreSQL 16 on.
	LastUse *time.Time `json:"lastUse,omitempty"`
	// Bloat is the share of its pages in percent that its rows wouldn't need, estimated from statistics; 0 for small ones.
	Bloat float64 `json:"bloat"`
	// CoveredBy is an index of the table that begins with the same columns and has the same condition.
	CoveredBy string `json:"coveredBy,omitempty"`
}

// TableStatus is how a table does.
type TableStatus struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	Rows  int64  `json:"rows"`
	Dead  int64  `json:"dead"`
	// HOT is the share of updates in percent that touched no index; absent without updates.
	HOT *float64 `json:"hot,omitempty"`
	// HOTBefore is what it was when an index of the table was built last.
	HOTBefore *float64 `json:"hotBefore,omitempty"`
	// CacheHit is the share of pages in percent that were in memory; absent where none were asked for.
	CacheHit        *float64 `json:"cacheHit,omitempty"`
	SequentialScans int64    `json:"sequentialScans"`
}

// StatementStatus is a slow statement.
type StatementStatus struct {
	Query     string  `json:"query"`
	Calls     int64   `json:"calls"`
	MeanMs    float64 `json:"meanMs"`
	TotalMs   float64 `json:"totalMs"`
	HitOfAll  float64 `json:"cacheHit"`
	RowsTotal int64   `json:"rows"`
}

// Status is how a database's indexes, tables and statements do.
type Status struct {
	Server  string        `json:"server"`
	Indexes []IndexStatus `json:"indexes"`
	Tables  []TableStatus `json:"tables"`
	// Statements are the slowest, if pg_stat_statements is there.
	Statements []StatementStatus `json:"statements"`
	// Note says what can't be known here.
	Note []string `json:"note,omitempty"`
}

// ReadStatus reads how all does. before is the share of HOT updates by table when its last index was built.
func ReadStatus(ctx context.Context, conn *pgx.Conn, declared []schema.Index, before map[string]float64) (Status, error) {
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

func (s *Status) readIndexes(ctx context.Context, conn *pgx.Conn, declared []schema.Index, version int) error {
	const firstWithLastUse = 160000
	lastUse := "NULL::timestamptz"
	if version >= firstWithLastUse {
		lastUse = "u.last_idx_scan"
	} else {
		s.Note = append(s.Note, "when an index was used last is known from PostgreSQL 16 on")
	}
	rows, err := conn.Query(ctx, `SELECT i.relname, t.relname, x.indisunique, pg_relation_size(i.oid),
			100.0 * pg_relation_size(i.oid) / nullif(pg_relation_size(t.oid), 0), coalesce(u.idx_scan, 0), `+lastUse+`,
			CASE WHEN i.relpages > 16 AND i.reltuples > 0 THEN greatest(0, 100 - 100.0 * i.reltuples * (`+fmt.Sprint(entryOverhead)+` + coalesce((
				SELECT sum(st.avg_width) FROM unnest(x.indkey::int2[]) k JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k
				JOIN pg_stats st ON st.schemaname = 'public' AND st.tablename = t.relname AND st.attname = a.attname), 16)) / 0.9 / (i.relpages * 8192.0)) ELSE 0 END,
			coalesce((SELECT min(o.relname) FROM pg_index y JOIN pg_class o ON o.oid = y.indexrelid
				WHERE y.indrelid = x.indrelid AND y.indexrelid <> x.indexrelid AND y.indisvalid AND NOT x.indisunique
				AND y.indnkeyatts >= x.indnkeyatts
				AND (y.indkey::int2[])[0:x.indnkeyatts - 1] = (x.indkey::int2[])[0:x.indnkeyatts - 1]
				AND (y.indoption::int2[])[0:x.indnkeyatts - 1] = (x.indoption::int2[])[0:x.indnkeyatts - 1]
				AND (x.indkey::int2[])[0:x.indnatts - 1] <@ (y.indkey::int2[])[0:y.indnatts - 1]
				AND pg_get_expr(y.indpred, y.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indpred, x.indrelid)
				AND pg_get_expr(y.indexprs, y.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indexprs, x.indrelid)
				AND (y.indnkeyatts > x.indnkeyatts OR y.indisunique OR y.indexrelid < x.indexrelid)), '')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		LEFT JOIN pg_stat_user_indexes u ON u.indexrelid = x.indexrelid
		WHERE i.relnamespace = 'public'::regnamespace ORDER BY pg_relation_size(i.oid) DESC, 1`)
	if err != nil {
		return err
	}
	have, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (IndexStatus, error) {
		var i IndexStatus
		var ofTable *float64
		err := row.Scan(&i.Name, &i.Table, &i.Unique, &i.Bytes, &ofTable, &i.Scans, &i.LastUse, &i.Bloat, &i.CoveredBy)
		if ofTable != nil {
			i.OfTable = *ofTable
		}
		i.Use = useOf(i.Scans)
		return i, err
	})
	if err != nil {
		return err
	}
	s.Indexes = have
	present, err := read(ctx, conn)
	if err != nil {
		return err
	}
	byName := make(map[string]schema.Index, len(declared))
	for _, index := range declared {
		byName[index.Name] = index
		if _, ok := present[index.Name]; !ok {
			s.Indexes = append(s.Indexes, IndexStatus{Name: index.Name, Table: index.Table, Priority: index.Priority, State: Missing, Unique: index.Unique, Use: Unused})
		}
	}
	for n := range s.Indexes {
		i := &s.Indexes[n]
		index, ok := byName[i.Name]
		switch {
		case i.State == Missing:
		case ok:
			i.Priority, i.State = index.Priority, stateOf(index, present)
		case present[i.Name].Valid:
			i.State = "UNDECLARED"
		default:
			i.State = Invalid
		}
	}
	return nil
}

func (s *Status) readTables(ctx context.Context, conn *pgx.Conn, before map[string]float64) error {
	rows, err := conn.Query(ctx, `SELECT u.relname, pg_total_relation_size(u.relid), u.n_live_tup, u.n_dead_tup,
			100.0 * u.n_tup_hot_upd / nullif(u.n_tup_upd, 0), 100.0 * io.heap_blks_hit / nullif(io.heap_blks_hit + io.heap_blks_read, 0), u.seq_scan
		FROM pg_stat_user_tables u JOIN pg_statio_user_tables io USING (relid) WHERE u.schemaname = 'public' ORDER BY 2 DESC, 1`)
	if err != nil {
		return err
	}
	s.Tables, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (TableStatus, error) {
		var t TableStatus
		err := row.Scan(&t.Name, &t.Bytes, &t.Rows, &t.Dead, &t.HOT, &t.CacheHit, &t.SequentialScans)
		if share, ok := before[t.Name]; ok {
			t.HOTBefore = &share
		}
		return t, err
	})
	return err
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
	rows, err := conn.Query(ctx, `SELECT left(regexp_replace(query, '\s+', ' ', 'g'), 120), calls, mean_exec_time, total_exec_time,
			coalesce(100.0 * shared_blks_hit / nullif(shared_blks_hit + shared_blks_read, 0), 100), rows
		FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT 20`)
	if err != nil {
		return s.unreadable(err)
	}
	if s.Statements, err = pgx.CollectRows(rows, pgx.RowToStructByPos[StatementStatus]); err != nil {
		return s.unreadable(err)
	}
	return nil
}

// unreadable is pg_stat_statements that was installed and not loaded, or may not be read.
func (s *Status) unreadable(err error) error {
	s.Note = append(s.Note, "slow statements can't be read: "+err.Error())
	return nil
}

// Write writes the status for people.
func (s Status) Write(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	line := func(format string, arguments ...any) { _, _ = fmt.Fprintf(table, format+"\n", arguments...) }
	line("%s", s.Server)
	line("\nINDEX\tTABLE\tPRIORITY\tSTATE\tSIZE\tOF TABLE\tSCANS\tUSE\tLAST USE\tBLOAT\tNOTE")
	var total int64
	for _, i := range s.Indexes {
		total += i.Bytes
		last, note := "-", ""
		if i.LastUse != nil {
			last = i.LastUse.UTC().Format(time.DateTime)
		}
		if i.CoveredBy != "" {
			note = "covered by " + i.CoveredBy
		}
		line("%s\t%s\t%s\t%s\t%s\t%.1f %%\t%d\t%s\t%s\t%.0f %%\t%s", i.Name, i.Table, i.Priority, i.State, Size(i.Bytes), i.OfTable, i.Scans, i.Use, last, i.Bloat, note)
	}
	line("total\t\t\t\t%s", Size(total))
	line("\nTABLE\tSIZE\tROWS\tDEAD\tHOT\tHOT BEFORE\tCACHE HIT\tSEQUENTIAL SCANS")
	for _, t := range s.Tables {
		line("%s\t%s\t%d\t%d\t%s\t%s\t%s\t%d", t.Name, Size(t.Bytes), t.Rows, t.Dead, share(t.HOT), share(t.HOTBefore), share(t.CacheHit), t.SequentialScans)
	}
	if len(s.Statements) > 0 {
		line("\nMEAN ms\tCALLS\tTOTAL ms\tCACHE HIT\tSTATEMENT")
		for _, st := range s.Statements {
			line("%.2f\t%d\t%.0f\t%.0f %%\t%s", st.MeanMs, st.Calls, st.TotalMs, st.HitOfAll, strings.TrimSpace(st.Query))
		}
	}
	for _, note := range slices.Sorted(slices.Values(s.Note)) {
		line("note: %s", note)
	}
	return table.Flush()
}

func share(percent *float64) string {
	if percent == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", *percent)
}
