package ratelimit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

var nine = time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)

// model is the rule in its plainest form: every admitted call is kept for good, and all are looked at each time.
type model struct {
	admitted []time.Time
}

func (m *model) within(now time.Time) (instants []time.Time) {
	for _, at := range m.admitted {
		if now.Sub(at) < window {
			instants = append(instants, at)
		}
	}
	return instants
}

func (m *model) take(now time.Time, limit int) verdict {
	var v verdict
	if len(m.within(now)) < limit {
		m.admitted, v.admitted = append(m.admitted, now), 1
	}
	counted := m.within(now)
	v.count = len(counted)
	// The newest limit - 1 may stay: a place frees when the one before them is a window old.
	v.frees = counted[max(len(counted)-limit, 0)].Add(window).Sub(now)
	return v
}

func TestTenCallsInNineSecondsLeaveNoneAtThirty(t *testing.T) {
	t.Parallel()
	const free = 10
	var a account
	at := clock.NewManual(nine)
	for second := range free {
		at.Set(nine.Add(time.Duration(second) * time.Second))
		v := a.take(at.Now(), free)
		require.Equal(t, 1, v.admitted)
		require.Equal(t, second+1, v.count)
	}
	at.Set(nine.Add(30 * time.Second))
	for range 3 {
		require.Equal(t, verdict{count: free, frees: 30 * time.Second}, a.take(at.Now(), free), "refused calls aren't counted")
	}
	at.Set(nine.Add(window - time.Microsecond))
	require.Zero(t, a.take(at.Now(), free).admitted)
	at.Set(nine.Add(window))
	require.Equal(t, verdict{admitted: 1, count: free, frees: time.Second}, a.take(at.Now(), free), "places free one by one")
	require.Zero(t, a.take(at.Now(), free).admitted)
}

func TestAnAccountDecidesLikeTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a account
		var m model
		now := nine
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.OneOf(rapid.Int64Range(0, 5_000_000), rapid.SampledFrom([]int64{0, 60_000_000})).Draw(t, "µs later")) * time.Microsecond)
			limit := rapid.IntRange(1, 12).Draw(t, "limit")
			require.Equal(t, m.take(now, limit), a.take(now, limit))
		}
	})
}

func TestAnAccountIsNoLargerThanTwoWindows(t *testing.T) {
	t.Parallel()
	var a account
	for call := range 100_000 {
		a.note(nine.Add(time.Duration(call)*100*time.Millisecond), 1) // 600 in a window
	}
	require.LessOrEqual(t, len(a.admitted), 1_202)
	require.Equal(t, 601, a.take(nine.Add(99_999*100*time.Millisecond), 1_000).count)
}

func TestAClockThatWasSetBack(t *testing.T) {
	t.Parallel()

	t.Run("StandsStillForAWhile", func(t *testing.T) {
		t.Parallel()
		var a account
		a.take(nine, 2)
		require.Equal(t, verdict{admitted: 1, count: 2, frees: window}, a.take(nine.Add(-time.Second), 2))
		require.Zero(t, a.take(nine.Add(-time.Second), 2).admitted)
	})

	t.Run("StartsAnewAfterAWindow", func(t *testing.T) {
		t.Parallel()
		var a account
		a.take(nine, 1)
		require.Equal(t, 1, a.take(nine.Add(-time.Hour), 1).admitted)
	})
}

func TestARefusalIsKnown(t *testing.T) {
	t.Parallel()
	r := refusal{earliest: nine.Add(time.Second), latest: nine.Add(1100 * time.Millisecond), limit: 10}
	alone := r
	alone.fallback = true
	for name, c := range map[string]struct {
		refusal refusal
		after   time.Duration
		limit   int
		away    bool
		known   bool
	}{
		"until_a_place_may_be_free":                {r, 999 * time.Millisecond, 10, false, true},
		"no_longer_when_a_place_may_be_free":       {r, time.Second, 10, false, false},
		"not_after_the_clock_was_set_back":         {r, -time.Hour, 10, false, false},
		"not_for_another_limit":                    {r, 0, 11, false, false},
		"while_valkey_is_away":                     {r, 0, 10, true, true},
		"of_a_node_alone_while_valkey_is_away":     {alone, 0, 10, true, true},
		"of_a_node_alone_not_when_valkey_is_there": {alone, 0, 10, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a account
			a.remember(c.refusal)
			frees, known := a.known(nine.Add(c.after), c.limit, c.away)
			require.Equal(t, c.known, known)
			if known {
				require.Equal(t, 1100*time.Millisecond-c.after, frees, "the wait is never too short")
			}
		})
	}
}
