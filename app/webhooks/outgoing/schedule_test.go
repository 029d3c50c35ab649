package outgoing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRetryIn(t *testing.T) {
	t.Parallel()

	t.Run("LastsAboutThreeDaysAndEnds", func(t *testing.T) {
		t.Parallel()
		var sum time.Duration
		failed := 1
		for ; ; failed++ {
			wait, again := retryIn(failed, 0, 0.5)
			if !again {
				break
			}
			sum += wait
		}
		require.Equal(t, len(schedule)+1, failed, "one attempt more than there are waits")
		require.InDelta(t, 72, sum.Hours(), 1)
	})

	t.Run("SpreadsOverHalfToOneAndAHalf", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			failed := rapid.IntRange(1, len(schedule)).Draw(t, "failed")
			wait, again := retryIn(failed, 0, rapid.Float64Range(0, 0.999999).Draw(t, "random"))
			require.True(t, again)
			require.GreaterOrEqual(t, wait, schedule[failed-1]/2)
			require.Less(t, wait, schedule[failed-1]*3/2)
		})
	})

	t.Run("KeepsToWhatTheEndpointAskedForWithinADay", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			asked := time.Duration(rapid.Int64Range(0, int64(40*24*time.Hour)).Draw(t, "asked"))
			failed := rapid.IntRange(1, len(schedule)).Draw(t, "failed")
			wait, _ := retryIn(failed, asked, 0.25)
			require.GreaterOrEqual(t, wait, min(asked, maxRetryAfter))
			require.LessOrEqual(t, wait, max(maxRetryAfter, schedule[failed-1]))
		})
	})
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	answered := func(status int) answer {
		a := answer{Attempt: Attempt{Error: "answered", StatusCode: status}}
		if status/100 == 2 {
			a.Error = ""
		}
		return a
	}
	cases := map[string]struct {
		got  answer
		try  int
		want DeliveryState
	}{
		"taken":                     {answered(204), 1, DeliveryDelivered},
		"a_redirect_is_a_failure":   {answered(307), 1, DeliveryPending},
		"a_server_error":            {answered(500), 12, DeliveryPending},
		"the_last_attempt":          {answered(500), 13, DeliveryFailed},
		"gone_is_final":             {answered(410), 1, DeliveryFailed},
		"a_refused_address_is_too":  {answer{Attempt: Attempt{Error: "refused"}, refused: true}, 1, DeliveryFailed},
		"no_answer_is_tried_again":  {answer{Attempt: Attempt{Error: "timeout"}}, 1, DeliveryPending},
		"not_found_may_be_mended":   {answered(404), 3, DeliveryPending},
		"taken_at_the_last_attempt": {answered(200), 13, DeliveryDelivered},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, wait := outcome(tc.got, tc.try)
			require.Equal(t, tc.want, state)
			require.Equal(t, state == DeliveryPending, wait > 0)
		})
	}
}

func TestDisables(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 6, 12, 0, 0, 0, time.UTC)
	failed := answer{Attempt: Attempt{Error: "answered 500", StartedAt: at, StatusCode: 500}}
	gone := answer{Attempt: Attempt{Error: "answered 410", StartedAt: at, StatusCode: 410}}
	require.Empty(t, disables(failed, at, 0))
	require.Empty(t, disables(failed, at.Add(-failingPeriod+time.Second), maxExhausted-1))
	require.Contains(t, disables(failed, at.Add(-failingPeriod), 0), "every attempt has failed since 2026-03-03T12:00:00Z")
	require.Contains(t, disables(failed, at, maxExhausted), "10 deliveries in a row")
	require.Contains(t, disables(gone, at, 0), "410")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 6, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"120":                           2 * time.Minute,
		"-1":                            0,
		"99999999999999999999":          0,
		"soon":                          0,
		"Fri, 06 Mar 2026 12:00:30 GMT": 30 * time.Second,
		"Fri, 06 Mar 2026 11:00:00 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(header, now), header)
	}
}
