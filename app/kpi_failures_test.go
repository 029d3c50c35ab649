package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	valkeyapi "github.com/valkey-io/valkey-go"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/platform/places"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
)

// liveFleet is an organisation on server processes with a Valkey of their own, all of which can be killed.
type liveFleet struct {
	*live

	environment []string
	servers     []*process.Server
	valkey      *process.Valkey
}

func openLiveFleet(t *testing.T, size int, environment ...string) *liveFleet {
	t.Helper()
	databaseURL := dbtest.URL(t)
	f := &liveFleet{live: foundLive(t, databaseURL), valkey: process.StartValkey(t)}
	f.environment = append([]string{
		"DATABASE_URL=" + databaseURL, "DB_POOL_MAX=8", "REDIS_HOST=" + f.valkey.Settings.Host, "REDIS_PORT=" + strconv.Itoa(f.valkey.Settings.Port),
		"CACHE_PREFIX=live", "JOBS_WORKERS=0", "SSE_HEARTBEAT_INTERVAL=2",
	}, environment...)
	for range size {
		f.servers = append(f.servers, process.Start(t, f.environment...))
		f.urls = append(f.urls, f.servers[len(f.servers)-1].URL)
	}
	f.signIn(t)
	return f
}

func (f *liveFleet) valkeyClient(t *testing.T) valkeyapi.Client {
	t.Helper()
	connection := valkey.Open(f.valkey.Settings)
	t.Cleanup(connection.Close)
	client, err := connection.Client()
	require.NoError(t, err)
	return client
}

// faithful is a client that comes back whenever its stream ends, to the next node that takes it.
type faithful struct {
	// orders are of the latest figures, reordered counts figures that were older than those before.
	orders, reordered, returns atomic.Int64
}

func (f *faithful) watch(ctx context.Context, t *testing.T, l *live, node int) {
	lastID := ""
	for ; ctx.Err() == nil; node++ {
		status, events, hangUp, err := l.tryWatch(ctx, node%len(l.urls), "orgId=ORG_LIVE", "Bearer "+l.token, lastID)
		if err != nil || status != http.StatusOK {
			pause(ctx)
			continue
		}
		f.returns.Add(1)
		for e := range events {
			if e.name != "kpi-update" {
				continue
			}
			lastID = e.id
			var figures struct{ Orders int64 }
			if err := json.Unmarshal([]byte(e.data), &figures); err != nil {
				t.Error(err)
			}
			if before := f.orders.Swap(figures.Orders); figures.Orders < before {
				f.reordered.Add(1)
			}
		}
		hangUp()
	}
}

// pause is what a client waits before it tries another node.
func pause(ctx context.Context) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
}

// TestLiveFiguresSurviveKilledServers has orders close all the time, while Valkey and a node are killed.
func TestLiveFiguresSurviveKilledServers(t *testing.T) {
	t.Parallel()
	f := openLiveFleet(t, 2, "SSE_CONCURRENCY_PER_USER=100", "SSE_RATE_LIMIT_PER_MIN=100000", "INGEST_LIMIT_PER_MIN=1000000", "PLAN_LIMIT_ENT=1000000")
	ctx, cancel := context.WithCancel(t.Context())
	clients := make([]faithful, 4)
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() { clients[i].watch(ctx, t, f.live, i) })
	}
	var taken, next atomic.Int64
	selling, stop := context.WithCancel(ctx)
	for range 4 {
		running.Go(func() {
			for selling.Err() == nil {
				id := next.Add(1)
				for node := int(id); ctx.Err() == nil; node++ { // every order is taken in the end, by whichever node
					if f.ingest(ctx, node%2, fmt.Sprintf("O%d", id)) == nil {
						taken.Add(1)
						break
					}
					pause(ctx)
				}
			}
		})
	}
	more := func() { // time goes by
		until := taken.Load() + 50
		require.Eventually(t, func() bool { return taken.Load() >= until }, time.Minute, time.Millisecond)
	}
	all := func() { // everybody learns of what was taken
		orders := taken.Load()
		for i := range clients {
			require.Eventually(t, func() bool { return clients[i].orders.Load() >= orders }, time.Minute, time.Millisecond)
		}
	}
	more()
	all()
	f.valkey.Kill(t)
	more()
	all()
	f.valkey.Start(t)
	more()
	all()
	f.servers[1].Kill(t)
	more()
	all()
	f.servers[1] = process.StartAt(t, f.servers[1].Address(), f.environment...)
	more()
	f.valkey.Kill(t)
	f.servers[0].Kill(t)
	f.valkey.Start(t)
	more()
	stop()
	require.Eventually(t, func() bool { return taken.Load() == next.Load() }, time.Minute, time.Millisecond)
	for i := range clients {
		require.Eventually(t, func() bool { return clients[i].orders.Load() == taken.Load() }, time.Minute, time.Millisecond,
			"everybody ends with all orders")
		require.Zero(t, clients[i].reordered.Load(), "nobody sees an earlier state after a later one")
	}
	cancel()
	running.Wait()
}

// TestTheStreamsOfAKilledServerFreeTheirPlacesWithinALease looks at the leases, and doesn't wait for their end.
func TestTheStreamsOfAKilledServerFreeTheirPlacesWithinALease(t *testing.T) {
	t.Parallel()
	f := openLiveFleet(t, 2)
	for range 2 {
		status, events, _ := f.watch(t, 1, "orgId=ORG_LIVE", "Bearer "+f.token, "")
		require.Equal(t, http.StatusOK, status)
		next(t, events, "kpi-update")
	}
	f.servers[1].Kill(t)
	status, _, _ := f.watch(t, 0, "orgId=ORG_LIVE", "Bearer "+f.token, "")
	require.Equal(t, http.StatusTooManyRequests, status)

	client := f.valkeyClient(t)
	keys, err := client.Do(t.Context(), client.B().Keys().Pattern("live.streams:*").Build()).AsStrSlice()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	left, err := client.Do(t.Context(), client.B().Pttl().Key(keys[0]).Build()).AsInt64()
	require.NoError(t, err)
	require.Positive(t, left)
	require.LessOrEqual(t, time.Duration(left)*time.Millisecond, places.Lease)
	leases, err := client.Do(t.Context(), client.B().Zrange().Key(keys[0]).Min("0").Max("-1").Withscores().Build()).AsZScores()
	require.NoError(t, err)
	require.Len(t, leases, 2)

	// As if their time had come.
	for _, lease := range leases {
		require.NoError(t, client.Do(t.Context(), client.B().Zadd().Key(keys[0]).ScoreMember().ScoreMember(1, lease.Member).Build()).Error())
	}
	for range 2 {
		status, events, _ := f.watch(t, 0, "orgId=ORG_LIVE", "Bearer "+f.token, "")
		require.Equal(t, http.StatusOK, status)
		next(t, events, "kpi-update")
	}
}

// TestThreeServersAdmitTheStreamsOfAUserExactly has thirty come at once.
func TestThreeServersAdmitTheStreamsOfAUserExactly(t *testing.T) {
	t.Parallel()
	f := openLiveFleet(t, 3, "SSE_RATE_LIMIT_PER_MIN=40")
	open := func(tries int) (admitted, refused int64, hangUps []func()) {
		var group errgroup.Group
		var mu sync.Mutex
		for i := range tries {
			group.Go(func() error {
				status, _, hangUp, err := f.tryWatch(t.Context(), i%len(f.urls), "orgId=ORG_LIVE", "Bearer "+f.token, "")
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				switch hangUps = append(hangUps, hangUp); status {
				case http.StatusOK:
					admitted++
				case http.StatusTooManyRequests:
					refused++
				}
				return nil
			})
		}
		require.NoError(t, group.Wait())
		return admitted, refused, hangUps
	}
	admitted, refused, hangUps := open(30)
	require.Equal(t, int64(2), admitted)
	require.Equal(t, int64(28), refused)

	// Those who found no place weren't opened: 38 of 40 in this minute are left.
	opened := admitted
	for opened < 40 {
		for _, hangUp := range hangUps {
			hangUp()
		}
		require.Eventually(t, func() bool { return f.watchers(t) == 0 }, 10*time.Second, time.Millisecond)
		admitted, _, hangUps = open(2)
		require.Equal(t, int64(2), admitted)
		opened += admitted
	}
	for _, hangUp := range hangUps {
		hangUp()
	}
	require.Eventually(t, func() bool { return f.watchers(t) == 0 }, 10*time.Second, time.Millisecond)
	admitted, refused, _ = open(3)
	require.Zero(t, admitted, "the minute's openings are used up")
	require.Equal(t, int64(3), refused)
}

// watchers counts the streams that are open over all nodes.
func (f *liveFleet) watchers(t *testing.T) (total int) {
	t.Helper()
	for _, url := range f.urls {
		_, metrics, _ := call(t, http.MethodGet, url+"/metrics", nil, "")
		for line := range strings.Lines(metrics) {
			if count, ok := strings.CutPrefix(line, "chefcloud_streams "); ok {
				n, err := strconv.Atoi(strings.TrimSpace(count))
				require.NoError(t, err)
				total += n
			}
		}
	}
	return total
}
