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
	s.exec(t, "ANALYZE")
	explain.Propose(s.queries, s.book, s.measure(t, "before"))
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
			want: []string{"ListOrders filter"}, nothing: []string{"FindOrder", "VoidOrder"},
		},
		"the_wrong_order_of_columns": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "DROP INDEX orders_by_reference; CREATE INDEX orders_by_reference ON orders (placed_at, shop_id, reference); ANALYZE orders")
			},
			want: []string{"FindOrder plan changed"}, nothing: []string{"ListOpen", "ListOrders", "VoidOrder"},
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
		"A": {Use: []string{"one", "two"}, Only: true, Heap: []string{"t"}, Seq: []string{"s"}, Buffers: 7, Rows: 8, Discard: 9, Loops: 10, Grows: true, Spill: true, JIT: true, AllPartitions: true, Because: "of that; really", Shape: []string{"Limit", "  Seq Scan on s"}},
		"B": {},
	}}
	require.NoError(t, book.Write(folder))
	read, err := explain.ReadBook(folder)
	require.NoError(t, err)
	require.Equal(t, book, read)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bad.plans"), []byte("A | uses x\n"), 0o600))
	_, err = explain.ReadBook(folder)
	require.ErrorContains(t, err, `bad.plans:1: term "uses x": "uses" must be one of use,`)
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
