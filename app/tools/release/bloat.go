package release

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
)

// What a B-tree's pages hold, in bytes, from PostgreSQL's nbtree.
const (
	pageBytes = 8192
	// pageOverhead is a page's header and the B-tree's own part of it.
	pageOverhead = 40
	linePointer  = 4
	tupleHeader  = 8
	rowPointer   = 6
	// postingBytes is the longest tuple that lists the rows of one key in a new index.
	postingBytes = 812
	// smallPages is below which bloat says nothing, and measuredPages is how many pages pgstattuple may read, all indexes together: it reads each
	// as a whole.
	smallPages, measuredPages = 16, 128 << 10
	// known is how near the smallest possible size must be to the largest for an estimate to be one.
	known = 0.8
)

// btree is what statistics say of an index.
type btree struct {
	name string
	oid  uint32
	// rows are its entries, and tableRows those of its table.
	rows, tableRows float64
	pages           float64
	fillFactor      float64
	// deduplicates says that rows with the same key share a tuple.
	deduplicates bool
	columns      []column
}

// column is a column of an index in the order of its entries.
type column struct {
	key bool
	// fixed is a fixed length, which is aligned.
	fixed         bool
	align         int
	width, nulls  float64
	distinct      float64 // as pg_stats has it: negative is a share of rows
	frequencies   []float32
	hasStatistics bool
}

func aligned(bytes float64, to int) float64 { return math.Ceil(bytes/float64(to)) * float64(to) }

// tuple is the average size of an entry.
func (b btree) tuple() float64 {
	data, whole := 0.0, 1.0
	for _, c := range b.columns {
		if c.fixed {
			data = aligned(data, c.align)
		}
		data += c.width * (1 - c.nulls)
		whole *= 1 - c.nulls
	}
	const bitmap = 8 // of an entry with a null
	return aligned(tupleHeader+data, 8) + bitmap*(1-whole)
}

// group is the size of the entries of n rows that have the same key.
func (b btree) group(n float64) float64 {
	tuple := b.tuple()
	if !b.deduplicates || n <= 1 {
		return n * (tuple + linePointer)
	}
	size := func(n float64) float64 {
		if n <= 1 {
			return n * (tuple + linePointer)
		}
		return aligned(tuple+rowPointer*n, 8) + linePointer
	}
	most := math.Max(math.Floor((postingBytes-tuple)/rowPointer), 2)
	full := math.Floor(n / most)
	rest := n - full*most
	low := math.Floor(rest)
	return full*size(most) + size(low) + (rest-low)*(size(low+1)-size(low))
}

// needed is how many pages a new index would have whose entries take so many bytes.
func (b btree) needed(bytes float64) float64 {
	tuple := b.tuple() + linePointer
	leaves := bytes / (pageBytes*b.fillFactor/100 - pageOverhead - tuple/2)
	return leaves*(1+tuple/(pageBytes*0.7)) + 1
}

// bloat estimates the share of pages in percent that a new index wouldn't need.
func (b btree) bloat() *float64 {
	low, high, groups := 1.0, 1.0, 0.0
	keys := 0
	for _, c := range b.columns {
		if !c.hasStatistics {
			return nil
		}
		if !c.key {
			continue
		}
		keys++
		distinct := c.distinct
		if distinct < 0 {
			distinct *= -b.tableRows
		}
		rest, others := 1-c.nulls, distinct
		for _, f := range c.frequencies {
			groups += b.group(float64(f) * b.rows)
			rest, others = rest-float64(f), others-1
		}
		groups += b.group(c.nulls * b.rows) // nulls are equal
		if rest > 0 {
			others = math.Min(math.Max(others, 1), math.Max(rest*b.rows, 1))
			groups += others * b.group(rest*b.rows/others)
		}
		if c.nulls > 0 {
			distinct++
		}
		low, high = math.Max(low, math.Min(distinct, b.rows)), math.Min(high*math.Max(distinct, 1), b.rows)
	}
	pages := b.needed(groups)
	if keys > 1 { // how the columns go together isn't known, only that the key has as many values as its richest column, and at most their product
		pages = b.needed(high * b.group(b.rows/high))
		if b.needed(low*b.group(b.rows/low)) < known*pages {
			return nil
		}
	}
	share := 100 * math.Max(0, 1-pages/b.pages)
	return &share
}

// readBloat estimates or measures the bloat of indexes by name.
func (s *Status) readBloat(ctx context.Context, conn *pgx.Conn) (map[string]*float64, error) {
	trees, err := readTrees(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("read B-trees: %w", err)
	}
	var extension string
	err = conn.QueryRow(ctx, "SELECT coalesce((SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pgstattuple'), '')").Scan(&extension)
	if err != nil {
		return nil, err
	}
	bloat := make(map[string]*float64)
	left := float64(measuredPages)
	for _, b := range trees {
		bloat[b.name] = b.bloat()
		if extension == "" || b.pages > left {
			continue
		}
		left -= b.pages
		var measured float64
		err := conn.QueryRow(ctx, "SELECT 100 * greatest(0, 1 - leaf_pages * avg_leaf_density / $2 / nullif(leaf_pages + empty_pages + deleted_pages, 0)) FROM "+extension+".pgstatindex($1::oid::regclass)",
			b.oid, b.fillFactor).Scan(&measured)
		if err != nil {
			s.Note = append(s.Note, "bloat is estimated, as pgstatindex can't be asked: "+err.Error())
			extension = ""
			continue
		}
		bloat[b.name] = &measured
	}
	return bloat, nil
}

// readTrees reads the statistics of B-trees that aren't small and have no expressions.
func readTrees(ctx context.Context, conn *pgx.Conn) ([]btree, error) {
	rows, err := conn.Query(ctx, `SELECT i.relname, i.oid, i.reltuples, greatest(t.reltuples, i.reltuples), pg_relation_size(i.oid) / 8192.0,
			coalesce((SELECT option_value::float FROM pg_options_to_table(i.reloptions) WHERE option_name = 'fillfactor'), 90),
			NOT x.indisunique AND x.indnatts = x.indnkeyatts AND coalesce((SELECT option_value::bool FROM pg_options_to_table(i.reloptions) WHERE option_name = 'deduplicate_items'), true)
				-- Keys that are equal must be the same bytes.
				AND NOT EXISTS (SELECT FROM generate_series(0, x.indnkeyatts - 1) n LEFT JOIN pg_collation c ON c.oid = x.indcollation[n]
					WHERE NOT coalesce(c.collisdeterministic, true) OR NOT EXISTS (SELECT FROM pg_opclass o JOIN pg_amproc p ON p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype
						WHERE o.oid = x.indclass[n] AND p.amprocnum = 4)),
			n < x.indnkeyatts, a.attlen > 0, CASE a.attalign WHEN 'd' THEN 8 WHEN 'i' THEN 4 WHEN 's' THEN 2 ELSE 1 END,
			coalesce(st.avg_width, 0), coalesce(st.null_frac, 0), coalesce(st.n_distinct, 0), coalesce(st.most_common_freqs, '{}'), st.attname IS NOT NULL
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_am m ON m.oid = i.relam
		CROSS JOIN generate_series(0, x.indnatts - 1) n JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[n]
		LEFT JOIN pg_stats st ON st.schemaname = 'public' AND st.tablename = t.relname AND st.attname = a.attname AND NOT st.inherited
		WHERE i.relnamespace = 'public'::regnamespace AND m.amname = 'btree' AND x.indisvalid AND x.indexprs IS NULL AND i.reltuples > 0
			AND pg_relation_size(i.oid) >= $1::bigint * 8192
		ORDER BY i.oid, n`, smallPages)
	if err != nil {
		return nil, err
	}
	var trees []btree
	var b btree
	var c column
	_, err = pgx.ForEachRow(rows, []any{&b.name, &b.oid, &b.rows, &b.tableRows, &b.pages, &b.fillFactor, &b.deduplicates,
		&c.key, &c.fixed, &c.align, &c.width, &c.nulls, &c.distinct, &c.frequencies, &c.hasStatistics}, func() error {
		if len(trees) == 0 || trees[len(trees)-1].oid != b.oid {
			trees = append(trees, b)
		}
		last := &trees[len(trees)-1]
		last.columns = append(last.columns, c)
		c.frequencies = nil // the next row's are its own
		return nil
	})
	return trees, err
}
