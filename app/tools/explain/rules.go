package explain

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What a plan may do that its expectation doesn't mention.
const (
	// pages and pagesPerRow bound the pages: descending an index takes three or four, a row's own page one.
	pages       = 64
	pagesPerRow = 6
	// pagesPerWrite are for a row that is written: its indexes. What foreign keys look up afterwards isn't in plans.
	pagesPerWrite = 30
	// discarded and discardedPerRow bound the rows that a scan reads and throws away.
	discarded       = 250
	discardedPerRow = 10
	// loops bounds how often a part of a plan begins, such as the inner side of a nested loop, or a subquery that is asked for each row.
	loops = 10_000
	// joinedPerRow and joined bound the rows that a join makes of those that it gets.
	joinedPerRow = 10
	joined       = 1_000
	// misjudged is how many times more rows may come than were expected, where at least misjudgedRows do.
	misjudged     = 200
	misjudgedRows = 2_000
	// heapFetches and heapFetchesShare bound the rows that an index-only scan looks up because their pages have changed.
	heapFetches      = 50
	heapFetchesShare = 0.5
)

// Finding is a rule that a plan breaks.
type Finding struct {
	Query string `json:"query,omitempty"`
	// Case is the tenant, the kind of plan, and the size.
	Case string `json:"case,omitempty"`
	// Rule is one of those below.
	Rule string `json:"rule"`
	// Node is what the finding is about.
	Node string `json:"node,omitempty"`
	// Found and Allowed are in words.
	Found   string `json:"found"`
	Allowed string `json:"allowed,omitempty"`
}

// String is the finding in one line.
func (f Finding) String() string {
	text := strings.Join(slices.DeleteFunc([]string{f.Query, f.Case, f.Rule, f.Node, f.Found}, func(s string) bool { return s == "" }), ": ")
	if f.Allowed != "" {
		text += " (allowed: " + f.Allowed + ")"
	}
	return text
}

// Together puts findings that differ only in their case into one, which names the cases.
func Together(findings []Finding) []Finding {
	var together []Finding
	at := make(map[Finding]int)
	for _, f := range findings {
		key := f
		key.Case, key.Found = "", ""
		if f.Rule == RuleDefinition || f.Rule == RuleIndex {
			key.Found = f.Found
		}
		if i, ok := at[key]; ok {
			together[i].Case += ", " + f.Case
			continue
		}
		at[key] = len(together)
		together = append(together, f)
	}
	return together
}

// The rules.
const (
	RuleBuffers    = "buffers"
	RuleEmpty      = "found nothing"
	RuleDefinition = "index changed"
	RuleEstimate   = "estimate"
	RuleExpected   = "no expectation"
	RuleFailed     = "failed"
	RuleFilter     = "filter"
	RuleGrowth     = "growth"
	RuleIndex      = "index"
	RuleIndexOnly  = "index-only"
	RuleJIT        = "jit"
	RuleJoin       = "join"
	RuleLimit      = "limit"
	RuleLoops      = "loops"
	RulePartitions = "partitions"
	RuleMissing    = "not loaded"
	RulePlan       = "plan changed"
	RulePlanned    = "never ran"
	RuleRows       = "rows"
	RuleSeqScan    = "sequential scan"
	RuleSettings   = "settings"
	RuleSort       = "sort"
	RuleSpill      = "spill"
	RuleStatistics = "statistics"
	RuleTooSmall   = "too few rows"
	RuleUnknown    = "unknown query"
	RuleUnused     = "unused index"
)

// Catalog is what the rules know of the database.
type Catalog struct {
	// Large are tables that may not be read as a whole.
	Large map[string]bool
	// Partitions are the partitions of each partitioned table, and PartitionOf the other way round.
	Partitions  map[string]int
	PartitionOf map[string]string
	// Forced are settings that the server's configuration doesn't have, with who set them: the session, database, user or client.
	Forced map[string]string
}

// Check applies the rules that one plan can break by itself.
func Check(p *Plan, e Expectation, c *Catalog, analyzed bool) []Finding {
	var found []Finding
	add := func(rule string, n *Node, text, allowed string) {
		f := Finding{Rule: rule, Found: text, Allowed: allowed}
		if n != nil {
			f.Node = describe(n)
		}
		found = append(found, f)
	}
	p.Root.wholes(false, func(n *Node) {
		if read := n.all() + n.Removed*n.Loops; n.unconditional() && c.Large[n.Relation] && !slices.Contains(e.Seq, n.Relation) && (!analyzed || read > discarded) {
			add(RuleSeqScan, n, "reads the whole index"+why(n.Filter), "a condition on the columns of the index")
		}
	})
	partitions := make(map[string]map[string]bool)
	for n, above := range p.Nodes() {
		if parent, ok := c.PartitionOf[n.Relation]; ok && n.scans() && (!analyzed || n.Loops > 0) {
			if partitions[parent] == nil {
				partitions[parent] = make(map[string]bool)
			}
			partitions[parent][n.Relation] = true
		}
		if n.Type == "Seq Scan" && c.Large[n.Relation] && !slices.Contains(e.Seq, n.Relation) {
			add(RuleSeqScan, n, "reads the whole table"+why(n.Filter), "an index of "+list(e.Use))
		}
		if n.Index != "" && !slices.Contains(e.Use, n.Index) {
			add(RuleIndex, n, "uses "+n.Index, list(e.Use))
		}
		if e.Only && (n.Type == "Index Scan" || n.Type == "Bitmap Heap Scan") && !slices.Contains(e.Heap, n.Relation) {
			add(RuleIndexOnly, n, "fetches rows from the table", "an index-only scan")
		}
		if !analyzed {
			continue
		}
		// most is how many rows may be thrown away to keep so many.
		most := func(kept float64) float64 { return cmp.Or(e.Discard, discarded+discardedPerRow*kept) }
		thrownAway := func(kept float64) string { return fmt.Sprintf("%.0f thrown away", most(kept)) }
		kept := n.all()
		if thrown := (n.Removed + n.Rechecked) * n.Loops; n.scans() && !c.asAWhole(n) && thrown > most(kept) {
			add(RuleFilter, n, fmt.Sprintf("reads %.0f rows to keep %.0f%s", thrown+kept, kept, why(n.Filter)), thrownAway(kept))
		}
		if got := n.below(); strings.HasSuffix(n.Type, "Sort") && got-kept > most(kept) {
			add(RuleSort, n, fmt.Sprintf("sorts %.0f rows by %s to keep %.0f: the index that is read hasn't their order", got, strings.Join(n.SortKey, ", "), kept), thrownAway(kept))
		}
		if got := n.below(); n.Type == "Limit" && got-kept > most(kept) {
			add(RuleLimit, n, fmt.Sprintf("skips %.0f rows before the first of %.0f: ask for what comes after a key instead of OFFSET", got-kept, kept), thrownAway(kept))
		}
		if thrown := n.Unmatched * n.Loops; n.joins() && thrown > most(kept) {
			add(RuleJoin, n, fmt.Sprintf("compares %.0f pairs of rows to keep %.0f%s", thrown+kept, kept, why(n.JoinFilter)), thrownAway(kept))
		}
		if got := n.inputs(); n.joins() && kept > joined+joinedPerRow*got {
			add(RuleJoin, n, fmt.Sprintf("makes %.0f rows of %.0f: does it lack a condition?", kept, got), fmt.Sprintf("%.0f", joined+joinedPerRow*got))
		}
		if most := cmp.Or(e.Loops, loops); n.Loops > most && (above == nil || above.Loops <= most) {
			add(RuleLoops, n, fmt.Sprintf("begins %.0f times", n.Loops), fmt.Sprintf("%.0f", most))
		}
		if most := heapFetches + kept*heapFetchesShare; e.Only && n.HeapFetches > most && !slices.Contains(e.Heap, n.Relation) {
			add(RuleIndexOnly, n, fmt.Sprintf("fetches %.0f rows from the table to see whether they are there: VACUUM %s", n.HeapFetches, n.Relation), fmt.Sprintf("%.0f", most))
		}
		if !e.Spill && n.spilled() {
			add(RuleSpill, n, "writes to disk what doesn't fit into work_mem", "none")
		}
		if n.scans() && n.IndexCond == "" && misjudges(n) && !p.Generic() {
			add(RuleEstimate, n, fmt.Sprintf("%.0f rows instead of the %.0f expected: ANALYZE %s, or it has columns that depend on each other", n.Rows, n.PlanRows, n.Relation),
				fmt.Sprintf("%d times more", misjudged))
		}
	}
	for parent, scanned := range partitions {
		if c.Partitions[parent] > 1 && len(scanned) >= c.Partitions[parent] && !e.AllPartitions {
			found = append(found, Finding{Rule: RulePartitions, Node: parent, Found: fmt.Sprintf("all %d partitions are read", len(scanned)), Allowed: "those that can have the rows"})
		}
	}
	for name, value := range p.Settings {
		if source, forced := c.Forced[name]; forced && name != "jit" { // which only ever makes plans slower here
			found = append(found, Finding{Rule: RuleSettings, Found: name + " is " + value + ", set by the " + source, Allowed: "as the server has it: the verdict is about the planner's own choice"})
		} else if strings.HasPrefix(name, "enable_") || name == "plan_cache_mode" || strings.HasPrefix(name, "force_parallel") || strings.HasPrefix(name, "debug_parallel") {
			found = append(found, Finding{Rule: RuleSettings, Found: name + " is " + value, Allowed: "its default: the verdict is about the planner's own choice"})
		}
	}
	if p.JIT != nil && p.JIT.Functions > 0 && !e.JIT {
		add(RuleJIT, nil, fmt.Sprintf("compiles %d functions for a query that should be short", p.JIT.Functions), "none")
	}
	if !analyzed {
		return found
	}
	scanned, begun := p.Scanned()
	if allowed := cmp.Or(float64(e.Buffers), pages+pagesPerRow*(scanned+begun)+pagesPerWrite*p.Written()); float64(c.buffers(p)) > allowed {
		add(RuleBuffers, worst(p), fmt.Sprintf("touches %d pages for %.0f rows", c.buffers(p), scanned), fmt.Sprintf("%.0f pages", allowed))
	}
	if e.Rows > 0 && scanned > e.Rows {
		add(RuleRows, worst(p), fmt.Sprintf("reads %.0f rows", scanned), fmt.Sprintf("%.0f", e.Rows))
	}
	return found
}

// asAWhole reports whether the node reads a table as a whole that is so small that this is right.
func (c *Catalog) asAWhole(n *Node) bool { return n.Type == "Seq Scan" && !c.Large[n.Relation] }

// buffers are the pages that the execution touched, without tables that are small.
func (c *Catalog) buffers(p *Plan) int64 {
	touched := p.Buffers()
	for n := range p.Nodes() {
		if c.asAWhole(n) {
			touched -= n.own()
		}
	}
	return touched
}

// misjudges tells more rows than were expected, which make plans slow; fewer may be because enough was found.
func misjudges(n *Node) bool {
	return n.Rows >= misjudgedRows && n.Rows/max(n.PlanRows, 1) > misjudged
}

// worst is the scan that touches most pages itself.
func worst(p *Plan) *Node {
	var w *Node
	for n := range p.Nodes() {
		if n.scans() && (w == nil || n.pages() > w.pages()) {
			w = n
		}
	}
	return w
}

func describe(n *Node) string {
	if line := n.line(); line != "" {
		return line
	}
	return n.Type
}

// columnCast is a column that is cast before it is compared: an index of the column can't be used then.
var columnCast = regexp.MustCompile(`\(\(?(\w+)\)?::[a-z ]+(\[\])?\)? (=|<|>|<=|>=|~~) `)

// why guesses from a filter what is wrong.
func why(filter string) string {
	switch match := columnCast.FindStringSubmatch(filter); {
	case filter == "":
		return ""
	case match != nil && match[1] != "text":
		return fmt.Sprintf(" because %s is cast: %s", match[1], filter)
	case strings.Contains(filter, " OR "):
		return " because of OR, for which no one index serves: " + filter
	default:
		return " by the filter " + filter
	}
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
