package app_test

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// TestWhatANodeCommittedBeforeItDiedShows kills a node that has committed an order and told nobody: it waits for a Valkey that has fallen
// silent to it alone.
func TestWhatANodeCommittedBeforeItDiedShows(t *testing.T) {
	t.Parallel()
	databaseURL, server := dbtest.URL(t), dbtest.ValkeySettings(t)
	_, prefix := dbtest.Valkey(t)
	l := foundLive(t, databaseURL)
	way := proxy(t, server.Addr())
	_, port, err := net.SplitHostPort(way.Listen)
	require.NoError(t, err)
	start := func(redisPort string) *process.Server {
		node := process.Start(t, "DATABASE_URL="+databaseURL, "DB_POOL_MAX=8", "REDIS_HOST=127.0.0.1", "REDIS_PORT="+redisPort, "CACHE_PREFIX="+prefix,
			"JOBS_WORKERS=0", "SSE_HEARTBEAT_INTERVAL=2")
		l.urls = append(l.urls, node.URL)
		return node
	}
	start(strconv.Itoa(server.Port))
	dies := start(port)
	l.signIn(t)
	l.close(t, 1, "BEFORE")
	overview := func() int64 {
		answer, err := franchisev1connect.NewFranchiseServiceClient(l.client(), l.urls[0]).GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "today"})
		require.NoError(t, err)
		return answer.GetSummary().GetOrders()
	}
	require.Equal(t, int64(1), overview(), "which is kept from now on")
	status, events, _ := l.watch(t, 0, "orgId=ORG_LIVE", "Bearer "+l.token, "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, next(t, events, "kpi-update").data, `"orders":1,`)

	_, err = way.Toxics.AddToxicJson(strings.NewReader(`{"name":"mute","type":"timeout","attributes":{"timeout":0}}`))
	require.NoError(t, err)
	answered := make(chan error, 1)
	go func() { answered <- l.ingest(t.Context(), 1, "LAST") }()
	require.Eventually(t, func() bool {
		var committed bool
		require.NoError(t, l.db.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM orders WHERE org_id = 'ORG_LIVE' AND id = 'LAST')").Scan(&committed))
		return committed
	}, 10*time.Second, time.Millisecond)
	dies.Kill(t)
	require.Error(t, <-answered, "nobody was told")

	require.Contains(t, next(t, events, "kpi-update").data, `"orders":2,`)
	require.Equal(t, int64(2), overview())
	require.Eventually(t, func() bool {
		var left int
		require.NoError(t, l.db.QueryRow(t.Context(), "SELECT count(*) FROM cache_busts").Scan(&left))
		return left == 0
	}, 10*time.Second, 10*time.Millisecond, "what was carried out is forgotten")
}
