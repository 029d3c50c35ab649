package stream

import (
	"flag"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

var (
	rate     = flag.Int("rate", 500, "orders that close each second in BenchmarkOrders")
	closeFor = flag.Duration("for", 20*time.Second, "how long orders close in BenchmarkOrders")
)

// closers is how many orders close at a time at most.
const closers = 32

// till is an organisation whose orders close.
type till struct {
	client ordersv1connect.OrderServiceClient
	orders []string // ids of what is open

	mu sync.Mutex
	// called and answered are when the calls that closed orders began and were answered.
	called, answered []time.Time
}

// BenchmarkOrders closes orders while all watch.
func BenchmarkOrders(b *testing.B) {
	databaseURL := dbtest.URL(b)
	db := dbtest.Open(b, databaseURL)
	owners := found(b, db)
	s := start(b, "product", environment(b, databaseURL)...)
	tokens := signIn(b, s)
	tills := make([]*till, len(owners))
	for i, owner := range owners {
		tills[i] = openTill(b, s, db, owner, tokens[i])
	}
	_, err := db.Exec(b.Context(), "ANALYZE")
	require.NoError(b, err)

	resident := s.resident(b)
	took, tookFromCall := &latencies{}, &latencies{}
	seen := make([]int, *subscribers) // orders that each watcher knows of
	var frames, late atomic.Int64
	all := watch(b, s, *subscribers, func(i int) string { return targetOf(i%len(tokens), tokens[i%len(tokens)]) }, "orders",
		func(watcher int, orders int64) {
			frames.Add(1)
			seen[watcher] = tills[watcher%len(tills)].known(took, tookFromCall, seen[watcher], int(orders))
		})
	processor := s.processorTime(b)
	closed := closeAll(b, tills, &late)
	require.Eventually(b, func() bool { _, n := took.quantiles(); return n == int64(closed / *organisations * *subscribers) },
		10*time.Second, 10*time.Millisecond, "every watcher must learn of every order")

	ms, _ := took.quantiles(0.5, 0.99, 0.999)
	b.ReportMetric(ms[0], "p50-ms")
	b.ReportMetric(ms[1], "p99-ms")
	b.ReportMetric(ms[2], "p99.9-ms")
	ms, _ = tookFromCall.quantiles(0.99)
	b.ReportMetric(ms[0], "from-call_p99-ms")
	b.ReportMetric(float64(closed)/closeFor.Seconds(), "orders/s")
	b.ReportMetric(float64(late.Load()), "orders-late")
	b.ReportMetric(float64(frames.Load())/closeFor.Seconds(), "frames/s")
	b.ReportMetric((s.processorTime(b)-processor).Seconds()/closeFor.Seconds(), "processors")
	now := s.resident(b)
	b.ReportMetric(float64(now-resident)/float64(*subscribers)/1024, "KiB/watcher")
	b.ReportMetric(float64(now)/float64(*subscribers)/1024, "whole-process-KiB/watcher")
	require.Zero(b, all.ended.Load(), "no stream may end by itself")
	all.hangUp()
	s.requireNoGoroutines(b)
	b.ReportMetric(0, "ns/op")
}

// openTill opens the orders that an organisation's one branch will close.
func openTill(b *testing.B, s *server, db *postgres.DB, owner caller.Caller, token string) *till {
	b.Helper()
	branch := factory.Branch(b, db, owner, factory.BranchOpts{})
	item := factory.Item(b, db, owner)
	factory.Batch(b, db, owner, factory.BatchOpts{BranchID: branch, ItemID: item, Quantity: "90000000", UnitCost: "1200"})
	dish := factory.MenuItem(b, db, owner, 15_000, factory.Recipe{item: "0.250"})
	transport := &http.Transport{MaxIdleConnsPerHost: closers}
	b.Cleanup(transport.CloseIdleConnections)
	t := &till{client: ordersv1connect.NewOrderServiceClient(&http.Client{Transport: bearer{token, transport}}, "http://"+s.address)}
	opened, err := t.client.OpenOrder(b.Context(), &ordersv1.OpenOrderRequest{
		BranchId: branch, Covers: 2, Lines: []*ordersv1.NewLine{{MenuItemId: dish, Quantity: 2}},
	})
	require.NoError(b, err)
	model := opened.GetOrder().GetId()
	_, err = t.client.SendOrder(b.Context(), &ordersv1.SendOrderRequest{OrderId: model})
	require.NoError(b, err)
	for n := range int(closeFor.Seconds()) * *rate / *organisations {
		t.orders = append(t.orders, fmt.Sprintf("%s_%d", model, n))
	}
	for _, part := range []struct{ table, key string }{{"orders", "id"}, {"order_lines", "order_id"}, {"order_tickets", "order_id"}} {
		_, err := db.Exec(b.Context(), fmt.Sprintf(`INSERT INTO %[1]s
			SELECT (jsonb_populate_record(model, jsonb_build_object('%[2]s', copy))).*
			FROM %[1]s AS model, unnest($3::text[]) AS copy WHERE org_id = $1 AND %[2]s = $2`, part.table, part.key), owner.OrgID, model, t.orders)
		require.NoError(b, err)
	}
	return t
}

// bearer adds an access token to requests.
type bearer struct {
	token string
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+t.token)
	return t.next.RoundTrip(r)
}

// closeAll closes all orders at the rate, each when it is due whether or not those before are done, and returns how many.
func closeAll(b *testing.B, tills []*till, late *atomic.Int64) int {
	b.Helper()
	total := len(tills) * len(tills[0].orders)
	began := time.Now()
	var next atomic.Int64
	var closing sync.WaitGroup
	for range closers {
		closing.Go(func() {
			for i := int(next.Add(1)) - 1; i < total; i = int(next.Add(1)) - 1 {
				due := began.Add(time.Duration(i) * time.Second / time.Duration(*rate))
				time.Sleep(time.Until(due)) //nolint:forbidigo // the rate is what is measured
				if time.Since(due) > 100*time.Millisecond {
					late.Add(1)
				}
				t := tills[i%len(tills)]
				t.mu.Lock()
				t.called = append(t.called, time.Now())
				t.mu.Unlock()
				_, err := t.client.CloseOrder(b.Context(), &ordersv1.CloseOrderRequest{OrderId: t.orders[i/len(tills)]})
				if err != nil {
					b.Errorf("close order %d: %v", i, err)
					return
				}
				t.mu.Lock()
				t.answered = append(t.answered, time.Now())
				t.mu.Unlock()
			}
		})
	}
	closing.Wait()
	return total
}

// known notes how long ago the orders were answered that a watcher learns of now, and how long ago their calls began, and returns how
// many it knows. Those that are not answered yet took no time from the answer.
func (t *till) known(took, tookFromCall *latencies, before, now int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := before; n < now; n++ {
		tookFromCall.add(time.Since(t.called[n]), 1)
		if n < len(t.answered) {
			took.add(time.Since(t.answered[n]), 1)
		} else {
			took.add(0, 1)
		}
	}
	return max(before, now)
}
