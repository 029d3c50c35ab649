package ratelimit

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

func TestBrokenConnectionsAreNoOutage(t *testing.T) {
	t.Parallel()
	settings := dbtest.ValkeySettings(t)
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "valkey", "127.0.0.1:0", settings.Addr())
	require.NoError(t, p.Start())
	t.Cleanup(p.Stop)
	host, text, err := net.SplitHostPort(p.Listen)
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	connection := valkey.Open(config.Redis{Host: host, Port: port})
	t.Cleanup(connection.Close)
	_, prefix := dbtest.Valkey(t)
	l := New(prefix, Limits{}, connection, clock.System, NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
	require.NoError(t, l.locate(bare)) // without a watch, which would repair connections by itself
	l.away.Store(false)
	l.metrics.alone(false)

	all := func() {
		var running sync.WaitGroup
		for n := range 32 { // over all connections of the client
			running.Go(func() {
				s := OfCaller(Plan, caller.Caller{Kind: caller.KindUser, OrgID: fmt.Sprint("ORG_", n), UserID: "usr_1"})
				if d := l.Allow(bare, s, 10); !d.Admitted || d.Source != SourceValkey {
					t.Errorf("%+v", d)
				}
			})
		}
		running.Wait()
	}
	all()
	p.Stop()
	require.NoError(t, p.Start())
	all()
	require.Zero(t, testutil.ToFloat64(l.metrics.fallback))
}
