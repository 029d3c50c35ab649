package outgoing

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

func TestSlots(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration, problem string) answer {
		return answer{Attempt: Attempt{Duration: d, Error: problem, Number: 1}}
	}

	t.Run("AHealthyEndpointGetsAQuarterOfTheWorkers", func(t *testing.T) {
		t.Parallel()
		s := newSlots(32, clock.System)
		for range 8 {
			_, ok := s.take(t.Context(), "ep")
			require.True(t, ok)
		}
		putOff, ok := s.take(t.Context(), "ep")
		require.False(t, ok)
		require.GreaterOrEqual(t, putOff, minPutOff)
		_, ok = s.take(t.Context(), "other")
		require.True(t, ok)
		s.give("ep", took(time.Millisecond, ""))
		_, ok = s.take(t.Context(), "ep")
		require.True(t, ok)
	})

	for name, got := range map[string]answer{
		"OneThatFailsGetsOneAtATime":  took(time.Millisecond, "answered 500"),
		"OneThatIsSlowGetsOneAtATime": took(10*time.Second, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlots(32, clock.System)
			_, ok := s.take(t.Context(), "ep")
			require.True(t, ok)
			s.give("ep", got)
			_, ok = s.take(t.Context(), "ep")
			require.True(t, ok)
			_, ok = s.take(t.Context(), "ep")
			require.False(t, ok)
			s.give("ep", answer{}) // no attempt was made, which says nothing
			_, ok = s.take(t.Context(), "ep")
			require.True(t, ok)
			_, ok = s.take(t.Context(), "ep")
			require.False(t, ok)
		})
	}

	t.Run("TurnedAwayDeliveriesComeBackAtThePaceOfTheEndpoint", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2026, time.March, 6, 12, 0, 0, 0, time.UTC))
		s := newSlots(32, now.Now)
		_, _ = s.take(t.Context(), "ep")
		s.give("ep", took(8*time.Second, "")) // a mean of 2 s
		_, ok := s.take(t.Context(), "ep")
		require.True(t, ok)
		for i := 1; i <= 10; i++ {
			putOff, ok := s.take(t.Context(), "ep")
			require.False(t, ok)
			require.Equal(t, time.Duration(i)*2*time.Second, putOff)
		}
		for range 1000 {
			putOff, _ := s.take(t.Context(), "ep")
			require.LessOrEqual(t, putOff, maxPutOff+2*time.Second)
		}
	})

	t.Run("ADeliveryWaitsForAHealthyEndpointToBeFree", func(t *testing.T) {
		t.Parallel()
		s := newSlots(4, clock.System)
		_, ok := s.take(t.Context(), "ep")
		require.True(t, ok)
		taken := make(chan bool)
		go func() {
			_, ok := s.take(context.Background(), "ep")
			taken <- ok
		}()
		s.give("ep", took(time.Millisecond, ""))
		require.True(t, <-taken)
	})

	t.Run("AnEndpointThatDoesNotAnswerIsNotWaitedFor", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2026, time.March, 6, 12, 0, 0, 0, time.UTC))
		s := newSlots(32, now.Now)
		_, ok := s.take(t.Context(), "ep")
		require.True(t, ok)
		now.Advance(slow + time.Millisecond)
		freed, _, ok := s.tryTake("ep", true)
		require.Nil(t, freed)
		require.False(t, ok)
	})

	t.Run("AnEndpointThatRecoversGetsItsShareBack", func(t *testing.T) {
		t.Parallel()
		s := newSlots(32, clock.System)
		for _, problem := range []string{"answered 500", ""} {
			_, ok := s.take(t.Context(), "ep")
			require.True(t, ok)
			s.give("ep", took(time.Millisecond, problem))
		}
		for range 8 {
			_, ok := s.take(t.Context(), "ep")
			require.True(t, ok)
		}
	})
}
