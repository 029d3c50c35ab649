package kpi

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
)

// over is a client of a protocol, HTTP/1.1 or HTTP/2.
func over(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetUnencryptedHTTP2(http2)
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// stream opens the RPC.
func (f *fanOut) stream(t *testing.T, client *http.Client, options ...connect.ClientOption) *connect.ServerStreamForClient[kpiv1.StreamKpisResponse] {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("Authorization", rpctest.Authorization(user("ORG")))
	stream, err := kpiv1connect.NewKpiServiceClient(client, f.server.URL, options...).StreamKpis(ctx, &kpiv1.StreamKpisRequest{})
	require.NoError(t, err)
	return stream
}

// TestQuietStreamsLast has more time go by between two signs of life than a client has to read one.
func TestQuietStreamsLast(t *testing.T) {
	t.Parallel()
	const beats = 3
	quiet := func(t *testing.T) *fanOut {
		t.Helper()
		return openFanOut(t, func(d *Dependencies) { d.Heartbeat, d.WriteTimeout = 800*time.Millisecond, 500*time.Millisecond })
	}
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run("Events over "+name, func(t *testing.T) {
			t.Parallel()
			f := quiet(t)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+Path+"?orgId=ORG", nil)
			require.NoError(t, err)
			request.Header.Set("Authorization", rpctest.Authorization(user("ORG")))
			response, err := over(t, http2).Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			require.Equal(t, name, strings.TrimSuffix(response.Proto, ".0"))
			require.Equal(t, "no", response.Header.Get("X-Accel-Buffering"))
			require.Equal(t, "no-cache, no-transform", response.Header.Get("Cache-Control"))
			lines := bufio.NewScanner(response.Body)
			for seen := 0; seen < beats; {
				require.True(t, lines.Scan(), "the stream ended: %v", lines.Err())
				if lines.Text() == "event: heartbeat" {
					seen++
				}
			}
		})
	}
	for name, c := range map[string]struct {
		http2   bool
		options []connect.ClientOption
	}{
		"Connect over HTTP/1.1": {}, "Connect over HTTP/2": {http2: true},
		"gRPC": {http2: true, options: []connect.ClientOption{connect.WithGRPC()}}, "gRPC-Web": {options: []connect.ClientOption{connect.WithGRPCWeb()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := quiet(t)
			stream := f.stream(t, over(t, c.http2), c.options...)
			for seen := 0; seen < beats; {
				require.True(t, stream.Receive(), "the stream ended: %v", stream.Err())
				if stream.Msg().GetHeartbeat() != nil {
					seen++
				}
			}
			require.Equal(t, "no", stream.ResponseHeader().Get("X-Accel-Buffering"))
		})
	}
}

func TestAStreamBeginsWithTwoEventsOfTwoLines(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	connection := f.dial(t, user("ORG"), "HTTP/1.1", "", 0)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil) //nolint:bodyclose // that would wait for its end
	require.NoError(t, err)
	require.True(t, response.Close, "the connection is used up")
	lines := bufio.NewScanner(response.Body)
	var first []string
	for range 8 {
		require.True(t, lines.Scan())
		first = append(first, lines.Text())
	}
	require.Contains(t, first[1], `data: {"revenue":0,`)
	require.Equal(t, []string{"event: kpi-update", "", "event: heartbeat", `data: {"status":"ok"}`, "id: 0", "retry: 3000", ""}, slices.Delete(first, 1, 2))
	f.publish(7)
	for range 3 {
		require.True(t, lines.Scan())
	}
	require.Equal(t, "id: 7", lines.Text(), "later figures bring their own")
}

func TestAViewIsResumedOnlyByItsOwnID(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	for query, first := range map[string]string{
		"&lastEventId=0": "heartbeat", "&lastEventId=0~": "kpi-update", "&branches=true&lastEventId=0": "kpi-update",
		"&branches=true&lastEventId=0~": "heartbeat", "&lastEventId=1": "kpi-update",
	} {
		response, err := http.ReadResponse(bufio.NewReader(f.dial(t, user("ORG"), "HTTP/1.1", query, 0)), nil) //nolint:bodyclose // that would wait for its end
		require.NoError(t, err)
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		require.True(t, lines.Scan())
		require.Equal(t, "event: "+first, lines.Text(), query)
	}
}

func TestHeadOpensNoStream(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, f.server.URL+Path+"?orgId=ORG", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", rpctest.Authorization(user("ORG")))
	response, err := over(t, false).Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	require.Equal(t, "GET", response.Header.Get("Allow"))
	require.Zero(t, f.doors.open.Load())
}

// TestFiguresAreEncodedOnceForAll counts encodings of the RPC, in two codecs, and looks at the memory of events.
func TestFiguresAreEncodedOnceForAll(t *testing.T) {
	t.Parallel()
	f := openFanOut(t, nil)
	const most = 20
	heard := make(chan int64, 4*most)
	for i := range 2 * most {
		var options []connect.ClientOption
		if i%2 == 0 {
			options = append(options, connect.WithProtoJSON())
		}
		stream := f.stream(t, over(t, true), options...)
		f.reading.Go(func() {
			for stream.Receive() {
				if kpis := stream.Msg().GetKpis(); kpis != nil {
					heard <- kpis.GetTotal().GetRevenue()
				}
			}
		})
	}
	for range 2 * most {
		require.Zero(t, <-heard)
	}
	f.publish(1)
	for range 2 * most {
		require.Equal(t, int64(1), <-heard)
	}
	require.Equal(t, int64(4*most), f.encodings.used.Load())
	require.Equal(t, int64(2*2), f.encodings.made.Load(), "two sets of figures in two codecs")

	e := f.broker.hubs["ORG"].latest
	one, err := e.event(View{})
	require.NoError(t, err)
	two, err := e.event(View{})
	require.NoError(t, err)
	require.Same(t, &one.chunk[0], &two.chunk[0])
	retired := e.message(View{})
	f.publish(2)
	require.Eventually(t, func() bool {
		_, kept := f.broker.shared.Load(retired)
		return !kept
	}, time.Minute, time.Millisecond, "what is over isn't kept")
}
