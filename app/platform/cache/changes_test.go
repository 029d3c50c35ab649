package cache_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/cache"
)

// listening is somebody who listens to an organisation's changes of the overview.
type listening struct {
	heard chan cache.Change
	stop  func()
}

// listen returns once the subscription stands.
func listen(t *testing.T, n *node, orgID string) *listening {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &listening{heard: make(chan cache.Change, 100)}
	var running sync.WaitGroup
	running.Go(func() { _ = n.Listen(ctx, orgID, cache.Overview, func(c cache.Change) { l.heard <- c }) })
	l.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(l.stop)
	l.hears(t, cache.Missed)
	return l
}

func (l *listening) hears(t *testing.T, want cache.Change) {
	t.Helper()
	select {
	case got := <-l.heard:
		require.Equal(t, want, got)
	case <-time.After(20 * time.Second):
		require.Fail(t, "heard nothing")
	}
}

// subscriptions returns to how many of the bundle's channels anybody subscribes, over all nodes of a cluster.
func (b *testBundle) subscriptions(t *testing.T, n *node) (total int) {
	t.Helper()
	client, err := n.connector.Client()
	require.NoError(t, err)
	for _, server := range client.Nodes() {
		channels, err := server.Do(t.Context(), server.B().PubsubShardchannels().Pattern(b.prefix+"*").Build()).AsStrSlice()
		require.NoError(t, err)
		total += len(channels)
	}
	return total
}

func TestListen(t *testing.T) {
	t.Parallel()

	t.Run("HearsWhatOtherNodesChangeAndStore", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		writer := b.node(t)
		l := listen(t, b.node(t), org)
		require.NoError(t, writer.Invalidate(t.Context(), org, []cache.Report{cache.Overview, cache.KPIs}))
		l.hears(t, cache.Replaced)
		require.NoError(t, writer.Invalidate(t.Context(), org, []cache.Report{cache.Budgets}))
		require.NoError(t, writer.Invalidate(t.Context(), "ORG_2", []cache.Report{cache.Overview}))
		writer.read(t, "today", constant(1))
		l.hears(t, cache.Stored)
	})

	t.Run("SubscribesForAsLongAsSomebodyListens", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		n := b.node(t)
		require.Zero(t, b.subscriptions(t, n))
		first, second, third := listen(t, n, org), listen(t, n, org), listen(t, n, "ORG_2")
		require.Equal(t, 2, b.subscriptions(t, n))
		first.stop()
		require.Equal(t, 2, b.subscriptions(t, n))
		require.NoError(t, n.Invalidate(t.Context(), org, []cache.Report{cache.Overview}))
		second.hears(t, cache.Replaced)
		second.stop()
		require.Eventually(t, func() bool { return b.subscriptions(t, n) == 1 }, 10*time.Second, time.Millisecond)
		third.stop()
		require.Eventually(t, func() bool { return b.subscriptions(t, n) == 0 }, 10*time.Second, time.Millisecond)
		again := listen(t, n, org)
		require.NoError(t, n.Invalidate(t.Context(), org, []cache.Report{cache.Overview}))
		again.hears(t, cache.Replaced)
	})
}
