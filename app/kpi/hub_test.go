package kpi

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
)

// listened follows the revenues of a watcher who has come.
func listened(t *testing.T, f *fanOut) <-chan int64 {
	t.Helper()
	heard := make(chan int64, 10_000)
	f.follow(t, f.dial(t, user("ORG"), "HTTP/1.1", "", 0), func(revenue int64) { heard <- revenue })
	require.Zero(t, <-heard)
	return heard
}

func TestWhatNobodyAnnouncedIsFoundWithinAHeartbeat(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, func(d *Dependencies) { d.Heartbeat = 100 * time.Millisecond })
	heard := listened(t, f)
	f.revenue.Store(5)
	select {
	case revenue := <-heard:
		require.Equal(t, int64(5), revenue)
	case <-time.After(time.Minute):
		require.Fail(t, "it was never found")
	}
}

func TestOneNodeLoadsForAll(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	heard := listened(t, f)
	f.notMyTurn.Store(true)
	reads, turns := f.reads.Load(), f.turns.Load()
	f.publish(1)
	require.Eventually(t, func() bool { return f.turns.Load() > turns+3 }, time.Minute, time.Millisecond, "it asks whose turn it is again and again")
	require.Equal(t, reads, f.reads.Load(), "and loads nothing")
	f.say(cache.Stored)
	require.Equal(t, int64(1), <-heard)
	require.Equal(t, reads+1, f.reads.Load())
}

// TestWhatWasStoredBeforeAChangeIsNotReadAfterIt has figures stored, and change again before they could be read.
func TestWhatWasStoredBeforeAChangeIsNotReadAfterIt(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	f.notMyTurn.Store(true)
	h := newHub(f.broker, "ORG")
	now := time.Now()
	h.healAt, h.beatAt, h.accessAt, h.readFrom = now.Add(time.Hour), now.Add(time.Hour), now.Add(time.Hour), now.Add(time.Minute)
	h.hear(cache.Stored)
	h.step(t.Context(), now)
	h.hear(cache.Replaced)
	h.step(t.Context(), now.Add(time.Second))
	h.step(t.Context(), now.Add(time.Minute))
	require.Zero(t, f.reads.Load())
	require.Equal(t, int64(1), f.turns.Load())

	h.hear(cache.Stored)
	h.step(t.Context(), now.Add(2*time.Minute))
	require.Equal(t, int64(1), f.reads.Load())
	h.hear(cache.Stored) // as this node hears of what it has stored itself
	h.step(t.Context(), now.Add(3*time.Minute))
	require.Equal(t, int64(1), f.reads.Load())
}

// TestReadingsAreBounded bounds readings by the time in which they happened, however long that was.
func TestReadingsAreBounded(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]cache.Change{"Replaced": cache.Replaced, "Stored": cache.Stored} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const interval = 300 * time.Millisecond
			f := openFanOut(t, func(d *Dependencies) { d.Interval = interval })
			heard := listened(t, f)
			began, before := time.Now(), f.reads.Load()
			for f.reads.Load() < before+6 {
				f.revenue.Add(1)
				f.say(change)
			}
			last := f.revenue.Load()
			readings := f.reads.Load() - before
			elapsed := time.Since(began) // afterwards: it may only be too long
			require.LessOrEqual(t, readings, int64(elapsed/interval)+2)
			for revenue := range heard {
				if revenue == last {
					break
				}
			}
		})
	}
}

// TestWhatMayBeOldIsReadAgainUntilItIsNot has the part of the figures that is kept for seconds stay old for some readings after a change.
func TestWhatMayBeOldIsReadAgainUntilItIsNot(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, func(d *Dependencies) { d.Interval = time.Millisecond })
	changed := make(chan struct{})
	var afterwards int64
	f.standing = func() time.Time {
		select {
		case <-changed:
		default:
			return time.Now()
		}
		if afterwards++; afterwards <= 3 {
			return time.Now().Add(-time.Minute)
		}
		return time.Now()
	}
	heard := listened(t, f)
	before := f.reads.Load()
	close(changed)
	f.publish(1)
	require.Equal(t, int64(1), <-heard)
	require.Eventually(t, func() bool { return f.reads.Load() == before+4 }, time.Minute, time.Millisecond)
	h := f.broker.hubs["ORG"]
	require.Eventually(t, func() bool { // the hub is at rest when it takes what it is asked
		answer, err := h.fresh(t.Context())
		return err == nil && answer == h.latest
	}, time.Minute, time.Millisecond)
	require.Equal(t, before+4, f.reads.Load(), "and not for ever")
}

func TestWhoHasJustComeWaitsForNoReadingThatIsDueLater(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	h := newHub(f.broker, "ORG")
	f.revenue.Store(3)
	now := time.Now()
	h.healAt, h.beatAt, h.accessAt = now.Add(time.Hour), now.Add(time.Hour), now.Add(time.Hour)
	h.readAt = now.Add(time.Hour)
	answer := make(chan *edition, 1)
	h.asked = append(h.asked, answer)
	h.step(t.Context(), now)
	require.Equal(t, int64(3), (<-answer).kpis.GetTotal().GetRevenue())
}

// TestWhoLeavesSlowlyHoldsNobodyUp has the place of one who has gone be given back to a limiter that doesn't answer.
func TestWhoLeavesSlowlyHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	leaving, answer := make(chan struct{}), make(chan struct{})
	gone := user("ORG")
	gone.UserID = "usr_gone"
	f.doors.leaving = func(c caller.Caller) {
		if c.UserID == gone.UserID {
			close(leaving)
			<-answer
		}
	}
	connection := f.dial(t, gone, "HTTP/1.1", "", 0)
	heard := listened(t, f)
	require.Eventually(t, func() bool { return f.doors.open.Load() == 2 }, time.Minute, time.Millisecond)
	require.NoError(t, connection.Close())
	<-leaving
	f.publish(1)
	require.Equal(t, int64(1), <-heard)
	close(answer)
}

// TestAccessIsCheckedBesideTheFigures has nobody know who may see them.
func TestAccessIsCheckedBesideTheFigures(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	f := openFanOut(t, func(d *Dependencies) { d.Access = silent{asked} })
	h := newHub(f.broker, "ORG")
	watching := newWatcher(h, user("ORG"))
	require.True(t, h.join(watching))
	now := time.Now()
	h.healAt, h.beatAt, h.accessAt = now.Add(time.Hour), now.Add(time.Hour), now
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h.hear(cache.Replaced)
	h.step(ctx, now)
	<-asked
	n, _ := watching.take()
	require.NotNil(t, n.figures)
	require.Equal(t, stays, n.reason, "who is in stays in while nobody can tell")
}

// silent never says who may watch.
type silent struct{ asked chan struct{} }

func (s silent) Usable(ctx context.Context, _ string, _, _ []string) (map[string]bool, error) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return nil, ctx.Err()
}
