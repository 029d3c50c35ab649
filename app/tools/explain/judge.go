package explain

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	// LargeRows is from how many rows on a table isn't read as a whole. With fewer, no plan proves anything.
	LargeRows = 5_000
	// staleShare is the share of changed rows from which on statistics are stale.
	staleShare = 0.2
	// grownPages and grownTimes bound the pages that a query may touch more in a larger database, for the same tenant.
	grownPages, grownTimes = 24, 1.5
	// historyRows and historyTimes bound the rows that a query may read more for a tenant with more history than its answer has.
	historyRows, historyTimes = 500, 5
)

// ReadCatalog reads what the rules need to know of the database. Findings are statistics that are stale, and tables in which fewer
// than least rows prove nothing; tables that are small by nature are in small.
func ReadCatalog(ctx context.Context, conn *pgx.Conn, queries []Query, least int, small []string) (*Catalog, []Finding, error) {
	c := &Catalog{Large: make(map[string]bool), Partitions: make(map[string]int), PartitionOf: make(map[string]string), Forced: make(map[string]string)}
	settings, err := conn.Query(ctx, "SELECT name, source FROM pg_settings WHERE source IN ('client', 'database', 'database user', 'interactive', 'session', 'user')")
	if err != nil {
		return c, nil, err
	}
	var setting, source string
	if _, err := pgx.ForEachRow(settings, []any{&setting, &source}, func() error {
		c.Forced[setting] = source
		return nil
	}); err != nil {
		return c, nil, err
	}
	rows, err := conn.Query(ctx, `SELECT c.relname, greatest(c.reltuples, 0)::bigint, coalesce(p.relname, ''),
		c.reltuples < 0 OR coalesce(s.n_mod_since_analyze, 0) > $1 * greatest(c.reltuples, 500)
			OR c.reltuples > 0 AND (s.last_analyze IS NULL AND s.last_autoanalyze IS NULL AND NOT pg_is_in_recovery() OR NOT EXISTS (SELECT FROM pg_stats t WHERE t.schemaname = 'public' AND t.tablename = c.relname))
		FROM pg_class c LEFT JOIN pg_class p ON c.relispartition AND p.oid = pg_partition_root(c.oid)
		LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
		WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`, staleShare)
	if err != nil {
		return c, nil, err
	}
	var named strings.Builder
	for _, q := range queries {
		named.WriteString(q.SQL)
	}
	words := make(map[string]bool)
	for _, w := range word.FindAllString(named.String(), -1) {
		words[w] = true
	}
	var found []Finding
	var table, parent string
	var count int64
	var stale bool
	_, err = pgx.ForEachRow(rows, []any{&table, &count, &parent, &stale}, func() error {
		c.Large[table] = count >= LargeRows
		if parent != "" {
			c.Partitions[parent]++
			c.PartitionOf[table] = parent
		}
		if !words[table] && !words[parent] {
			return nil
		}
		if stale {
			found = append(found, Finding{Rule: RuleStatistics, Node: table, Found: "statistics are stale or missing", Allowed: "ANALYZE " + table})
		}
		if parent == "" && count < int64(least) && !slices.Contains(small, table) {
			found = append(found, Finding{Rule: RuleTooSmall, Node: table, Found: fmt.Sprintf("has %d rows, of which no plan proves anything", count), Allowed: fmt.Sprintf("at least %d", least)})
		}
		return nil
	})
	return c, found, err
}

// ReadIndexes returns the definitions of the indexes that serve queries now.
func ReadIndexes(ctx context.Context, conn *pgx.Conn) (Indexes, error) {
	rows, err := conn.Query(ctx, `SELECT i.relname, pg_get_indexdef(i.oid)
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relnamespace = 'public'::regnamespace AND x.indisvalid AND x.indisready`)
	if err != nil {
		return nil, err
	}
	indexes := make(Indexes)
	var name, definition string
	_, err = pgx.ForEachRow(rows, []any{&name, &definition}, func() error {
		indexes[name] = definition
		return nil
	})
	return indexes, err
}

// JudgeIndexes compares what indexes are with what they were when the plans were looked at last, and finds those that no query uses.
func JudgeIndexes(book Book, was, are Indexes) []Finding {
	users := book.users()
	var found []Finding
	for _, name := range slices.Sorted(maps.Keys(users)) {
		add := func(text, allowed string) {
			found = append(found, Finding{Query: strings.Join(users[name], ", "), Rule: RuleDefinition, Node: name, Found: text, Allowed: allowed})
		}
		old, known := was[name]
		now, there := are[name]
		switch {
		case !there:
			add("isn't there, or is invalid", old)
		case !known:
			add("is "+now+", which nobody has looked at", "--update")
		case old != now:
			add("is now "+now, "as it was, "+old+", or --update")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(are)) {
		if users[name] == nil && !strings.HasPrefix(are[name], "CREATE UNIQUE") {
			found = append(found, Finding{Rule: RuleUnused, Node: name, Found: "no query uses it", Allowed: "indexes that serve a query"})
		}
	}
	return found
}

// Verdict is what a run found.
type Verdict struct {
	// Failed are findings of the data and of queries that failed, which no expectation changes; they are among Findings too.
	Failed   []Finding
	Findings []Finding
	// Indexes are those of the database.
	Indexes  Indexes
	Measured []Measured
}

// Judge compares what was measured with what is expected.
func Judge(queries []Query, book Book, measured []Measured) []Finding {
	var found []Finding
	known := make(map[string]bool)
	for _, q := range queries {
		known[q.File+" "+q.Name] = true
		if _, ok := book.Of(q); !ok {
			found = append(found, Finding{Query: q.Name, Rule: RuleExpected, Found: "nothing says what its plan must be", Allowed: "a line in " + q.File + planEnding + "; --update proposes one"})
		}
	}
	for file, expectations := range book {
		for name := range expectations {
			if !known[file+" "+name] {
				found = append(found, Finding{Query: name, Rule: RuleUnknown, Found: file + planEnding + " expects something of a query that isn't there"})
			}
		}
	}
	byQuery := make(map[string][]Measured)
	for _, m := range measured {
		e, ok := book.Of(m.Query)
		if !ok {
			continue
		}
		for _, f := range Check(m.Plan, e, m.Catalog, m.Analyzed) {
			f.Query, f.Case = m.Query.Name, m.Case()
			found = append(found, f)
		}
		byQuery[m.Query.Name] = append(byQuery[m.Query.Name], m)
	}
	for _, q := range queries {
		e, ok := book.Of(q)
		if !ok {
			continue
		}
		found = append(found, vacuous(q, e, byQuery[q.Name])...)
		found = append(found, growth(q, e, byQuery[q.Name])...)
		if skips := skipped.FindString(q.SQL); skips != "" {
			found = append(found, Finding{Query: q.Name, Rule: RuleLimit, Node: strings.Join(strings.Fields(skips), " "), Found: "may skip any number of rows", Allowed: "what comes after a key"})
		}
		if shape := Shape(byQuery[q.Name]); shape != nil && !slices.Equal(e.plain(shape), e.plain(e.Shape)) {
			old, now := difference(e.plain(e.Shape), e.plain(shape))
			found = append(found, Finding{Query: q.Name, Rule: RulePlan, Node: now, Found: "is now " + quoted(now), Allowed: "as it was, " + quoted(old) + ", or --update"})
		}
	}
	return found
}

// skipped is an OFFSET by a parameter, alone or in an expression.
var skipped = regexp.MustCompile(`(?i)\bOFFSET\s+(?:\w+\s*)?\(*[^();]*\$\d+`)

// vacuous finds that a query's plans prove nothing: it ran in no case, or found no row in any.
func vacuous(q Query, e Expectation, measured []Measured) []Finding {
	ran, reads, finds, refused := false, false, false, ""
	for _, m := range measured {
		refused = cmp.Or(m.Refused, refused)
		if m.Analyzed {
			r, f := m.Plan.finds()
			ran, reads, finds = true, reads || r, finds || f
		}
	}
	switch {
	case len(measured) == 0: // it failed, which is a finding already
	case !ran && !e.Planned:
		return []Finding{{Query: q.Name, Rule: RulePlanned, Found: refused, Allowed: "parameters with which it runs, or the word planned"}}
	case ran && e.Planned:
		return []Finding{{Query: q.Name, Rule: RulePlanned, Found: "it runs", Allowed: "to leave out the word planned"}}
	case ran && reads && !finds && !e.Empty:
		return []Finding{{Query: q.Name, Rule: RuleEmpty, Found: "no scan finds a row for any tenant", Allowed: "parameters with which it finds something, or the word empty"}}
	case finds && e.Empty:
		return []Finding{{Query: q.Name, Rule: RuleEmpty, Found: "it finds rows", Allowed: "to leave out the word empty"}}
	}
	return nil
}

// Missing are queries that the files of a project declare and that weren't loaded. What sqlc copies has no plan.
func Missing(declared []string, loaded []Query) []Finding {
	var found []Finding
	for _, name := range declared {
		if !slices.ContainsFunc(loaded, func(q Query) bool { return q.Name == name }) {
			found = append(found, Finding{Query: name, Rule: RuleMissing, Found: "it is declared, but not in the generated code", Allowed: "to generate the code anew"})
		}
	}
	return found
}

// Shape is the shape of the plan that the baseline holds: of the last tenant's first execution in the last state of the data.
func Shape(measured []Measured) []string {
	for _, m := range slices.Backward(measured) {
		if m.Kind == "custom" {
			return m.Plan.Shape()
		}
	}
	return nil
}

// plain leaves out of a shape what chance decides: which of the indexes that may be used is, where two are as good, and which side of a join
// comes first.
func (e Expectation) plain(shape []string) []string {
	lines := slices.Clone(shape)
	for i, line := range lines {
		access, indexes, ok := strings.Cut(line, " by ")
		if ok && !slices.ContainsFunc(strings.Split(indexes, ", "), func(index string) bool { return !slices.Contains(e.Use, index) }) {
			lines[i] = access + " by an index"
		}
	}
	slices.Sort(lines)
	return lines
}

// difference returns the first lines of two sorted shapes that only one has.
func difference(a, b []string) (inA, inB string) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			inA = cmp.Or(inA, strings.TrimSpace(a[0]))
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			inB = cmp.Or(inB, strings.TrimSpace(b[0]))
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return inA, inB
}

func quoted(line string) string {
	if line == "" {
		return "nothing"
	}
	return `"` + line + `"`
}

// growth finds what grows with the database instead of the answer. Tenants are in the sequence of their size, and sizes of the data too.
func growth(q Query, e Expectation, measured []Measured) []Finding {
	var found []Finding
	first := make(map[string]Measured) // by tenant
	var before *Measured
	for _, m := range measured {
		if m.Kind != "custom" || !m.Analyzed {
			continue
		}
		if earlier, ok := first[m.Tenant.Name]; ok && e.Everyone {
			continue
		} else if ok {
			// Another plan for a table that has become large is no growth while its pages are those of the rows.
			scanned, begun := m.Plan.Scanned()
			if allowed := max(grownTimes*float64(earlier.Plan.Buffers())+grownPages, (pages+pagesPerRow*(scanned+begun))/2); float64(m.Plan.Buffers()) > allowed && values(earlier) == values(m) {
				found = append(found, Finding{
					Query: q.Name, Case: m.Case(), Rule: RuleGrowth, Node: describe(worstOr(m.Plan)),
					Found:   fmt.Sprintf("touches %d pages instead of %d since others have more rows", m.Plan.Buffers(), earlier.Plan.Buffers()),
					Allowed: fmt.Sprintf("%.0f", allowed),
				})
			}
			if allowed := max(grownTimes*earlier.read()+discarded, (discarded+discardedPerRow*scanned)/2); m.work() > allowed && values(earlier) == values(m) {
				found = append(found, Finding{
					Query: q.Name, Case: m.Case(), Rule: RuleGrowth, Node: describe(worstOr(m.Plan)),
					Found:   fmt.Sprintf("reads %.0f rows instead of %.0f since others have more rows", m.work(), earlier.read()),
					Allowed: fmt.Sprintf("%.0f", allowed),
				})
			}
			continue
		}
		first[m.Tenant.Name] = m
		if before != nil && !e.Grows {
			work, answer := m.work(), max(m.answer(), 1)
			least, smaller := before.work(), max(before.answer(), 1)
			if allowed := max(historyTimes*least*max(answer/smaller, 1), least+historyRows); work > allowed {
				found = append(found, Finding{
					Query: q.Name, Case: m.Case(), Rule: RuleGrowth, Node: describe(worstOr(m.Plan)),
					Found: fmt.Sprintf("reads %.0f rows for an answer of %.0f, and %.0f for one of %.0f for the %s tenant: it grows with the history",
						work, answer, least, smaller, before.Tenant.Name),
					Allowed: fmt.Sprintf("%.0f, or the word grows", allowed),
				})
			}
		}
		before = &m
	}
	return found
}

// values are what the query was executed with, without the name of the statement.
func values(m Measured) string {
	_, rest, _ := strings.Cut(m.Values, "(")
	return rest
}

func worstOr(p *Plan) *Node {
	if n := worst(p); n != nil {
		return n
	}
	return &p.Root
}

// work are the rows that were read, with those thrown away, but for small tables that are read as a whole.
func (m Measured) work() float64 { return m.rows(func(n *Node) bool { return !m.Catalog.asAWhole(n) }) }

// read are all rows that were read.
func (m Measured) read() float64 { return m.rows(func(*Node) bool { return true }) }

func (m Measured) rows(of func(*Node) bool) float64 {
	var rows float64
	for n := range m.Plan.Nodes() {
		if n.scans() && of(n) {
			rows += (n.Rows + n.Removed + n.Rechecked) * n.Loops
		}
	}
	return rows
}

// answer are the rows that came out or were written.
func (m Measured) answer() float64 {
	return m.Plan.Root.all() + m.Plan.Written()
}

// Propose adds what a book lacks and renews the shapes. What people wrote stays.
func Propose(queries []Query, book Book, measured []Measured) {
	byQuery := make(map[string][]Measured)
	for _, m := range measured {
		byQuery[m.Query.Name] = append(byQuery[m.Query.Name], m)
	}
	known := make(map[string]map[string]bool)
	for _, q := range queries {
		if known[q.File] == nil {
			known[q.File] = make(map[string]bool)
		}
		known[q.File][q.Name] = true
		e, ok := book.Of(q)
		if !ok {
			for _, m := range byQuery[q.Name] {
				for n := range m.Plan.Nodes() {
					if n.Index != "" && !slices.Contains(e.Use, n.Index) {
						e.Use = append(e.Use, n.Index)
					}
				}
			}
			slices.Sort(e.Use)
		}
		if shape := Shape(byQuery[q.Name]); shape != nil { // one that failed keeps what it had
			e.Shape = shape
		}
		if book[q.File] == nil {
			book[q.File] = make(map[string]Expectation)
		}
		book[q.File][q.Name] = e
	}
	for file, expectations := range book {
		for name := range expectations {
			if !known[file][name] {
				delete(expectations, name)
			}
		}
		if len(expectations) == 0 {
			delete(book, file)
		}
	}
}
