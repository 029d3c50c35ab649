package app_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/process"
	"github.com/chefcloud/chefcloud/app/tools/watch"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// watching is a follower whose figures and notices come one by one.
type watching struct {
	ended   chan error
	figures chan *kpiv1.Kpis
	notices chan string
	stop    context.CancelFunc
}

func follow(t *testing.T, url string, token func(ctx context.Context, expired bool) (string, error)) *watching {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watching{ended: make(chan error, 1), figures: make(chan *kpiv1.Kpis, 100), notices: make(chan string, 100), stop: stop}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	f := watch.Follower{
		Client: &http.Client{Transport: transport}, Request: &kpiv1.StreamKpisRequest{}, Token: token, URL: url,
		Notice: func(reason string, _ time.Duration) { w.notices <- reason },
		Show: func(k *kpiv1.Kpis) error {
			w.figures <- k
			return nil
		},
	}
	go func() { w.ended <- f.Follow(ctx) }()
	t.Cleanup(stop)
	return w
}

// orders waits for figures of so many orders.
func (w *watching) orders(t *testing.T, orders int64) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case k := <-w.figures:
			if k.GetTotal().GetOrders() == orders {
				return
			}
		case err := <-w.ended:
			require.NoError(t, err)
			require.Fail(t, "it ended")
		case <-timeout:
			require.Fail(t, "no figures of so many orders", orders)
		}
	}
}

func (l *live) staticToken(context.Context, bool) (string, error) { return l.token, nil }

func TestWatching(t *testing.T) {
	t.Parallel()

	t.Run("GoesOnAfterTheServerWasKilledOrRestarted", func(t *testing.T) {
		t.Parallel()
		f := openLiveFleet(t, 1, "SSE_CONCURRENCY_PER_USER=10")
		w := follow(t, f.urls[0], f.staticToken)
		w.orders(t, 0)
		f.close(t, 0, "O1")
		w.orders(t, 1)
		f.servers[0].Kill(t)
		require.NotEmpty(t, <-w.notices)
		f.servers[0] = process.StartAt(t, f.servers[0].Address(), f.environment...)
		f.close(t, 0, "O2")
		w.orders(t, 2)
		f.servers[0].Stop(t)
		for reason := range w.notices {
			if reason == "the server is shutting down" {
				break
			}
		}
		process.StartAt(t, f.servers[0].Address(), f.environment...)
		f.close(t, 0, "O3")
		w.orders(t, 3)
		w.stop()
		require.NoError(t, <-w.ended, "it was told to end")
	})

	t.Run("EndsWithTheSession", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		w := follow(t, l.urls[0], l.staticToken)
		w.orders(t, 0)
		_, err := authv1connect.NewAuthServiceClient(l.client(), l.urls[0]).Logout(t.Context(), &authv1.LogoutRequest{})
		require.NoError(t, err)
		require.ErrorContains(t, <-w.ended, "access was ended")
	})

	t.Run("SignsInAgainWhenTheTokenExpires", func(t *testing.T) {
		t.Parallel()
		f := openLiveFleet(t, 1, "AUTH_ACCESS_TTL=10")
		renewed := make(chan bool, 10)
		w := follow(t, f.urls[0], func(ctx context.Context, expired bool) (string, error) {
			if expired {
				in, err := authv1connect.NewAuthServiceClient(http.DefaultClient, f.urls[0]).
					Login(ctx, &authv1.LoginRequest{Email: ownerEmail, Password: ownerPassword})
				if err != nil {
					return "", err
				}
				f.token = in.GetAccessToken()
			}
			renewed <- expired
			return f.token, nil
		})
		w.orders(t, 0)
		require.False(t, <-renewed)
		require.True(t, <-renewed)
		f.close(t, 0, "O1")
		w.orders(t, 1)
		require.Empty(t, w.notices, "it goes on at once")

		w.stop()
		require.NoError(t, <-w.ended)

		ended := follow(t, f.urls[0], func(_ context.Context, expired bool) (string, error) {
			if expired {
				return "", errors.New("expired")
			}
			return f.token, nil
		})
		ended.orders(t, 1)
		require.EqualError(t, <-ended.ended, "expired")
	})

	t.Run("WaitsForAPlace", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		first, second := follow(t, l.urls[0], l.staticToken), follow(t, l.urls[1], l.staticToken)
		first.orders(t, 0)
		second.orders(t, 0)
		third := follow(t, l.urls[0], l.staticToken)
		require.Equal(t, "over the limit of 2 streams at once", <-third.notices)
		third.stop()
		require.NoError(t, <-third.ended)
	})

	t.Run("DoesNotBeginWhatCannotSucceed", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		stranger := follow(t, l.urls[0], func(context.Context, bool) (string, error) { return "nonsense", nil })
		require.ErrorContains(t, <-stranger.ended, "token")
		require.ErrorContains(t, <-follow(t, "http://127.0.0.1:1", l.staticToken).ended, "can't reach the server")
	})
}
