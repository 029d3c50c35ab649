package ratelimit

import (
	"crypto/rand"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-io/valkey-go"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

func client(t testing.TB) (valkey.Client, string) {
	t.Helper()
	connection, prefix := dbtest.Valkey(t)
	c, err := connection.Client()
	require.NoError(t, err)
	return c, prefix
}

// serverTime is what the script goes by.
func serverTime(t require.TestingT, c valkey.Client) time.Time {
	parts, err := c.Do(bare, c.B().Time().Build()).AsIntSlice()
	require.NoError(t, err)
	return time.Unix(parts[0], parts[1]*1000).UTC()
}

// fill writes the log of a subject as the script would have over time, oldest first.
func fill(t require.TestingT, c valkey.Client, key string, instants []time.Time) {
	for _, at := range instants {
		require.NoError(t, c.Do(bare, c.B().Lpush().Key(key).Element(strconv.FormatInt(at.UnixMicro(), 10)).Build()).Error())
	}
}

// TestTheScriptDecidesLikeTheModel gives the script a past, because its clock is Valkey's and can't be moved.
func TestTheScriptDecidesLikeTheModel(t *testing.T) {
	t.Parallel()
	c, prefix := client(t)
	rapid.Check(t, func(t *rapid.T) {
		key := prefix + ".limit:{" + rand.Text() + "}:plan"
		now := serverTime(t, c)
		var m model
		// Half a second from the window's edge, the test's own time can't matter.
		age := rapid.OneOf(rapid.Int64Range(0, 59_500), rapid.Int64Range(60_000, 90_000))
		ages := rapid.SliceOfN(age, 0, 20).Draw(t, "ages in ms")
		for remaining := int64(90_000); remaining >= 0; remaining -= 500 { // oldest first
			for _, ms := range ages {
				if ms-ms%500 == remaining {
					m.admitted = append(m.admitted, now.Add(-time.Duration(ms-ms%500)*time.Millisecond))
				}
			}
		}
		fill(t, c, key, m.admitted)
		for range rapid.IntRange(1, 15).Draw(t, "calls") {
			limit := rapid.IntRange(1, 12).Draw(t, "limit")
			wanted := rapid.IntRange(1, 6).Draw(t, "wanted")
			got, err := askValkey(bare, c, key, limit, wanted)
			require.NoError(t, err)
			at, admitted := serverTime(t, c), 0
			var want verdict
			for range wanted {
				want = m.take(at, limit)
				admitted += want.admitted
			}
			require.Equal(t, admitted, got.admitted)
			require.Equal(t, want.count, got.count)
			require.InDelta(t, want.frees.Seconds(), got.frees.Seconds(), 0.4)
			require.LessOrEqual(t, got.frees, window)
			require.Positive(t, got.frees)
		}
	})
}

func TestTheScriptGivesTheEleventhCallAtThirtySecondsATrueWait(t *testing.T) {
	t.Parallel()
	c, prefix := client(t)
	key := prefix + ".limit:{ORG_1}:plan:user:usr_1"
	start := serverTime(t, c).Add(-30 * time.Second)
	var instants []time.Time
	for second := range 10 {
		instants = append(instants, start.Add(time.Duration(second)*time.Second))
	}
	fill(t, c, key, instants)
	for range 3 {
		v, err := askValkey(t.Context(), c, key, 10, 1)
		require.NoError(t, err)
		require.Zero(t, v.admitted)
		require.Equal(t, 10, v.count, "refused calls aren't counted")
		free := start.Add(window)
		require.InDelta(t, free.Sub(serverTime(t, c)).Seconds(), v.frees.Seconds(), 0.5)
	}
}

func TestTheScriptAdmitsNeitherMoreNorLessThanTheLimit(t *testing.T) {
	t.Parallel()
	const limit, callers, each = 240, 32, 20
	_, prefix := client(t)
	var admitted, refused atomic.Int64
	var running sync.WaitGroup
	for range callers {
		c, _ := client(t) // a connection each
		running.Go(func() {
			for range each {
				v, err := askValkey(bare, c, prefix+".limit:{ORG_1}:plan", limit, 1)
				switch {
				case err != nil:
					t.Error(err)
				case v.admitted == 1:
					admitted.Add(1)
				default:
					refused.Add(1)
				}
			}
		})
	}
	running.Wait()
	require.EqualValues(t, limit, admitted.Load())
	require.EqualValues(t, callers*each-limit, refused.Load())
}

func TestTheScriptOutlivesAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	c, prefix := client(t)

	t.Run("ByLessThanAWindow", func(t *testing.T) {
		t.Parallel()
		key := prefix + ".limit:{a}:address"
		fill(t, c, key, []time.Time{serverTime(t, c).Add(30 * time.Second)})
		v, err := askValkey(t.Context(), c, key, 2, 1)
		require.NoError(t, err)
		require.Equal(t, verdict{admitted: 1, count: 2, frees: window}, v)
	})

	t.Run("ByMore", func(t *testing.T) {
		t.Parallel()
		key := prefix + ".limit:{b}:address"
		fill(t, c, key, []time.Time{serverTime(t, c).Add(time.Hour)})
		v, err := askValkey(t.Context(), c, key, 1, 1)
		require.NoError(t, err)
		require.Equal(t, verdict{admitted: 1, count: 1, frees: window}, v)
	})
}

func TestTheScriptLeavesNoKeyBehind(t *testing.T) {
	t.Parallel()
	c, prefix := client(t)
	key := prefix + ".limit:{ORG_1}:plan"
	_, err := askValkey(t.Context(), c, key, 1, 1)
	require.NoError(t, err)
	left, err := c.Do(t.Context(), c.B().Pttl().Key(key).Build()).AsInt64()
	require.NoError(t, err)
	require.InDelta(t, window.Milliseconds(), left, 1_000)
}
