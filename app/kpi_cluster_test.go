package app_test

import (
	"net/http"
	"strconv"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
)

// TestLiveFiguresOnACluster has two servers use a cluster of three.
func TestLiveFiguresOnACluster(t *testing.T) {
	t.Parallel()
	databaseURL, cluster := dbtest.URL(t), process.StartValkeyCluster(t)
	l := foundLive(t, databaseURL)
	for range 2 {
		l.urls = append(l.urls, process.Start(t, "DATABASE_URL="+databaseURL, "DB_POOL_MAX=8", "REDIS_HOST="+cluster.Host,
			"REDIS_PORT="+strconv.Itoa(cluster.Port), "CACHE_PREFIX=live", "JOBS_WORKERS=0").URL)
	}
	l.signIn(t)
	for n := range 2 {
		status, events, _ := l.watch(t, n, "orgId=ORG_LIVE", "Bearer "+l.token, "")
		require.Equal(t, http.StatusOK, status)
		next(t, events, "kpi-update")
		l.close(t, 1-n, "O"+strconv.Itoa(n))
		require.Contains(t, next(t, events, "kpi-update").data, `"orders":`+strconv.Itoa(n+1)+`,`)
	}
	for n := range 2 {
		status, _, _ := l.watch(t, n, "orgId=ORG_LIVE", "Bearer "+l.token, "")
		require.Equal(t, http.StatusTooManyRequests, status)
	}
	for n, want := range []string{"MISS", "HIT"} {
		ctx, info := connect.NewClientContext(t.Context())
		_, err := franchisev1connect.NewFranchiseServiceClient(l.client(), l.urls[n]).GetOverview(ctx, &franchisev1.GetOverviewRequest{Range: "today"})
		require.NoError(t, err)
		require.Equal(t, want, info.ResponseHeader().Get("X-Cache-Status"))
		require.Equal(t, `"minute";q=240;w=60`, info.ResponseHeader().Get("RateLimit-Policy"))
	}
}
