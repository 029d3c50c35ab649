package throttle_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/auth/throttle"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

const (
	account    = "ann@example.com"
	address    = "203.0.113.7"
	perAccount = 3
	perAddress = 5
	window     = 15 * time.Minute
)

// away is a Valkey that can't be reached.
type away struct{}

func (away) Client() (valkey.Client, error) { return nil, errors.New("connection refused") }

// node is one of several processes that count together.
type node struct {
	*throttle.Throttle
	clock *clock.Manual
}

// nodes are the places that attempts may be counted in, each with two processes; where Valkey is away both are the same one.
func nodes(t *testing.T) map[string]func(t *testing.T) (node, node) {
	t.Helper()
	build := func(connection throttle.Connection, prefix string, now *clock.Manual) node {
		return node{throttle.New(throttle.Config{Prefix: prefix, PerAccount: perAccount, PerAddress: perAddress, Window: window}, connection, now.Now), now}
	}
	return map[string]func(t *testing.T) (node, node){
		"InValkey": func(t *testing.T) (node, node) {
			t.Helper()
			now := clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))
			first, prefix := dbtest.Valkey(t)
			second, _ := dbtest.Valkey(t)
			return build(first, prefix, now), build(second, prefix, now)
		},
		"InMemory": func(t *testing.T) (node, node) {
			t.Helper()
			n := build(away{}, "test", clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)))
			return n, n
		},
	}
}

func requireThrottled(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	var refusal *fault.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, fault.KindResourceExhausted, refusal.Kind)
	require.Equal(t, "LOGIN_THROTTLED", refusal.Reason)
	require.Equal(t, wait, refusal.RetryAfter)
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	for place, setup := range nodes(t) {
		t.Run(place, func(t *testing.T) {
			t.Parallel()

			t.Run("BoundsAnAccountOverAllNodesAndAddresses", func(t *testing.T) {
				t.Parallel()
				a, b := setup(t)
				for i, n := range []node{a, b, a} {
					_, err := n.Begin(t.Context(), account, "198.51.100."+string(rune('1'+i)))
					require.NoError(t, err)
					a.clock.Advance(time.Minute)
				}
				_, err := b.Begin(t.Context(), account, address)
				requireThrottled(t, err, window-3*time.Minute)

				_, err = b.Begin(t.Context(), "bob@example.com", address)
				require.NoError(t, err)
			})

			t.Run("BoundsAnAddressOverAllAccounts", func(t *testing.T) {
				t.Parallel()
				a, b := setup(t)
				for i := range perAddress {
					_, err := a.Begin(t.Context(), "user"+string(rune('0'+i)), address)
					require.NoError(t, err)
				}
				_, err := b.Begin(t.Context(), account, address)
				requireThrottled(t, err, window)
			})

			t.Run("TakesANetworkOfIPv6ForOneAddress", func(t *testing.T) {
				t.Parallel()
				a, _ := setup(t)
				for i := range perAddress {
					_, err := a.Begin(t.Context(), "user"+string(rune('0'+i)), "2001:db8::"+string(rune('1'+i)))
					require.NoError(t, err)
				}
				_, err := a.Begin(t.Context(), account, "2001:db8::ffff:1")
				requireThrottled(t, err, window)
				_, err = a.Begin(t.Context(), account, "2001:db8:0:1::1")
				require.NoError(t, err)
			})

			t.Run("LetsTheNextThroughWhenItSaidSo", func(t *testing.T) {
				t.Parallel()
				a, b := setup(t)
				for range perAccount {
					_, err := a.Begin(t.Context(), account, address)
					require.NoError(t, err)
					a.clock.Advance(time.Minute)
				}
				_, err := a.Begin(t.Context(), account, address)
				var refusal *fault.Error
				require.ErrorAs(t, err, &refusal)

				a.clock.Advance(refusal.RetryAfter - time.Millisecond)
				_, err = b.Begin(t.Context(), account, address)
				requireThrottled(t, err, time.Millisecond)
				a.clock.Advance(time.Millisecond)
				_, err = b.Begin(t.Context(), account, address)
				require.NoError(t, err)
			})

			t.Run("ForgetsWhatIsGivenBackAndCountsNoRefusals", func(t *testing.T) {
				t.Parallel()
				a, b := setup(t)
				var last *throttle.Attempt
				for range perAccount {
					var err error
					last, err = a.Begin(t.Context(), account, address)
					require.NoError(t, err)
				}
				for range 10 {
					_, err := b.Begin(t.Context(), account, address)
					require.Error(t, err)
				}
				last.GiveBack(t.Context())
				_, err := b.Begin(t.Context(), account, address)
				require.NoError(t, err)
				_, err = b.Begin(t.Context(), account, address)
				require.Error(t, err)
			})

			t.Run("LetsNoMoreThroughAtOnceThanOneByOne", func(t *testing.T) {
				t.Parallel()
				a, b := setup(t)
				var through atomic.Int32
				var calls sync.WaitGroup
				for i := range 40 {
					calls.Go(func() {
						if _, err := []node{a, b}[i%2].Begin(t.Context(), account, address); err == nil {
							through.Add(1)
						}
					})
				}
				calls.Wait()
				require.EqualValues(t, perAccount, through.Load())
			})
		})
	}
}
