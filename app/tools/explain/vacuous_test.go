package explain_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/tools/explain"
)

// add adds a query that may use all indexes of its tables.
func (s *shop) add(name, sql string, arguments ...string) {
	s.queries = append(s.queries, explain.Query{Name: name, File: "shop", SQL: sql, Arguments: arguments})
	s.book["shop"][name] = explain.Expectation{Use: []string{"customers_pkey", "orders_by_customer", "orders_by_reference", "orders_open", "orders_pkey", "months_pkey", "visits_pkey", "visits_1_pkey", "visits_2_pkey", "visits_3_pkey"}}
}

func TestRunsThatProveNothingAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breakIt func(t *testing.T, s *shop)
		want    string
	}{
		"a_query_that_finds_nothing": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("FindOrder", "SELECT id, total FROM orders WHERE shop_id = $1 AND reference = $2 || ' no more'", "ShopID", "Reference")
			},
			want: "FindOrder found nothing",
		},
		"a_write_that_is_always_refused": {
			breakIt: func(_ *testing.T, s *shop) {
				s.add("CustomerInsert", "INSERT INTO customers VALUES ($1, 'c1', $2)", "ShopID", "Email")
			},
			want: "CustomerInsert never ran",
		},
		"pages_by_an_offset_that_is_a_parameter": {
			breakIt: func(_ *testing.T, s *shop) {
				s.replace("ListOrders", "SELECT id, placed_at, total FROM orders WHERE shop_id = $1 ORDER BY id OFFSET $2 LIMIT 20", "ShopID", "Skip")
			},
			want: "ListOrders limit",
		},
		"costs_that_the_session_chose": {
			breakIt: func(t *testing.T, s *shop) { s.exec(t, "SET random_page_cost = 1.1") },
			want:    "FindOrder settings",
		},
		"rows_of_everyone": {
			breakIt: func(_ *testing.T, s *shop) {
				s.add("ByReference", "SELECT reference FROM orders WHERE $1 <> '' ORDER BY shop_id, reference", "ShopID")
			},
			want: "ByReference sequential scan",
		},
		"statistics_that_nobody_made": {
			breakIt: func(t *testing.T, s *shop) { s.exec(t, "SELECT pg_stat_reset()") },
			want:    " statistics",
		},
		"statistics_that_are_gone": {
			breakIt: func(t *testing.T, s *shop) {
				s.exec(t, "DELETE FROM pg_statistic WHERE starelid = 'orders'::regclass")
			},
			want: " statistics",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			c.breakIt(t, s)
			require.Contains(t, s.judge(t), c.want)
		})
	}
}

func TestInsertsGetValuesThatNoRowHas(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.add("OrderInsert", "INSERT INTO orders (shop_id, id, customer_id, reference, status, placed_at, total) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		"ShopID", "ID", "CustomerID", "Reference", "Status", "PlacedAt", "Total")
	s.add("CustomerInsertAll", "INSERT INTO customers SELECT $1, unnest($2::text[]), unnest($3::text[])", "ShopID", "Ids", "Emails")
	for _, m := range s.measure(t, "now") {
		require.True(t, m.Analyzed, "%s: %s", m.Query.Name, m.Refused)
	}
}

func TestTypesCutNothing(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.exec(t, `CREATE TABLE months (shop_id text, period char(7), mark "char", PRIMARY KEY (shop_id, period));
		INSERT INTO months SELECT shop, to_char(date '2024-11-01' - g * interval '1 month', 'YYYY-MM'), 'm' FROM unnest('{small,large}'::text[]) shop, generate_series(1, 200) g; ANALYZE months`)
	s.add("MonthGet", "SELECT FROM months WHERE shop_id = $1 AND period = $2 AND mark = $3", "ShopID", "Period", "Mark")
	require.NotContains(t, s.judge(t), "MonthGet found nothing")
}

func TestPartitionsAreCounted(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.exec(t, `CREATE TABLE visits (shop_id text, id bigint, at date, PRIMARY KEY (shop_id, id, at)) PARTITION BY RANGE (at);
		CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
		CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
		CREATE TABLE visits_3 PARTITION OF visits FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
		INSERT INTO visits SELECT shop, g, date '2024-01-01' + g % 90 FROM unnest('{small,large,others}'::text[]) shop, generate_series(1, 6000) g;
		SELECT pg_stat_force_next_flush(); ANALYZE`)
	s.add("VisitGet", "SELECT FROM visits WHERE shop_id = $1 AND id = $2 AND at = $3", "ShopID", "ID", "At")
	s.add("VisitFind", "SELECT FROM visits WHERE shop_id = $1 AND id = $2", "ShopID", "ID")
	got := s.judge(t)
	require.Contains(t, got, "VisitFind partitions")
	require.NotContains(t, got, "VisitGet partitions")
	s.exec(t, "INSERT INTO visits SELECT 'newcomer', g, '2024-02-10' FROM generate_series(1, 3000) g; SELECT pg_stat_force_next_flush()")
	require.Contains(t, s.judge(t), " statistics", "of a partition that no query names")
}

func TestQueriesThatAreNotLoadedAreMissed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("shop.sql", "-- name: Get :one\nSELECT 1;\n\n/* name: Quoted :many */\nSELECT 2;\n-- name: PutAll :batchexec\nSELECT 3;\n--name: Copy :copyfrom\nINSERT;\n-- name: Lost :exec\nSELECT 4;\n")
	write("shop.sql.go", "// source: shop.sql\n\npackage db\n\nconst get = `-- name: Get :one\nSELECT 1\n`\n\nconst quoted = `-- name: Quoted :many\nSELECT ` + \"`\" + `2` + \"`\" + `\n`\n")
	write("batch.go", "package db\n\nconst putAll = `-- name: PutAll :batchexec\nSELECT $1, $2\n`\n\nfunc (q *Queries) PutAll(arg []PutAllParams) {\n\tfor _, a := range arg {\n\t\tvals := []interface{}{\n\t\t\ta.ShopID,\n\t\t\ta.Name,\n\t\t}\n\t\tbatch.Queue(putAll, vals...)\n\t}\n}\n")
	queries, err := explain.Load(folder)
	require.NoError(t, err)
	require.Len(t, queries, 3)
	require.Equal(t, "PutAll", queries[0].Name)
	require.Equal(t, []string{"ShopID", "Name"}, queries[0].Arguments)
	require.Contains(t, queries[2].SQL, "SELECT `2`")
	declared, err := explain.Declared(folder)
	require.NoError(t, err)
	require.Equal(t, []string{"Get", "Quoted", "PutAll", "Lost"}, declared)
	missing := explain.Missing(declared, queries)
	require.Len(t, missing, 1)
	require.Equal(t, "Lost", missing[0].Query)
}

func TestTheFillerMakesWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.exec(t, "CREATE TABLE notes (shop_id text, customer_id text, day date, PRIMARY KEY (shop_id, customer_id, day), FOREIGN KEY (shop_id, customer_id) REFERENCES customers)")
	filler := explain.Filler{Column: "shop_id", Conn: s.conn, Leave: []string{"orders"}, Now: "'2024-11-08'"}
	require.NoError(t, filler.Fill(t.Context(), shops[1], 2_000))
	var notes, customers int
	require.NoError(t, s.conn.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT customer_id) FROM notes WHERE shop_id = 'large'").Scan(&notes, &customers))
	require.GreaterOrEqual(t, notes, 2_000)
	require.Greater(t, customers, 300)
	s.exec(t, "CREATE TABLE levels (shop_id text, level boolean, PRIMARY KEY (shop_id, level))")
	require.ErrorContains(t, filler.Fill(t.Context(), shops[1], 2_000), "fill levels: has 2 rows of the large tenant instead of 2000")
}

func TestEffectsAreOfTheLargestTenantAndReported(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := explain.Verdict{Measured: s.measure(t, "now")}
	runner := explain.Runner{Conn: s.conn, Parameters: &explain.Sampler{Column: "shop_id", Conn: s.conn}, StatementTimeout: 10_000}
	effects, err := runner.Effects(t.Context(), v.Measured)
	require.NoError(t, err)
	require.NotEmpty(t, effects)
	for _, e := range effects {
		require.Equal(t, "large", e.Tenant)
		require.LessOrEqual(t, e.PagesWith, e.PagesWithout)
	}
	folder := t.TempDir()
	report := explain.NewReport(v, effects, "PostgreSQL", "test", time.Now())
	require.NoError(t, report.Write(folder, map[string][]string{"lists": {"ListOpen", "ListOrders"}}))
	for name, text := range map[string]string{
		"lists.explain.txt": "Index Scan using orders_by_customer", "shop.explain.txt": "FindOrder", "indexes.txt": "orders_by_reference", "plans.json": `"VoidOrder"`, "index.html": "orders_by_reference",
	} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Contains(t, string(content), text, name)
	}
}
