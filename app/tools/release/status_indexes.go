package release

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

func (s *Status) readIndexes(ctx context.Context, conn *pgx.Conn, declared []schema.Index, version int) error {
	const firstWithLastUse = 160000
	lastUse := "NULL::timestamptz"
	if version >= firstWithLastUse {
		lastUse = "u.last_idx_scan"
	} else {
		s.Note = append(s.Note, "when an index was used last is known from PostgreSQL 16 on")
	}
	// Operator classes are of one access method each.
	rows, err := conn.Query(ctx, `SELECT i.relname, t.relname, x.indisunique, pg_relation_size(i.oid), pg_relation_size(t.oid),
			coalesce(100.0 * pg_relation_size(i.oid) / nullif(pg_relation_size(t.oid), 0), 0), coalesce(u.idx_scan, 0), coalesce(u.idx_tup_read, 0), `+lastUse+`,
			coalesce((SELECT min(o.relname) FROM pg_index y JOIN pg_class o ON o.oid = y.indexrelid
				WHERE y.indrelid = x.indrelid AND y.indexrelid <> x.indexrelid AND y.indisvalid AND NOT x.indisunique
				AND y.indnkeyatts >= x.indnkeyatts
				AND (y.indkey::int2[])[0:x.indnkeyatts - 1] = (x.indkey::int2[])[0:x.indnkeyatts - 1]
				AND (y.indclass::oid[])[0:x.indnkeyatts - 1] = (x.indclass::oid[])[0:x.indnkeyatts - 1]
				AND (y.indcollation::oid[])[0:x.indnkeyatts - 1] = (x.indcollation::oid[])[0:x.indnkeyatts - 1]
				AND (y.indoption::int2[])[0:x.indnkeyatts - 1] = (x.indoption::int2[])[0:x.indnkeyatts - 1]
				AND (x.indkey::int2[])[0:x.indnatts - 1] <@ (y.indkey::int2[])[0:y.indnatts - 1]
				AND pg_get_expr(y.indpred, y.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indpred, x.indrelid)
				AND pg_get_expr(y.indexprs, y.indrelid) IS NOT DISTINCT FROM pg_get_expr(x.indexprs, x.indrelid)
				AND (y.indnkeyatts > x.indnkeyatts OR y.indnatts > x.indnatts OR y.indisunique OR y.indexrelid < x.indexrelid)), '')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		LEFT JOIN pg_stat_user_indexes u ON u.indexrelid = x.indexrelid
		WHERE i.relnamespace = 'public'::regnamespace ORDER BY pg_relation_size(i.oid) DESC, 1`)
	if err != nil {
		return err
	}
	have, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (IndexStatus, error) {
		var i IndexStatus
		err := row.Scan(&i.Name, &i.Table, &i.Unique, &i.Bytes, &i.TableBytes, &i.OfTable, &i.Scans, &i.TuplesRead, &i.LastUse, &i.CoveredBy)
		i.Use = useOf(i.Scans)
		return i, err
	})
	if err != nil {
		return err
	}
	s.Indexes = have
	bloat, err := s.readBloat(ctx, conn)
	if err != nil {
		return err
	}
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
		i.Bloat = bloat[i.Name]
		if strings.HasPrefix(i.Name, "idx_") {
			s.IdxBytes += i.Bytes
		}
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
