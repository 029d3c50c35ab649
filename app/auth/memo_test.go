package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func TestMemo(t *testing.T) {
	t.Parallel()

	type testBundle struct {
		clock *clock.Manual
		found *standing // what the next look-ups find
		err   error
		looks atomic.Int32
	}
	someone := subject{"ORG_1", "ses_1"}
	setup := func() (*memo[standing], *testBundle) {
		b := &testBundle{clock: clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)), found: &standing{userID: "usr_1"}}
		return newMemo(b.clock.Now, func(context.Context, subject) (*standing, error) {
			b.looks.Add(1)
			return b.found, b.err
		}), b
	}

	t.Run("LooksOnceInItsTime", func(t *testing.T) {
		t.Parallel()
		m, b := setup()
		for range 10 {
			found, err := m.get(t.Context(), someone)
			require.NoError(t, err)
			require.Same(t, b.found, found)
			b.clock.Advance(memoTTL / 10)
		}
		require.EqualValues(t, 1, b.looks.Load())
		_, err := m.get(t.Context(), someone)
		require.NoError(t, err)
		require.EqualValues(t, 2, b.looks.Load())
	})

	t.Run("SharesOneLookAmongThoseWhoWait", func(t *testing.T) {
		t.Parallel()
		var looks atomic.Int32
		goOn := make(chan struct{})
		m := newMemo(clock.System, func(context.Context, subject) (*standing, error) {
			looks.Add(1)
			<-goOn
			return &standing{}, nil
		})
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() {
				_, err := m.get(t.Context(), someone)
				if err != nil {
					t.Error(err)
				}
			})
		}
		require.Eventually(t, func() bool { return looks.Load() == 1 }, 5*time.Second, time.Millisecond)
		close(goOn)
		calls.Wait()
		require.EqualValues(t, 1, looks.Load())
	})

	t.Run("RemembersNothingOfWhatDoesNotExist", func(t *testing.T) {
		t.Parallel()
		m, b := setup()
		b.found = nil
		for range 3 {
			found, err := m.get(t.Context(), someone)
			require.NoError(t, err)
			require.Nil(t, found)
		}
		require.EqualValues(t, 3, b.looks.Load())
		require.Zero(t, m.entries.Len())
	})

	t.Run("IsUnavailableWhenItCannotLook", func(t *testing.T) {
		t.Parallel()
		m, b := setup()
		b.err = errors.New("connection refused")
		_, err := m.get(t.Context(), someone)
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		require.Equal(t, fault.KindUnavailable, f.Kind)
		require.ErrorIs(t, err, b.err)
	})

	t.Run("ForgetsAlsoWhatIsBeingLookedUp", func(t *testing.T) {
		t.Parallel()
		started, goOn := make(chan struct{}), make(chan struct{})
		var looks atomic.Int32
		m := newMemo(clock.System, func(context.Context, subject) (*standing, error) {
			if looks.Add(1) == 1 {
				close(started)
				<-goOn
			}
			return &standing{}, nil
		})
		var early sync.WaitGroup
		early.Go(func() {
			if _, err := m.get(t.Context(), someone); err != nil {
				t.Error(err)
			}
		})
		<-started
		m.forget(someone)
		_, err := m.get(t.Context(), someone)
		require.NoError(t, err)
		require.EqualValues(t, 2, looks.Load(), "who comes after must not join a look-up from before")
		close(goOn)
		early.Wait()
	})

	t.Run("ForgetsThoseWhoMatch", func(t *testing.T) {
		t.Parallel()
		m, b := setup()
		for _, s := range []subject{someone, {"ORG_2", "ses_1"}} {
			_, err := m.get(t.Context(), s)
			require.NoError(t, err)
		}
		m.forgetIf(func(s subject, now *standing) bool { return s.orgID == "ORG_1" && now.userID == b.found.userID })
		require.Equal(t, []subject{{"ORG_2", "ses_1"}}, m.entries.Keys())
	})

	t.Run("LeavesWhenTheCallerDoes", func(t *testing.T) {
		t.Parallel()
		goOn := make(chan struct{})
		defer close(goOn)
		m := newMemo(clock.System, func(context.Context, subject) (*standing, error) {
			<-goOn
			return &standing{}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := m.get(ctx, someone)
		require.ErrorIs(t, err, context.Canceled)
	})
}
