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
)

var subject = places.Subject{OrgID: "ORG_1", ID: "USR_1"}

func TestPlaces(t *testing.T) {
	t.Parallel()

	t.Run("AreAsManyAsThereAreOverAllNodes", func(t *testing.T) {
		t.Parallel()
		connection, prefix := dbtest.Valkey(t)
		nodes := []*places.Places{
			places.New(prefix, "streams", connection, zerolog.Nop()), places.New(prefix, "streams", connection, zerolog.Nop()),
			places.New(prefix, "streams", connection, zerolog.Nop()),
		}
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
		_, ok := nodes[0].Take(t.Context(), places.Subject{OrgID: "ORG_1", ID: "USR_2"}, 7)
		require.True(t, ok, "another subject has places of its own")
	})

	t.Run("CanBeTakenAgainOnceGivenBack", func(t *testing.T) {
		t.Parallel()
		connection, prefix := dbtest.Valkey(t)
		p := places.New(prefix, "streams", connection, zerolog.Nop())
		for range 20 {
			giveBack, ok := p.Take(t.Context(), subject, 1)
			require.True(t, ok)
			_, ok = p.Take(t.Context(), subject, 1)
			require.False(t, ok)
			giveBack()
			giveBack()
		}
	})

	t.Run("OfANodeThatDiedAreFreeWhenTheirLeaseEnds", func(t *testing.T) {
		t.Parallel()
		connection, prefix := dbtest.Valkey(t)
		dead, alive := places.New(prefix, "streams", connection, zerolog.Nop()), places.New(prefix, "streams", connection, zerolog.Nop())
		_, ok := dead.Take(t.Context(), subject, 1)
		require.True(t, ok)
		_, ok = alive.Take(t.Context(), subject, 1)
		require.False(t, ok)
		client, err := connection.Client()
		require.NoError(t, err)
		key := prefix + ".streams:{ORG_1}:USR_1"
		left, err := client.Do(t.Context(), client.B().Pttl().Key(key).Build()).AsInt64()
		require.NoError(t, err)
		require.LessOrEqual(t, left, places.Lease.Milliseconds())
		// As if the time had passed.
		members, err := client.Do(t.Context(), client.B().Zrange().Key(key).Min("0").Max("-1").Build()).AsStrSlice()
		require.NoError(t, err)
		ended := strconv.FormatInt(time.Now().Add(-time.Second).UnixMilli(), 10)
		require.NoError(t, client.Do(t.Context(), client.B().Arbitrary("ZADD").Keys(key).Args(ended, members[0]).Build()).Error())
		_, ok = alive.Take(t.Context(), subject, 1)
		require.True(t, ok)
	})

	t.Run("AreCountedOnEachNodeWithoutValkey", func(t *testing.T) {
		t.Parallel()
		connection := valkey.Open(config.Redis{Host: "127.0.0.1", Port: 1})
		t.Cleanup(connection.Close)
		p := places.New("x", "streams", connection, zerolog.Nop())
		var taken atomic.Int64
		var running sync.WaitGroup
		for range 20 {
			running.Go(func() {
				if _, ok := p.Take(context.Background(), subject, 2); ok {
					taken.Add(1)
				}
			})
		}
		running.Wait()
		require.EqualValues(t, 2, taken.Load())
	})
}
