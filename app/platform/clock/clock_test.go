package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	now := clock.System()
	require.Equal(t, time.UTC, now.Location())
	require.Zero(t, now.Nanosecond()%1000)
	require.WithinDuration(t, time.Now(), now, time.Minute)
}

func TestFixed(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 11, 8, 23, 30, 0, 0, time.FixedZone("EAT", 3*60*60))
	c := clock.Fixed(at)
	for range 2 {
		require.Equal(t, at.UTC(), c())
	}
}

func TestManual(t *testing.T) {
	t.Parallel()
	start := time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)
	m := clock.NewManual(start)
	var c clock.Clock = m.Now

	require.Equal(t, start, c())
	m.Advance(90 * time.Second)
	require.Equal(t, start.Add(90*time.Second), c())
	m.Set(start)
	require.Equal(t, start, c())
}
