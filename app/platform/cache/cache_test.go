package cache_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	connection "github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

const org = "ORG_1"

// node is one process with a cache of its own, on a Valkey and a database that all nodes share.
type node struct {
	*cache.Cache
	connector *switched
}

// switched is a way to Valkey that a test can cut.
type switched struct {
	*connection.Connection
	cut atomic.Bool
}

var errCut = errors.New("the way to Valkey is cut")

// Client implements [cache.Connector].
func (s *switched) Client() (valkey.Client, error) {
	if s.cut.Load() {
		return nil, errCut
	}
	return s.Connection.Client()
}

type testBundle struct {
	clock  *clock.Manual
	db     *postgres.DB
	prefix string
	ttls   map[cache.Report]time.Duration
	valkey config.Redis
}

func setup(t testing.TB) *testBundle {
	t.Helper()
	_, prefix := dbtest.Valkey(t)
	return &testBundle{
		clock: clock.NewManual(time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)), db: dbtest.New(t), prefix: prefix,
		ttls: map[cache.Report]time.Duration{cache.Overview: time.Minute}, valkey: dbtest.ValkeySettings(t),
	}
}

// node starts a node and waits until it uses Valkey.
func (b *testBundle) node(t testing.TB) *node {
	t.Helper()
	n := &node{connector: &switched{Connection: connection.Open(b.valkey)}}
	t.Cleanup(n.connector.Close)
	var err error
	n.Cache, err = cache.New(cache.Config{Prefix: b.prefix, TTLs: b.ttls}, n.connector, cache.NewNotes(b.db), b.clock.Now,
		cache.NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.Watch(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	n.waitFor(t, true)
	return n
}

// waitFor waits until the node uses Valkey, or has stopped using it.
func (n *node) waitFor(t testing.TB, used bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, status := n.read(t, "probe", func() int64 { return 0 })
		return (status != cache.Bypass) == used
	}, 10*time.Second, 5*time.Millisecond)
}

// read reads the overview of params; load gives the number that stands for its content.
func (n *node) read(t testing.TB, params string, load func() int64) (int64, cache.Status) {
	t.Helper()
	got, status, err := n.try(t.Context(), params, load)
	require.NoError(t, err)
	return got, status
}

func (n *node) readOf(t testing.TB, orgID, params string, load func() int64) (int64, cache.Status) {
	t.Helper()
	got, status, err := n.tryOf(t.Context(), orgID, params, load)
	require.NoError(t, err)
	return got, status
}

func (n *node) try(ctx context.Context, params string, load func() int64) (int64, cache.Status, error) {
	return n.tryOf(ctx, org, params, load)
}

func (n *node) tryOf(ctx context.Context, orgID, params string, load func() int64) (int64, cache.Status, error) {
	answer, status, err := cache.Read(ctx, n.Begin(ctx, orgID, cache.Overview), params,
		func(context.Context) (*franchisev1.GetOverviewResponse, error) {
			return &franchisev1.GetOverviewResponse{Summary: &franchisev1.Figures{NetSales: load()}}, nil
		})
	return answer.GetSummary().GetNetSales(), status, err
}

func constant(n int64) func() int64 { return func() int64 { return n } }

func TestRead(t *testing.T) {
	t.Parallel()

	t.Run("MissesOnceThenHitsOnEveryNode", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first, second := b.node(t), b.node(t)
		for i, want := range []cache.Status{cache.Miss, cache.Hit, cache.Hit} {
			n := first
			if i == 2 {
				n = second
			}
			got, status := n.read(t, "today", constant(7))
			require.Equal(t, int64(7), got)
			require.Equal(t, want, status)
		}
	})

	t.Run("KeepsParametersAndReportsApart", func(t *testing.T) {
		t.Parallel()
		n := setup(t).node(t)
		got, _ := n.read(t, "today", constant(1))
		require.Equal(t, int64(1), got)
		got, status := n.read(t, "yesterday", constant(2))
		require.Equal(t, int64(2), got)
		require.Equal(t, cache.Miss, status)
	})

	t.Run("ExpiresAfterItsTTL", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		n := b.node(t)
		n.read(t, "today", constant(1))
		b.clock.Advance(time.Minute)
		_, status := b.node(t).read(t, "today", constant(1))
		require.Equal(t, cache.Hit, status, "the server's own clock hasn't moved")
		require.NoError(t, n.Invalidate(t.Context(), org, []cache.Report{cache.Overview}))
		_, status = n.read(t, "today", constant(2))
		require.Equal(t, cache.Miss, status)
	})

	t.Run("BypassesWithATTLOfZeroAndNeverTouchesValkey", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		n := b.node(t)
		n.connector.cut.Store(true)
		view := n.Begin(t.Context(), org, cache.Rankings) // has no TTL here
		_, status, err := cache.Read(t.Context(), view, "x", func(context.Context) (*franchisev1.GetRankingsResponse, error) {
			return &franchisev1.GetRankingsResponse{}, nil
		})
		require.NoError(t, err)
		require.Equal(t, cache.Bypass, status)
	})

	t.Run("LoadsOnceForReadersAtTheSameTime", func(t *testing.T) {
		t.Parallel()
		n := setup(t).node(t)
		var loads atomic.Int64
		release := make(chan struct{})
		var readers sync.WaitGroup
		for range 32 {
			readers.Go(func() {
				n.read(t, "today", func() int64 {
					loads.Add(1)
					<-release
					return 1
				})
			})
		}
		require.Eventually(t, func() bool { return loads.Load() == 1 }, time.Second, time.Millisecond)
		close(release)
		readers.Wait()
		require.Equal(t, int64(1), loads.Load())
	})

	t.Run("StoresNoError", func(t *testing.T) {
		t.Parallel()
		n := setup(t).node(t)
		broken := errors.New("broken")
		_, _, err := cache.Read(t.Context(), n.Begin(t.Context(), org, cache.Overview), "today",
			func(context.Context) (*franchisev1.GetOverviewResponse, error) { return nil, broken })
		require.ErrorIs(t, err, broken)
		_, status := n.read(t, "today", constant(1))
		require.Equal(t, cache.Miss, status)
	})
}

func TestInvalidate(t *testing.T) {
	t.Parallel()

	t.Run("ReachesEveryNodeAtOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		writer, reader := b.node(t), b.node(t)
		reader.read(t, "today", constant(1))
		require.NoError(t, writer.Invalidate(t.Context(), org, []cache.Report{cache.Overview}))
		got, status := reader.read(t, "today", constant(2))
		require.Equal(t, int64(2), got)
		require.Equal(t, cache.Miss, status)
	})

	t.Run("KeepsALoadThatBeganBeforeFromBeingServed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		writer, slow := b.node(t), b.node(t)
		loading, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			_, _, err := slow.try(t.Context(), "today", func() int64 { // has read the old figures, and then hangs
				close(loading)
				<-release
				return 1
			})
			if err != nil {
				t.Error(err)
			}
		}()
		<-loading
		require.NoError(t, writer.Invalidate(t.Context(), org, []cache.Report{cache.Overview}))
		// A reader on the same node must not join the load that is under way.
		got, _ := slow.read(t, "today", constant(2))
		require.Equal(t, int64(2), got)
		close(release)
		<-done
		for _, n := range []*node{slow, writer, b.node(t)} {
			got, status := n.read(t, "today", constant(3))
			require.Equal(t, int64(2), got)
			require.Equal(t, cache.Hit, status)
		}
	})

	t.Run("IsNotedWhileTheWayToValkeyIsCutAndCarriedOutBeforeItIsUsedAgain", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		writer, reader := b.node(t), b.node(t)
		reader.read(t, "today", constant(1))
		writer.connector.cut.Store(true)
		reader.connector.cut.Store(true)
		reader.waitFor(t, false)
		require.NoError(t, writer.Invalidate(t.Context(), org, []cache.Report{cache.Overview}))
		// The reader finds its way first; Valkey still holds the old answer.
		reader.connector.cut.Store(false)
		reader.waitFor(t, true)
		got, _ := reader.read(t, "today", constant(2))
		require.Equal(t, int64(2), got)
	})

	t.Run("NeverBringsAStampBack", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		n := b.node(t)
		n.read(t, "today", constant(1))
		client, err := n.connector.Client()
		require.NoError(t, err)
		// What an empty Valkey looks like: the stamps are gone, the node's memory is not.
		require.NoError(t, client.Do(t.Context(), client.B().Del().Key(b.prefix+".stamps:{"+org+"}").Build()).Error())
		got, status := n.read(t, "today", constant(2))
		require.Equal(t, int64(2), got)
		require.Equal(t, cache.Miss, status)
	})
}

// TestNoReadIsOlderThanTheLastAcknowledgedWrite drives two nodes with readers and a writer at full speed. The loader is made
// slow on purpose, so that stores race with invalidations.
func TestNoReadIsOlderThanTheLastAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	const reads = 20_000
	b := setup(t)
	nodes := []*node{b.node(t), b.node(t)}
	var committed, acknowledged, done, stale atomic.Int64
	var running sync.WaitGroup
	for i := range 8 {
		n := nodes[i%2]
		running.Go(func() {
			for done.Add(1) <= reads {
				oldest := acknowledged.Load()
				got, _ := n.read(t, "today", func() int64 {
					value := committed.Load()
					time.Sleep(200 * time.Microsecond) //nolint:forbidigo // the slow loader that the test is about
					return value
				})
				if got < oldest {
					stale.Add(1)
				}
			}
		})
	}
	running.Go(func() {
		for i := int64(1); done.Load() <= reads; i++ {
			committed.Store(i)
			if err := nodes[i%2].Invalidate(t.Context(), org, []cache.Report{cache.Overview}); err != nil {
				t.Error(err)
			}
			acknowledged.Store(i)
		}
	})
	running.Wait()
	require.Zero(t, stale.Load(), "stale reads of %d, with %d writes", reads, acknowledged.Load())
	require.Greater(t, acknowledged.Load(), int64(100))
}

func TestEncodedOnceForEachCodec(t *testing.T) {
	t.Parallel()
	n := setup(t).node(t)
	view := func() cache.View { return n.Begin(t.Context(), org, cache.Overview) }
	load := func(context.Context) (*franchisev1.GetOverviewResponse, error) {
		return &franchisev1.GetOverviewResponse{Currency: "UGX"}, nil
	}
	_, _, err := cache.Read(t.Context(), view(), "today", load)
	require.NoError(t, err)
	kept, _, err := cache.Read(t.Context(), view(), "today", load)
	require.NoError(t, err)
	for i := range 2 {
		data, ok, err := n.Encoded(kept, "json", func() ([]byte, error) { return fmt.Appendf(nil, "encoding %d", i), nil })
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "encoding 0", string(data))
	}
	_, ok, err := n.Encoded(&franchisev1.GetOverviewResponse{}, "json", nil)
	require.NoError(t, err)
	require.False(t, ok)
}
