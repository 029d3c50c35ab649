package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/process"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

const (
	ownerEmail    = "owner@example.com"
	ownerPassword = "correct horse battery"
	// ownDB is the Valkey database of this test alone, so that it can be emptied.
	ownDB = 15
)

// cluster is several server processes on one database and one Valkey, each behind a proxy that the test can disturb.
type cluster struct {
	branch, dish string
	database     *toxiproxy.Proxy
	nodes        []string
	token        string
	valkey       *toxiproxy.Proxy
}

func startCluster(t *testing.T, size int) *cluster {
	t.Helper()
	databaseURL, server := dbtest.URL(t), dbtest.ValkeySettings(t)
	flushOwnDB(t)
	c := &cluster{}
	parsed := strings.SplitN(strings.TrimPrefix(databaseURL, "postgres://"), "/", 2)
	user, address, _ := strings.Cut(parsed[0], "@")
	c.database = proxy(t, address)
	c.valkey = proxy(t, server.Addr())
	_, valkeyPort, err := net.SplitHostPort(c.valkey.Listen)
	require.NoError(t, err)

	db := dbtest.Open(t, databaseURL)
	hasher, err := password.NewHasher(password.Recommended(), 1)
	require.NoError(t, err)
	owner, err := auth.CreateOrganisation(t.Context(), db, hasher, clock.System, auth.NewOrganisation{
		Currency: "UGX", ID: "ORG_FRESH", Name: "Fresh", OwnerEmail: ownerEmail, OwnerPassword: ownerPassword, Plan: "ENT",
	})
	require.NoError(t, err)
	who := caller.Caller{Kind: caller.KindUser, OrgID: owner.OrgID, Role: caller.RoleOwner, UserID: owner.ID}
	c.branch = factory.Branch(t, db, who, factory.BranchOpts{})
	c.dish = factory.MenuItem(t, db, who, 1, nil)

	for range size {
		c.nodes = append(c.nodes, process.Start(t,
			"DATABASE_URL=postgres://"+user+"@"+c.database.Listen+"/"+parsed[1], "DB_POOL_MAX=16",
			"REDIS_HOST=127.0.0.1", "REDIS_PORT="+valkeyPort, "REDIS_DB="+strconv.Itoa(ownDB), "CACHE_PREFIX=fresh",
			"PLAN_LIMIT_ENT=1000000", "INGEST_LIMIT_PER_MIN=1000000").URL)
	}
	signedIn, err := authv1connect.NewAuthServiceClient(http.DefaultClient, c.nodes[0]).
		Login(t.Context(), &authv1.LoginRequest{Email: ownerEmail, Password: ownerPassword})
	require.NoError(t, err)
	c.token = signedIn.GetAccessToken()
	return c
}

func flushOwnDB(t *testing.T) {
	t.Helper()
	settings := dbtest.ValkeySettings(t)
	settings.DB = ownDB
	connection := valkey.Open(settings)
	defer connection.Close()
	client, err := connection.Client()
	require.NoError(t, err)
	require.NoError(t, client.Do(t.Context(), client.B().Flushdb().Build()).Error())
}

func proxy(t *testing.T, upstream string) *toxiproxy.Proxy {
	t.Helper()
	log := zerolog.Nop()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), log), "proxy", "127.0.0.1:0", upstream)
	require.NoError(t, p.Start())
	t.Cleanup(p.Stop)
	return p
}

// bearer adds the cluster's token to requests.
type bearer struct {
	token string
	next  http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

func (c *cluster) client() *http.Client {
	return &http.Client{Transport: bearer{c.token, &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// orders reads today's number of orders from a node.
func (c *cluster) orders(ctx context.Context, client franchisev1connect.FranchiseServiceClient) (orders int64, status string, err error) {
	ctx, info := connect.NewClientContext(ctx)
	answer, err := client.GetOverview(ctx, &franchisev1.GetOverviewRequest{Range: "today"})
	if err != nil {
		return 0, "", err
	}
	return answer.GetSummary().GetOrders(), info.ResponseHeader().Get("X-Cache-Status"), nil
}

// sell has one order taken by a node.
func (c *cluster) sell(ctx context.Context, client ordersv1connect.OrderServiceClient, number int64) error {
	answer, err := client.IngestOrders(ctx, &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{{
		OrderId: fmt.Sprintf("O%d", number), BranchId: c.branch, ClosedAt: timestamppb.Now(),
		Lines: []*ordersv1.IngestLine{{MenuItemId: c.dish, Quantity: 1}},
	}}})
	if err == nil && answer.GetCreated() != 1 {
		err = fmt.Errorf("order %d: %v", number, answer.GetResults())
	}
	return err
}

// traffic has readers and writers work over all nodes until so many reads are done, and counts what they see.
type traffic struct {
	acknowledged, begun, failed, hits, reads, stale atomic.Int64
}

func (tr *traffic) run(t *testing.T, c *cluster, reads int64) {
	t.Helper()
	until := tr.reads.Load() + reads
	var running sync.WaitGroup
	for i := range 16 {
		client := franchisev1connect.NewFranchiseServiceClient(c.client(), c.nodes[i%len(c.nodes)])
		running.Go(func() {
			for tr.reads.Load() < until {
				oldest := tr.acknowledged.Load()
				got, status, err := c.orders(t.Context(), client)
				if err != nil {
					tr.failed.Add(1)
					t.Log(err)
					continue
				}
				tr.reads.Add(1)
				if status == "HIT" {
					tr.hits.Add(1)
				}
				if got < oldest {
					tr.stale.Add(1)
				}
			}
		})
	}
	for i := range 4 {
		client := ordersv1connect.NewOrderServiceClient(c.client(), c.nodes[i%len(c.nodes)])
		running.Go(func() {
			for tr.reads.Load() < until {
				if err := c.sell(t.Context(), client, tr.begun.Add(1)); err != nil {
					tr.failed.Add(1)
					t.Log(err)
					return
				}
				tr.acknowledged.Add(1)
			}
		})
	}
	running.Wait()
}

// TestTwoProcessesNeverServeAStaleReport is the promise of the cache, kept by real server processes: no read is older than the
// last acknowledged write, while loaders are slow, while Valkey is away, and after it has come back empty.
func TestTwoProcessesNeverServeAStaleReport(t *testing.T) {
	t.Parallel()
	reads := int64(20_000)
	if testing.Short() {
		reads = 2_000
	}
	c := startCluster(t, 2)
	// Slow loaders on purpose: each statement takes up to two milliseconds more.
	_, err := c.database.Toxics.AddToxicJson(strings.NewReader(`{"name":"slow","type":"latency","attributes":{"latency":1,"jitter":1}}`))
	require.NoError(t, err)

	var tr traffic
	tr.run(t, c, reads)
	require.Zero(t, tr.stale.Load())
	require.Zero(t, tr.failed.Load())
	require.Positive(t, tr.hits.Load())
	t.Logf("%d reads (%d hits), %d writes", tr.reads.Load(), tr.hits.Load(), tr.acknowledged.Load())

	c.valkey.Stop()
	tr.run(t, c, reads/20)
	require.Zero(t, tr.stale.Load(), "while Valkey was away")
	require.Zero(t, tr.failed.Load(), "while Valkey was away")

	flushOwnDB(t)
	require.NoError(t, c.valkey.Start())
	tr.run(t, c, reads/20)
	require.Zero(t, tr.stale.Load(), "after Valkey came back empty")
	require.Zero(t, tr.failed.Load(), "after Valkey came back empty")
	client := franchisev1connect.NewFranchiseServiceClient(c.client(), c.nodes[0])
	require.Eventually(t, func() bool {
		_, status, err := c.orders(t.Context(), client)
		return err == nil && status == "HIT"
	}, 10*time.Second, 20*time.Millisecond)
}
