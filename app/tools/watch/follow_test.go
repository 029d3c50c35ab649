package watch_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/tools/watch"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
)

// dead sends figures once, and then nothing, as a connection does whose other end was switched off.
type dead struct {
	kpiv1connect.UnimplementedKpiServiceHandler

	opened atomic.Int64
}

func (d *dead) StreamKpis(ctx context.Context, _ *kpiv1.StreamKpisRequest, to *connect.ServerStream[kpiv1.StreamKpisResponse]) error {
	figures := &kpiv1.Kpis{Total: &kpiv1.KpiFigures{Orders: d.opened.Add(1)}}
	if err := to.Send(&kpiv1.StreamKpisResponse{Event: &kpiv1.StreamKpisResponse_Kpis{Kpis: figures}}); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestAConnectionOnWhichNothingComesIsOpenedAgain(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle(kpiv1connect.NewKpiServiceHandler(&dead{}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := watch.Follower{
		Client: server.Client(), Notice: func(string, time.Duration) {}, Request: &kpiv1.StreamKpisRequest{}, Silence: 50 * time.Millisecond, URL: server.URL,
		Show: func(k *kpiv1.Kpis) error {
			if k.GetTotal().GetOrders() == 3 {
				cancel()
			}
			return nil
		},
		Token: func(context.Context, bool) (string, error) { return "token", nil },
	}
	require.NoError(t, f.Follow(ctx))
}
