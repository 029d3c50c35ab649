package places_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/places"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/process"
)

var (
	subject = places.Subject{OrgID: "ORG_1", ID: "USR_1"}
	other   = places.Subject{OrgID: "ORG_1", ID: "USR_2"}
)

// testBundle makes nodes on one Valkey.
type testBundle struct {
	lease  time.Duration
	nodes  int // for the share of each
	prefix string
	valkey config.Redis
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	_, prefix := dbtest.Valkey(t)
	return &testBundle{lease: places.Lease, nodes: 1, prefix: prefix, valkey: dbtest.ValkeySettings(t)}
}

// paused is a node that renews nothing.
func (b *testBundle) paused(t *testing.T) *places.Places {
	t.Helper()
	connection := valkey.Open(b.valkey)
	t.Cleanup(connection.Close)
	share := func(limit int) int { return max(limit/b.nodes, 1) }
	return places.New(places.Config{Prefix: b.prefix, Kind: "streams", Lease: b.lease, Share: share}, connection, zerolog.Nop())
}

func (b *testBundle) node(t *testing.T) *places.Places {
	t.Helper()
	p := b.paused(t)
	renew(t, p)
	return p
}

// renew has a node renew its leases until the test ends.
func renew(t *testing.T, p *places.Places) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.Renew(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// leases are those that Valkey knows of a subject, also if they have ended.
func (b *testBundle) leases(t *testing.T) int {
	t.Helper()
	connection := valkey.Open(b.valkey)
	defer connection.Close()
	client, err := connection.Client()
	require.NoError(t, err)
	known, err := client.Do(t.Context(), client.B().Zcard().Key(b.prefix+".streams:{ORG_1}:USR_1").Build()).AsInt64()
	require.NoError(t, err)
	return int(known)
}

func take(t *testing.T, p *places.Places, s places.Subject, most int) *places.Place {
	t.Helper()
	place, ok := p.Take(t.Context(), s, most)
	require.True(t, ok)
	return place
}

func requireNone(t *testing.T, p *places.Places, s places.Subject, most int) {
	t.Helper()
	_, ok := p.Take(t.Context(), s, most)
	require.False(t, ok)
}

// heard returns which place was lost.
func heard(t *testing.T, lost <-chan int) (which int) {
	t.Helper()
	select {
	case which = <-lost:
	case <-time.After(20 * time.Second):
		require.Fail(t, "no place was lost")
	}
	return which
}

func TestPlaces(t *testing.T) {
	t.Parallel()

	t.Run("AreAsManyAsThereAreOverAllNodes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		nodes := []*places.Places{b.node(t), b.node(t), b.node(t)}
		var taken atomic.Int64
		var running sync.WaitGroup
		for i := range 60 {
			running.Go(func() {
				if _, ok := nodes[i%len(nodes)].Take(t.Context(), subject, 7); ok {
					taken.Add(1)
				}
			})
		}
		running.Wait()
		require.EqualValues(t, 7, taken.Load())
		require.Equal(t, 7, b.leases(t))
		take(t, nodes[0], other, 7) // another subject has places of its own
	})

	t.Run("CanBeTakenAgainOnceGivenBack", func(t *testing.T) {
		t.Parallel()
		p := setup(t).node(t)
		for range 20 {
			place := take(t, p, subject, 1)
			requireNone(t, p, subject, 1)
			place.GiveBack()
			place.GiveBack()
		}
	})

	t.Run("StayWhileTheyAreRenewedAndOfANodeThatDiedAreFreeWithinALease", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.lease = 3 * time.Second // which a busy machine gets by, too
		dead, alive, waiting := b.paused(t), b.node(t), b.paused(t)
		held := take(t, alive, other, 1)
		held.OnLost(func() { t.Error("it is renewed") })
		take(t, dead, subject, 1)
		died := time.Now()
		requireNone(t, waiting, subject, 1)
		require.Eventually(t, func() bool {
			_, ok := waiting.Take(t.Context(), subject, 1)
			return ok
		}, 10*time.Second, time.Millisecond)
		require.GreaterOrEqual(t, time.Since(died), b.lease-10*time.Millisecond)
		require.Less(t, time.Since(died), 2*b.lease)
		requireNone(t, waiting, other, 1) // older than a lease by now
	})

	t.Run("OfANodeThatWasPausedForLongAreLostIfOthersHaveTakenAll", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		alive := b.node(t)
		b.lease = 100 * time.Millisecond
		paused := b.paused(t)
		first, second := take(t, paused, subject, 2), take(t, paused, subject, 2)
		lost := make(chan int, 4)
		first.OnLost(func() { lost <- 1 })
		second.OnLost(func() { lost <- 2 })
		var taken []*places.Place
		require.Eventually(t, func() bool { // both have ended
			if place, ok := alive.Take(t.Context(), subject, 2); ok {
				taken = append(taken, place)
			}
			return len(taken) == 2
		}, 10*time.Second, time.Millisecond)
		taken[0].GiveBack()
		renew(t, paused)
		require.Equal(t, 2, heard(t, lost), "the older one finds the place that is left")
		told := false
		second.OnLost(func() { told = true })
		require.True(t, told, "also who asks later")
		second.GiveBack() // has no effect
		first.GiveBack()
		take(t, alive, subject, 2)
		requireNone(t, alive, subject, 2)
		require.Empty(t, lost)
	})

	t.Run("ThatAreRefusedLeaveNoLease", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.paused(t)
		place := take(t, p, subject, 1)
		renewing, stop := context.WithCancel(t.Context())
		var asking, renewed sync.WaitGroup
		renewed.Go(func() {
			for renewing.Err() == nil {
				p.RenewAll(renewing)
			}
		})
		for range 8 {
			asking.Go(func() {
				for range 100 {
					_, ok := p.Take(t.Context(), subject, 1)
					if ok {
						t.Error("the place is taken")
					}
				}
			})
		}
		asking.Wait()
		stop()
		renewed.Wait()
		require.Equal(t, 1, b.leases(t))
		place.GiveBack()
		take(t, p, subject, 1)
	})

	t.Run("AreStillTakenWhenValkeyComesBackEmpty", func(t *testing.T) {
		t.Parallel()
		server := process.StartValkey(t)
		b := &testBundle{lease: places.Lease, nodes: 2, prefix: "x", valkey: server.Settings}
		holds, waits := b.node(t), b.node(t)
		for range 2 {
			take(t, holds, subject, 2).OnLost(func() { t.Error("nobody took its place") })
		}
		server.Kill(t)
		requireNone(t, holds, subject, 2)
		server.Start(t)
		requireNone(t, holds, subject, 2)
		require.Eventually(t, func() bool { return b.leases(t) == 2 }, 10*time.Second, 10*time.Millisecond, "long before they would be renewed")
		requireNone(t, holds, subject, 2)
		requireNone(t, waits, subject, 2)
	})

	t.Run("ThatAreTooManyAfterAnOutageAreLost", func(t *testing.T) {
		t.Parallel()
		server := process.StartValkey(t)
		b := &testBundle{lease: 3 * places.Lease, nodes: 2, prefix: "x", valkey: server.Settings} // nobody waits for a renewal
		nodes := []*places.Places{b.node(t), b.node(t), b.node(t)}                                // one more than they know of
		server.Kill(t)
		lost := make(chan int, 4)
		for i, p := range nodes {
			take(t, p, subject, 2).OnLost(func() { lost <- i })
			requireNone(t, p, subject, 2) // a node's share is one
		}
		server.Start(t)
		heard(t, lost)
		require.Equal(t, 2, b.leases(t))
		for _, p := range nodes {
			requireNone(t, p, subject, 2)
		}
		require.Empty(t, lost)
	})

	t.Run("AreKeptByAClusterToo", func(t *testing.T) {
		t.Parallel()
		b := &testBundle{lease: places.Lease, nodes: 1, prefix: "x", valkey: process.StartValkeyCluster(t)}
		first, second := b.node(t), b.paused(t)
		for user := range 20 { // over all servers
			s := places.Subject{OrgID: "ORG_" + strconv.Itoa(user), ID: "USR_1"}
			place := take(t, first, s, 1)
			place.OnLost(func() { t.Error("it is renewed") })
			requireNone(t, second, s, 1)
			if user%2 == 0 {
				place.GiveBack()
				take(t, second, s, 1)
			}
		}
		first.RenewAll(t.Context())
		second.RenewAll(t.Context())
		for user := range 20 {
			requireNone(t, first, places.Subject{OrgID: "ORG_" + strconv.Itoa(user), ID: "USR_1"}, 1)
		}
	})

	t.Run("AreCountedOnEachNodeWithoutValkey", func(t *testing.T) {
		t.Parallel()
		b := &testBundle{lease: places.Lease, nodes: 3, prefix: "x", valkey: config.Redis{Host: "127.0.0.1", Port: 1}}
		p := b.paused(t)
		var taken atomic.Int64
		var running sync.WaitGroup
		for range 20 {
			running.Go(func() {
				if _, ok := p.Take(context.Background(), subject, 6); ok {
					taken.Add(1)
				}
			})
		}
		running.Wait()
		require.EqualValues(t, 2, taken.Load(), "a third of six")
		take(t, p, other, 1) // at least one
	})
}
