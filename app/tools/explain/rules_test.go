package explain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// scan is an index scan of orders that finds so many rows.
func scan(rows float64) explain.Node {
	return explain.Node{Type: "Index Scan", Relation: "orders", Index: "orders_pkey", IndexCond: "(id = 1)", PlanRows: rows, Rows: rows, Loops: 1, Hit: 4}
}

func above(kind string, rows float64, below ...explain.Node) explain.Node {
	for i := range below {
		below[i].Relationship = "Outer"
	}
	n := explain.Node{Type: kind, Rows: rows, Loops: 1, Plans: below}
	for _, b := range below {
		n.Hit += b.Hit
	}
	return n
}

func with(n explain.Node, change func(n *explain.Node)) explain.Node {
	change(&n)
	return n
}

func TestOnePlanIsChecked(t *testing.T) {
	t.Parallel()
	catalog := &explain.Catalog{
		Large: map[string]bool{"orders": true}, Partitions: map[string]int{"events": 2}, PartitionOf: map[string]string{"events_1": "events", "events_2": "events"},
		Forced: map[string]string{"random_page_cost": "session", "jit": "client"},
	}
	part := func(name string, loops float64) explain.Node {
		return explain.Node{Type: "Index Scan", Relation: name, Index: "orders_pkey", IndexCond: "(id = 1)", Loops: loops}
	}
	whole := with(scan(300), func(n *explain.Node) { n.Type, n.IndexCond = "Index Only Scan", "" })
	small := explain.Node{Type: "Seq Scan", Relation: "shops", Rows: 1, Loops: 1, Hit: 5_000, Plans: []explain.Node{with(scan(1), func(n *explain.Node) { n.Hit = 4_990 })}}
	for name, c := range map[string]struct {
		plan        explain.Plan
		expectation explain.Expectation
		want        []string
	}{
		"nothing_is_wrong":               {plan: explain.Plan{Root: scan(1)}},
		"an_index_that_it_may_not_use":   {plan: explain.Plan{Root: scan(1)}, expectation: explain.Expectation{Use: []string{"other"}}, want: []string{explain.RuleIndex}},
		"too_many_pages":                 {plan: explain.Plan{Root: with(scan(1), func(n *explain.Node) { n.Read = 100 })}, want: []string{explain.RuleBuffers}},
		"fewer_pages_than_the_defaults":  {plan: explain.Plan{Root: scan(1)}, expectation: explain.Expectation{Buffers: 3}, want: []string{explain.RuleBuffers}},
		"more_rows_than_its_budget":      {plan: explain.Plan{Root: scan(8)}, expectation: explain.Expectation{Rows: 7}, want: []string{explain.RuleRows}},
		"pages_below_a_small_table":      {plan: explain.Plan{Root: small}, want: []string{explain.RuleBuffers}},
		"rows_that_a_filter_throws_away": {plan: explain.Plan{Root: with(scan(1), func(n *explain.Node) { n.Removed = 300 })}, want: []string{explain.RuleFilter}},
		"fewer_discarded_than_the_defaults": {
			plan: explain.Plan{Root: with(scan(1), func(n *explain.Node) { n.Removed = 3 })}, expectation: explain.Expectation{Discard: 2}, want: []string{explain.RuleFilter},
		},
		"rows_that_a_recheck_throws_away": {plan: explain.Plan{Root: with(scan(1), func(n *explain.Node) { n.Rechecked = 300 })}, want: []string{explain.RuleFilter}},
		"a_sort_of_many_for_few":          {plan: explain.Plan{Root: above("Sort", 2, scan(400))}, want: []string{explain.RuleSort}},
		"rows_that_are_skipped":           {plan: explain.Plan{Root: above("Limit", 2, scan(400))}, want: []string{explain.RuleLimit}},
		"pairs_that_a_join_throws_away":   {plan: explain.Plan{Root: with(above("Nested Loop", 2, scan(10)), func(n *explain.Node) { n.Unmatched = 400 })}, want: []string{explain.RuleJoin}},
		"a_join_that_multiplies":          {plan: explain.Plan{Root: above("Nested Loop", 3_000, scan(10), scan(10))}, want: []string{explain.RuleJoin}},
		"a_part_that_begins_often":        {plan: explain.Plan{Root: above("Nested Loop", 1, with(scan(0), func(n *explain.Node) { n.Loops = 10_001 }))}, want: []string{explain.RuleLoops}},
		"fewer_loops_than_the_defaults": {
			plan:        explain.Plan{Root: above("Nested Loop", 1, with(scan(0), func(n *explain.Node) { n.Loops = 6 }))},
			expectation: explain.Expectation{Loops: 5}, want: []string{explain.RuleLoops},
		},
		"a_sort_on_disk":                   {plan: explain.Plan{Root: with(above("Sort", 1, scan(1)), func(n *explain.Node) { n.SpaceType = "Disk" })}, want: []string{explain.RuleSpill}},
		"a_hash_in_batches":                {plan: explain.Plan{Root: with(above("Hash", 1, scan(1)), func(n *explain.Node) { n.HashBatches = 2 })}, want: []string{explain.RuleSpill}},
		"many_rows_where_few_are_expected": {plan: explain.Plan{Root: explain.Node{Type: "Seq Scan", Relation: "shops", PlanRows: 1, Rows: 2_000, Loops: 1}}, want: []string{explain.RuleEstimate}},
		"a_large_table_as_a_whole":         {plan: explain.Plan{Root: explain.Node{Type: "Seq Scan", Relation: "orders", Rows: 1, Loops: 1}}, want: []string{explain.RuleSeqScan}},
		"a_large_index_as_a_whole":         {plan: explain.Plan{Root: whole}, want: []string{explain.RuleSeqScan}},
		"a_large_index_below_a_sort":       {plan: explain.Plan{Root: above("Limit", 300, above("Sort", 300, whole))}, want: []string{explain.RuleSeqScan}},
		"the_first_rows_of_a_large_index":  {plan: explain.Plan{Root: above("Limit", 300, whole)}},
		"a_bitmap_of_all_rows": {
			plan: explain.Plan{Root: explain.Node{Type: "Bitmap Heap Scan", Relation: "orders", Rows: 300, Loops: 1, Plans: []explain.Node{{Type: "Bitmap Index Scan", Index: "orders_pkey"}}}},
			want: []string{explain.RuleSeqScan},
		},
		"rows_that_are_fetched": {plan: explain.Plan{Root: scan(1)}, expectation: explain.Expectation{Use: []string{"orders_pkey"}, Only: true}, want: []string{explain.RuleIndexOnly}},
		"rows_that_are_looked_up": {
			plan:        explain.Plan{Root: with(scan(100), func(n *explain.Node) { n.Type, n.HeapFetches = "Index Only Scan", 101 })},
			expectation: explain.Expectation{Only: true}, want: []string{explain.RuleIndexOnly},
		},
		"all_partitions":        {plan: explain.Plan{Root: above("Append", 0, part("events_1", 1), part("events_2", 1))}, want: []string{explain.RulePartitions}},
		"partitions_not_begun":  {plan: explain.Plan{Root: above("Append", 0, part("events_1", 1), part("events_2", 0))}},
		"one_partition_twice":   {plan: explain.Plan{Root: above("Append", 0, part("events_1", 1), part("events_1", 1))}},
		"compiled_code":         {plan: mustParse(t, `[{"Plan": {"Node Type": "Result"}, "JIT": {"Functions": 3}}]`), want: []string{explain.RuleJIT}},
		"forced_plans":          {plan: explain.Plan{Root: scan(1), Settings: map[string]string{"enable_seqscan": "off"}}, want: []string{explain.RuleSettings}},
		"forced_custom_plans":   {plan: explain.Plan{Root: scan(1), Settings: map[string]string{"plan_cache_mode": "force_custom_plan"}}, want: []string{explain.RuleSettings}},
		"costs_of_the_session":  {plan: explain.Plan{Root: scan(1), Settings: map[string]string{"random_page_cost": "1.1"}}, want: []string{explain.RuleSettings}},
		"memory_of_the_server":  {plan: explain.Plan{Root: scan(1), Settings: map[string]string{"work_mem": "8MB"}}},
		"no_compiler_by_choice": {plan: explain.Plan{Root: scan(1), Settings: map[string]string{"jit": "off"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := c.expectation
			if e.Use == nil {
				e.Use = []string{"orders_pkey"}
			}
			var rules []string
			for _, f := range explain.Check(&c.plan, e, catalog, true) {
				rules = append(rules, f.Rule)
			}
			require.Equal(t, c.want, rules)
		})
	}
}

func mustParse(t *testing.T, text string) explain.Plan {
	t.Helper()
	p, err := explain.ParsePlan([]byte(text))
	require.NoError(t, err)
	return *p
}

func TestMeasuredPlansAreJudgedTogether(t *testing.T) {
	t.Parallel()
	query := explain.Query{Name: "A", File: "shop", SQL: "SELECT 1"}
	catalog := &explain.Catalog{Large: map[string]bool{"orders": true}}
	ran := func(tenant, size string, root explain.Node) explain.Measured {
		return explain.Measured{Query: query, Tenant: explain.Tenant{Name: tenant}, Kind: "custom", Size: size, Analyzed: true, Values: "e(1)", Catalog: catalog, Plan: &explain.Plan{Root: root}}
	}
	refused := ran("small", "before", scan(0))
	refused.Analyzed, refused.Refused = false, "it is taken"
	index := explain.Expectation{Use: []string{"orders_pkey"}, Shape: []string{"Index on orders by orders_pkey"}}
	for name, c := range map[string]struct {
		sql      string
		change   func(e *explain.Expectation)
		measured []explain.Measured
		want     []string
	}{
		"nothing_is_wrong":      {measured: []explain.Measured{ran("small", "before", scan(1)), ran("small", "after", scan(1))}},
		"rows_of_others":        {measured: []explain.Measured{ran("small", "before", scan(1)), ran("small", "after", with(scan(1), func(n *explain.Node) { n.Removed = 255 }))}, want: []string{explain.RuleGrowth}},
		"pages_of_others":       {measured: []explain.Measured{ran("small", "before", scan(1)), ran("small", "after", with(scan(1), func(n *explain.Node) { n.Hit = 60 }))}, want: []string{explain.RuleGrowth}},
		"it_is_about_everyone":  {change: func(e *explain.Expectation) { e.Everyone = true }, measured: []explain.Measured{ran("small", "before", scan(1)), ran("small", "after", with(scan(1), func(n *explain.Node) { n.Hit = 60 }))}},
		"rows_of_the_history":   {measured: []explain.Measured{ran("small", "before", scan(1)), ran("large", "before", above("Aggregate", 1, scan(600)))}, want: []string{explain.RuleGrowth, explain.RulePlan}},
		"no_rows_at_all":        {measured: []explain.Measured{ran("small", "before", scan(0)), ran("large", "before", scan(0))}, want: []string{explain.RuleEmpty}},
		"rows_for_one":          {measured: []explain.Measured{ran("small", "before", scan(0)), ran("large", "before", scan(1))}},
		"nothing_to_be_read":    {change: func(e *explain.Expectation) { e.Shape = nil }, measured: []explain.Measured{ran("small", "before", explain.Node{Type: "Result", Rows: 1, Loops: 1})}},
		"it_is_meant_to_be":     {change: func(e *explain.Expectation) { e.Empty = true }, measured: []explain.Measured{ran("small", "before", scan(0))}},
		"it_isn't_empty":        {change: func(e *explain.Expectation) { e.Empty = true }, measured: []explain.Measured{ran("small", "before", scan(1))}, want: []string{explain.RuleEmpty}},
		"a_write_never_ran":     {measured: []explain.Measured{refused}, want: []string{explain.RulePlanned}},
		"a_write_ran_once":      {measured: []explain.Measured{refused, ran("large", "before", scan(1))}},
		"a_write_can't_run":     {change: func(e *explain.Expectation) { e.Planned = true }, measured: []explain.Measured{refused}},
		"a_write_can_run":       {change: func(e *explain.Expectation) { e.Planned = true }, measured: []explain.Measured{ran("large", "before", scan(1))}, want: []string{explain.RulePlanned}},
		"a_parameter_skips":     {sql: "SELECT 1 LIMIT 5 OFFSET $2", measured: []explain.Measured{ran("small", "before", scan(1))}, want: []string{explain.RuleLimit}},
		"a_computed_skip":       {sql: "SELECT 1 OFFSET ($1::int - 1) * 20 LIMIT 20", measured: []explain.Measured{ran("small", "before", scan(1))}, want: []string{explain.RuleLimit}},
		"a_fence_skips_nothing": {sql: "SELECT 1 FROM (SELECT 1 OFFSET 0) x WHERE a = $1", measured: []explain.Measured{ran("small", "before", scan(1))}},
		"another_plan": {
			measured: []explain.Measured{ran("small", "before", above("Aggregate", 1, scan(1)))}, want: []string{explain.RulePlan},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, e := query, index
			if c.sql != "" {
				q.SQL = c.sql
			}
			if c.change != nil {
				c.change(&e)
			}
			var rules []string
			for _, f := range explain.Judge([]explain.Query{q}, explain.Book{"shop": {"A": e}}, c.measured) {
				rules = append(rules, f.Rule)
			}
			require.Equal(t, c.want, rules)
		})
	}
}

func TestQueriesAndExpectationsMustMeet(t *testing.T) {
	t.Parallel()
	found := explain.Judge([]explain.Query{{Name: "New", File: "shop"}}, explain.Book{"shop": {"Old": {}}}, nil)
	require.Len(t, found, 2)
	require.Equal(t, explain.RuleExpected, found[0].Rule)
	require.Equal(t, explain.RuleUnknown, found[1].Rule)
	require.Equal(t, []explain.Finding{{Query: "Lost", Rule: explain.RuleMissing, Found: "it is declared, but not in the generated code", Allowed: "to generate the code anew"}},
		explain.Missing([]string{"New", "Lost"}, []explain.Query{{Name: "New"}}))
}

func TestIndexesAreComparedWithThoseBefore(t *testing.T) {
	t.Parallel()
	book := explain.Book{"shop": {"A": {Use: []string{"changed", "gone", "same", "unseen"}}}}
	was := explain.Indexes{"changed": "CREATE INDEX changed ON t (a)", "gone": "CREATE INDEX gone ON t (a)", "same": "CREATE INDEX same ON t (a)"}
	are := explain.Indexes{
		"changed": "CREATE INDEX changed ON t (b)", "same": "CREATE INDEX same ON t (a)", "unseen": "CREATE INDEX unseen ON t (a)",
		"once": "CREATE UNIQUE INDEX once ON t (a)", "useless": "CREATE INDEX useless ON t (a)",
	}
	var lines []string
	for _, f := range explain.JudgeIndexes(book, was, are) {
		lines = append(lines, f.Rule+": "+f.Node)
	}
	require.Equal(t, []string{"index changed: changed", "index changed: gone", "index changed: unseen", "unused index: useless"}, lines)
}

func TestAQueryThatFailedKeepsItsShape(t *testing.T) {
	t.Parallel()
	book := explain.Book{"shop": {"A": {Shape: []string{"Seq Scan on t"}}, "Gone": {}}}
	explain.Propose([]explain.Query{{Name: "A", File: "shop"}}, book, nil)
	require.Equal(t, explain.Book{"shop": {"A": {Shape: []string{"Seq Scan on t"}}}}, book)
}
