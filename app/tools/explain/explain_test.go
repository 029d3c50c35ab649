package explain_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/tools/explain"
	"github.com/chefcloud/chefcloud/app/tools/plans"
)

// shop is another project that uses sqlc, with a database that is broken on purpose.
type shop struct {
	book    explain.Book
	conn    *pgx.Conn
	indexes explain.Indexes
	queries []explain.Query
}

var shops = []explain.Tenant{{Name: "small", ID: "small"}, {Name: "large", ID: "large"}}

func openShop(t *testing.T) *shop {
	t.Helper()
	address, drop, err := plans.Database(t.Context(), os.Getenv(dbtest.URLVariable))
	require.NoError(t, err)
	t.Cleanup(drop)
	s := &shop{book: make(explain.Book)}
	s.conn, err = pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.conn.Close(context.Background()) })
	schema, err := os.ReadFile("testdata/shop/schema.sql")
	require.NoError(t, err)
	s.exec(t, string(schema))
	s.queries, err = explain.Load("testdata/shop/db")
	require.NoError(t, err)
	s.fill(t, "small", 200)
	s.fill(t, "large", 6_000)
	s.fill(t, "others", 6_000)
	s.exec(t, "SELECT pg_stat_force_next_flush()") // or what was written would count after the statistics were made
	s.exec(t, "ANALYZE")
	explain.Propose(s.queries, s.book, s.measure(t, "before"))
	s.indexes, err = explain.ReadIndexes(t.Context(), s.conn)
	require.NoError(t, err)
	require.Empty(t, s.judge(t), "nothing is wrong at first")
	return s
}

func (s *shop) exec(t *testing.T, sql string) {
	t.Helper()
	_, err := s.conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func (s *shop) fill(t *testing.T, tenant string, rows int) {
	t.Helper()
	s.exec(t, fmt.Sprintf(`INSERT INTO customers SELECT '%[1]s', 'c' || g, g || '@example.com' FROM generate_series(1, %[2]d / 20 + 100) g`, tenant, rows))
	s.exec(t, fmt.Sprintf(`INSERT INTO orders SELECT '%[1]s', g, 'c' || g %% (%[2]d / 20), 'r' || g, CASE WHEN g %% 50 = 0 THEN 'open' ELSE 'paid' END,
		timestamptz '2024-01-01' + g * interval '1 minute', g FROM generate_series(1, %[2]d) g`, tenant, rows))
}

func (s *shop) measure(t *testing.T, size string) []explain.Measured {
	t.Helper()
	catalog, _, err := explain.ReadCatalog(t.Context(), s.conn, s.queries, 100, nil)
	require.NoError(t, err)
	runner := explain.Runner{
		Catalog: catalog, Conn: s.conn, Parameters: &explain.Sampler{Column: "shop_id", Conn: s.conn}, StatementTimeout: 10_000,
	}
	var measured []explain.Measured
	for _, q := range s.queries {
		for _, tenant := range shops {
			m, err := runner.Run(t.Context(), q, tenant, size)
			require.NoError(t, err)
			require.Len(t, m, 2)
			measured = append(measured, m...)
		}
	}
	return measured
}

// judge returns rules that are broken, as `query rule`, once each.
func (s *shop) judge(t *testing.T) []string {
	t.Helper()
	_, findings, err := explain.ReadCatalog(t.Context(), s.conn, s.queries, 100, nil)
	require.NoError(t, err)
	findings = append(findings, explain.Judge(s.queries, s.book, s.measure(t, "now"))...)
	indexes, err := explain.ReadIndexes(t.Context(), s.conn)
	require.NoError(t, err)
	findings = append(findings, explain.JudgeIndexes(s.book, s.indexes, indexes)...)
	var rules []string
	for _, f := range findings {
		t.Log(f)
		if rule := f.Query + " " + f.Rule; !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// replace puts another statement in the place of a query.
func (s *shop) replace(name, sql string, arguments ...string) {
	i := slices.IndexFunc(s.queries, func(q explain.Query) bool { return q.Name == name })
	s.queries[i].SQL, s.queries[i].Arguments = sql, arguments
}

func TestBreakagesAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breakIt func(t *testing.T, s *shop)
		want    []string
		nothing []string // queries that stay right
	}{
		"a_dropped_index": {
			breakIt: func(t *testing.T, s *shop) { s.exec(t, "DROP INDEX orders_by_reference") },
			want:    []string{"FindOrder filter", "FindOrder plan changed"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"a_dropped_column_of_an_index": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "DROP INDEX orders_by_customer; CREATE INDEX orders_by_customer ON orders (shop_id, placed_at DESC); ANALYZE orders")
			},
			want: []string{"ListOrders filter", "ListOrders index changed"}, nothing: []string{"FindOrder", "VoidOrder"},
		},
		"the_wrong_order_of_columns": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "DROP INDEX orders_by_reference; CREATE INDEX orders_by_reference ON orders (placed_at, shop_id, reference); ANALYZE orders")
			},
			want: []string{"FindOrder plan changed", "FindOrder index changed"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"an_implicit_cast": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("VoidOrder", "UPDATE orders SET status = 'void' WHERE shop_id = $1 AND id::numeric = $2::numeric", "ShopID", "ID")
			},
			want: []string{"VoidOrder filter"}, nothing: []string{"FindOrder", "ListOpen", "ListOrders"},
		},
		"or_over_two_columns": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("FindOrder", "SELECT id, total FROM orders WHERE shop_id = $1 AND (reference = $2 OR status = $2)", "ShopID", "Reference")
			},
			want: []string{"FindOrder filter"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"stale_statistics": {
			breakIt: func(t *testing.T, s *shop) {
				s.fill(t, "newcomer", 9_000)
				s.exec(t, "SELECT pg_stat_force_next_flush()")
			},
			want: []string{" statistics"},
		},
		"a_new_query": {
			breakIt: func(_ *testing.T, s *shop) {
				s.queries = append(s.queries, explain.Query{Name: "CountOrders", File: "shop", SQL: "SELECT count(*) FROM orders WHERE shop_id = $1", Arguments: []string{"ShopID"}})
			},
			want: []string{"CountOrders no expectation"}, nothing: []string{"FindOrder", "ListOpen", "ListOrders", "VoidOrder"},
		},
		"a_dropped_column_that_gave_the_order": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "DROP INDEX orders_open; CREATE INDEX orders_open ON orders (shop_id) WHERE status <> 'void'; ANALYZE orders")
			},
			want: []string{"ListOpen filter", "ListOpen index changed"}, nothing: []string{"FindOrder", "ListOrders", "VoidOrder"},
		},
		"an_order_that_no_index_has": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOrders", "SELECT id, placed_at, total FROM orders WHERE shop_id = $1 ORDER BY total, placed_at LIMIT 20", "ShopID")
			},
			want: []string{"ListOrders sort"}, nothing: []string{"FindOrder", "ListOpen", "VoidOrder"},
		},
		"pages_by_offset": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOrders", "SELECT id, placed_at, total FROM orders WHERE shop_id = $1 ORDER BY id OFFSET 5000 LIMIT 20", "ShopID")
			},
			want: []string{"ListOrders limit"}, nothing: []string{"FindOrder", "ListOpen", "VoidOrder"},
		},
		"no_limit": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOpen", "SELECT id FROM orders WHERE shop_id = $1 AND status = 'open' AND placed_at < $2 ORDER BY placed_at", "ShopID", "PlacedAt")
			},
			want: []string{"ListOpen plan changed"}, nothing: []string{"FindOrder", "ListOrders", "VoidOrder"},
		},
		"no_tenant": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("FindOrder", "SELECT id, total FROM orders WHERE reference = $2 AND $1::text IS NOT NULL", "ShopID", "Reference")
			},
			want: []string{"FindOrder plan changed"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"a_join_without_its_condition": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOrders", "SELECT o.id, c.email FROM orders o, customers c WHERE o.shop_id = $1 AND c.shop_id = o.shop_id AND o.placed_at >= $2", "ShopID", "PlacedAt")
			},
			want: []string{"ListOrders join"}, nothing: []string{"FindOrder", "ListOpen", "VoidOrder"},
		},
		"a_join_by_an_inequality": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOrders", "SELECT o.id, c.email FROM orders o JOIN customers c ON c.shop_id = o.shop_id AND c.id || '' = o.reference || o.id WHERE o.shop_id = $1", "ShopID")
			},
			want: []string{"ListOrders plan changed"}, nothing: []string{"FindOrder", "ListOpen", "VoidOrder"},
		},
		"a_function_of_the_column": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("FindOrder", "SELECT id, total FROM orders WHERE shop_id = $1 AND lower(reference) = lower($2)", "ShopID", "Reference")
			},
			want: []string{"FindOrder filter"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"a_pattern_that_begins_with_anything": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("FindOrder", "SELECT id, total FROM orders WHERE shop_id = $1 AND reference LIKE '%' || $2", "ShopID", "Reference")
			},
			want: []string{"FindOrder filter"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"a_date_of_the_column": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOpen", "SELECT id FROM orders WHERE shop_id = $1 AND placed_at::date = $2::date LIMIT 50", "ShopID", "PlacedAt")
			},
			want: []string{"ListOpen plan changed"}, nothing: []string{"FindOrder", "ListOrders", "VoidOrder"},
		},
		"a_subquery_asked_for_each_row": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOrders", "SELECT (SELECT count(*) FROM customers c WHERE c.shop_id = o.shop_id AND c.id > o.customer_id) FROM orders o WHERE o.shop_id = ANY (ARRAY[$1, 'others'])", "ShopID")
			},
			want: []string{"ListOrders loops"}, nothing: []string{"FindOrder", "ListOpen", "VoidOrder"},
		},
		"the_condition_of_a_partial_index": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "DROP INDEX orders_open; CREATE INDEX orders_open ON orders (shop_id, placed_at) WHERE status = 'paid'; ANALYZE orders")
			},
			want: []string{"ListOpen plan changed"}, nothing: []string{"FindOrder", "ListOrders", "VoidOrder"},
		},
		"an_index_that_serves_nothing": {
			breakIt: func(t *testing.T, s *shop) { s.exec(t, "CREATE INDEX orders_by_total ON orders (total)") },
			want:    []string{" unused index"}, nothing: []string{"FindOrder", "ListOpen", "ListOrders", "VoidOrder"},
		},
		"an_invalid_index": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_by_reference'::regclass")
			},
			want: []string{"FindOrder filter", "FindOrder index changed"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
		},
		"a_sort_that_spills": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "SET work_mem = '64kB'")
				s.replace("ListOrders", "SELECT id FROM orders WHERE shop_id = $1 ORDER BY total, reference", "ShopID")
			},
			want: []string{"ListOrders spill"},
		},
		"a_hash_that_spills": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "SET work_mem = '64kB'")
				s.replace("ListOrders", "SELECT total, count(*) FROM orders WHERE shop_id = $1 GROUP BY total", "ShopID")
			},
			want: []string{"ListOrders spill"},
		},
		"a_query_that_grows_with_the_history": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("VoidOrder", "SELECT sum(total) FROM orders WHERE shop_id = $1 AND id > $2 - 1000000", "ShopID", "ID")
			},
			want: []string{"VoidOrder growth"},
		},
		"forced_settings": {
			breakIt: func(t *testing.T, s *shop) { s.exec(t, "SET enable_hashagg = off") },
			want:    []string{"FindOrder settings"},
		},
		"a_table_that_proves_nothing": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "CREATE TABLE notes (shop_id text, id bigint); ANALYZE notes")
				s.queries = append(s.queries, explain.Query{Name: "ListNotes", File: "shop", SQL: "SELECT id FROM notes WHERE shop_id = $1", Arguments: []string{"ShopID"}})
			},
			want: []string{" too few rows"},
		},
		"a_plan_that_is_another": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOpen", "SELECT id FROM orders o WHERE shop_id = $1 AND status = 'open' AND placed_at < $2 AND EXISTS (SELECT FROM customers c WHERE c.shop_id = $1 AND c.id = o.customer_id)", "ShopID", "PlacedAt")
			},
			want: []string{"ListOpen plan changed"}, nothing: []string{"FindOrder", "ListOrders", "VoidOrder"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			c.breakIt(t, s)
			got := s.judge(t)
			for _, want := range c.want {
				require.Contains(t, got, want)
			}
			for _, right := range c.nothing {
				for _, rule := range got {
					require.NotContains(t, rule, right+" ")
				}
			}
		})
	}
}

func TestWhatIsWrittenIsRolledBackAndGenericPlansAreSeen(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	kinds := make(map[string]bool)
	for _, m := range s.measure(t, "now") {
		kinds[m.Kind] = true
		require.True(t, m.Analyzed)
	}
	require.True(t, kinds["generic"], "PostgreSQL goes on without values after five executions")
	var voided int
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT count(*) FROM orders WHERE status = 'void'").Scan(&voided))
	require.Zero(t, voided)
}

func TestReadOnlyExecutesNoWrites(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	i := slices.IndexFunc(s.queries, func(q explain.Query) bool { return q.Name == "VoidOrder" })
	require.True(t, s.queries[i].Writes())
	runner := explain.Runner{Conn: s.conn, Parameters: &explain.Sampler{Column: "shop_id", Conn: s.conn}, ReadOnly: true, StatementTimeout: 10_000}
	measured, err := runner.Run(t.Context(), s.queries[i], shops[0], "now")
	require.NoError(t, err)
	for _, m := range measured {
		require.False(t, m.Analyzed)
	}
}

func TestStatementsAreBoundedInTime(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	runner := explain.Runner{Conn: s.conn, Parameters: &explain.Sampler{Column: "shop_id", Conn: s.conn}, StatementTimeout: 50}
	_, err := runner.Run(t.Context(), explain.Query{Name: "Slow", SQL: "SELECT pg_sleep(60)"}, shops[0], "now")
	require.ErrorContains(t, err, "statement timeout")
}

func TestBookIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	book := explain.Book{"shop": {
		"A": {Use: []string{"one", "two"}, Only: true, Heap: []string{"t"}, Seq: []string{"s"}, Buffers: 7, Rows: 8, Discard: 9, Loops: 10, Grows: true, Spill: true, JIT: true, AllPartitions: true, Everyone: true, Empty: true, Planned: true, Because: "of that; really", Shape: []string{"Limit", "  Seq Scan on s"}},
		"B": {},
	}}
	require.NoError(t, book.Write(folder))
	read, err := explain.ReadBook(folder)
	require.NoError(t, err)
	require.Equal(t, book, read)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bad.plans"), []byte("A | uses x\n"), 0o600))
	indexes := explain.Indexes{"one": "CREATE INDEX one ON t USING btree (a)", "two": "CREATE INDEX two ON t USING btree (b)", "unused": "CREATE INDEX unused ON t USING btree (c)"}
	require.NoError(t, indexes.Write(folder, book))
	delete(indexes, "unused")
	again, err := explain.ReadIndexesFile(folder)
	require.NoError(t, err)
	require.Equal(t, indexes, again)
	_, err = explain.ReadBook(folder)
	require.ErrorContains(t, err, `bad.plans:1: term "uses x": "uses" must be one of use,`)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bad.plans"), []byte("A | planned\n"), 0o600))
	_, err = explain.ReadBook(folder)
	require.ErrorContains(t, err, "empty and planned need a reason after because")
}

func TestQueriesAreReadFromGeneratedCode(t *testing.T) {
	t.Parallel()
	queries, err := explain.Load("testdata/shop/db")
	require.NoError(t, err)
	require.Len(t, queries, 4)
	require.Equal(t, "FindOrder", queries[0].Name)
	require.Equal(t, "shop", queries[0].File)
	require.Equal(t, []string{"ShopID", "Reference"}, queries[0].Arguments)
	require.Equal(t, []string{"shopID", "placedAt"}, queries[1].Arguments)
	ours, err := explain.Load("../../../gen/sqlc")
	require.NoError(t, err)
	require.Greater(t, len(ours), 250)
	_, err = explain.Load(t.TempDir())
	require.ErrorContains(t, err, "no code that sqlc generated")
}

func TestOptionalFiltersAreLeftEmptyForOpenTenants(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	q := explain.Query{Name: "ListByStatus", SQL: "SELECT id FROM orders WHERE shop_id = $1 AND ($2::text = '' OR status = $2) AND ($3::text = '' OR reference = $3)", Arguments: []string{"ShopID", "Status", "Reference"}}
	require.Equal(t, []int{2, 3}, q.Optional())
	sampler := &explain.Sampler{Column: "shop_id", Conn: s.conn}
	types := []string{"text", "text", "text"}
	open, err := sampler.Values(t.Context(), q, explain.Tenant{ID: "large", Open: true}, types)
	require.NoError(t, err)
	require.Equal(t, []string{"'large'::text", "''::text", "''::text"}, open)
	chosen, err := sampler.Values(t.Context(), q, explain.Tenant{ID: "large"}, types)
	require.NoError(t, err)
	require.NotContains(t, chosen, "''::text")
}

func TestFindingsOfSeveralCasesAreOne(t *testing.T) {
	t.Parallel()
	one := explain.Finding{Query: "A", Case: "small", Rule: explain.RuleFilter, Node: "n", Found: "reads 5 rows"}
	two := one
	two.Case, two.Found = "large", "reads 9 rows"
	other := one
	other.Rule = explain.RuleSort
	together := explain.Together([]explain.Finding{one, two, other})
	require.Len(t, together, 2)
	require.Equal(t, "A: small, large: filter: n: reads 5 rows", together[0].String())
}

func TestWhatNoRuleNoticesIsNamed(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.exec(t, "CREATE INDEX orders_by_total ON orders (total)")
	measured := s.measure(t, "now")
	runner := explain.Runner{Conn: s.conn, Parameters: &explain.Sampler{Column: "shop_id", Conn: s.conn}, StatementTimeout: 10_000}
	unnoticed, err := runner.Weaken(t.Context(), s.book, measured)
	require.NoError(t, err)
	var lines []string
	for _, w := range unnoticed {
		lines = append(lines, w.String())
	}
	require.Contains(t, lines, "orders_by_total: no query uses it")
	require.NotContains(t, lines, "orders_by_reference without reference: no rule is broken by FindOrder")
	require.NotContains(t, lines, "orders_by_reference dropped: no rule is broken by FindOrder")
	indexes, err := explain.ReadIndexes(t.Context(), s.conn)
	require.NoError(t, err)
	require.Equal(t, s.indexes["orders_by_reference"], indexes["orders_by_reference"], "nothing has changed")
}
