package bench_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// tills is how many branches close orders at a time. Each has its own stock and day, so that both sides wait for the database
// and not for each other.
const tills = 8

// till is a branch where orders are closed.
type till struct {
	branch string
	// model is an order of three dishes, each made of two things, that was sent to the kitchen; the others are its copies.
	model string
	// recorded are the statements that closed one copy.
	recorded script
}

// closing is what BenchmarkCloseOrder works on.
type closing struct {
	client ordersv1connect.OrderServiceClient
	db     *postgres.DB
	orgID  string
	tills  [tills]till
	made   int
}

// BenchmarkCloseOrder closes orders in eight branches at once.
func BenchmarkCloseOrder(b *testing.B) {
	databaseURL := dbtest.URL(b)
	c := &closing{db: dbtest.Open(b, databaseURL)}
	who := owner(b, c.db)
	c.orgID = who.OrgID
	address := serve(b, databaseURL, nil)
	token := signIn(b, address, ownerEmail, ownerPassword)
	c.client = ordersv1connect.NewOrderServiceClient(clientOf(b, token, tills), "http://"+address)
	c.open(b, who)
	c.record(b, who)
	bare := barePool(b, databaseURL, nil)

	compare(b,
		func(b *testing.B, n int) time.Duration {
			return c.close(b, n, func(ctx context.Context, _ *till, id string) error {
				_, err := c.client.CloseOrder(ctx, &ordersv1.CloseOrderRequest{OrderId: id})
				return err
			})
		},
		func(b *testing.B, n int) time.Duration {
			return c.close(b, n, func(ctx context.Context, t *till, id string) error {
				conn, err := bare.Acquire(ctx)
				if err != nil {
					return err
				}
				defer conn.Release()
				return t.recorded.play(ctx, conn.Conn(), id)
			})
		},
	)
}

// open opens a model order in each branch.
func (c *closing) open(b *testing.B, who caller.Caller) {
	b.Helper()
	for i := range c.tills {
		t := &c.tills[i]
		t.branch = factory.Branch(b, c.db, who, factory.BranchOpts{})
		var lines []*ordersv1.NewLine
		for range 3 {
			recipe := factory.Recipe{}
			for range 2 {
				item := factory.Item(b, c.db, who)
				recipe[item] = "0.250"
				factory.Batch(b, c.db, who, factory.BatchOpts{BranchID: t.branch, ItemID: item, Quantity: "90000000", UnitCost: "1200"})
			}
			lines = append(lines, &ordersv1.NewLine{MenuItemId: factory.MenuItem(b, c.db, who, 15_000, recipe), Quantity: 2})
		}
		opened, err := c.client.OpenOrder(b.Context(), &ordersv1.OpenOrderRequest{BranchId: t.branch, Covers: 2, Lines: lines})
		require.NoError(b, err)
		t.model = opened.GetOrder().GetId()
		_, err = c.client.SendOrder(b.Context(), &ordersv1.SendOrderRequest{OrderId: t.model})
		require.NoError(b, err)
	}
}

// record closes a copy in each branch through a pool that writes its statements down.
func (c *closing) record(b *testing.B, who caller.Caller) {
	b.Helper()
	recorder := &recorder{}
	pool := barePool(b, c.db.Config().ConnString(), recorder)
	handler := orders.NewHandler(&postgres.DB{Pool: pool}, orders.NewService(clock.System, promotions.NewPricer(), nil), rpctest.Validate)
	server := rpctest.New(b, rpc.Service{
		Name: ordersv1connect.OrderServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(handler, options...)
		},
	})
	client := ordersv1connect.NewOrderServiceClient(server.As(who), server.URL)
	copies := c.copies(b, 1)
	for i := range c.tills {
		id := copies[i][0]
		recorder.script = script{orderID: id}
		closed, err := client.CloseOrder(b.Context(), &ordersv1.CloseOrderRequest{OrderId: id})
		require.NoError(b, err)
		require.Positive(b, closed.GetOrder().GetCogs())
		c.tills[i].recorded = recorder.script
	}
	b.Logf("%d statements close an order", len(c.tills[0].recorded.statements))
}

// copies makes so many open copies of each branch's model and returns their ids by branch.
func (c *closing) copies(b *testing.B, each int) [tills][]string {
	b.Helper()
	var ids [tills][]string
	first := c.made
	c.made += each
	for i := range c.tills {
		model := c.tills[i].model
		for n := first; n < c.made; n++ {
			ids[i] = append(ids[i], fmt.Sprintf("%s_%d", model, n))
		}
		for _, part := range []struct{ table, key string }{{"orders", "id"}, {"order_lines", "order_id"}, {"order_tickets", "order_id"}} {
			_, err := c.db.Exec(b.Context(), fmt.Sprintf(`INSERT INTO %[1]s
				SELECT (jsonb_populate_record(model, jsonb_build_object('%[2]s', copy))).*
				FROM %[1]s AS model, unnest($3::text[]) AS copy WHERE org_id = $1 AND %[2]s = $2`, part.table, part.key), c.orgID, model, ids[i])
			require.NoError(b, err)
		}
	}
	return ids
}

// close has n orders closed by way, an equal share in each branch.
func (c *closing) close(b *testing.B, n int, way func(ctx context.Context, t *till, id string) error) time.Duration {
	b.Helper()
	b.StopTimer()
	copies := c.copies(b, n/tills+1)
	b.StartTimer()
	var running sync.WaitGroup
	start := time.Now()
	for i := range c.tills {
		running.Go(func() {
			for _, id := range copies[i][:share(n, i, tills)] {
				if err := way(b.Context(), &c.tills[i], id); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return time.Since(start)
}
