package app_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
)

// ask asks a node for a stream, hangs up, and returns the answer's status and header.
func (f *fleet) ask(t *testing.T, node int, query, authorization string) (status int, header http.Header) {
	t.Helper()
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.nodes[node]+"/stream/kpis?"+query, http.NoBody)
	require.NoError(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, response.Header
}

func requireRetryAfter(t *testing.T, header http.Header, most time.Duration) {
	t.Helper()
	wait, err := strconv.Atoi(header.Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, wait)
	require.LessOrEqual(t, time.Duration(wait)*time.Second, most)
}

func TestStrangersWhoAskForStreamsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	for name, stranger := range map[string]struct{ query, authorization string }{
		"WithBadTokens":      {"orgId=ORG_NAT", "Bearer cck_ORG_NAT.key_1.forged"},
		"WithMadeUpTickets":  {"orgId=ORG_NAT&ticket=cct_ORG_NAT.tkt_1.forged", ""},
		"WithoutCredentials": {"orgId=ORG_NAT", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startFleet(t, 1, "ADDRESS_LIMIT_PER_MIN=20")
			member := f.signUp(t, "ORG_NAT", "ENT") // which is one of the address's calls
			counted := map[int]int{}
			for range 60 {
				status, header := f.ask(t, 0, stranger.query, stranger.authorization)
				counted[status]++
				require.Equal(t, `"address";q=20;w=60`, header.Get("RateLimit-Policy"))
				if status == http.StatusTooManyRequests {
					requireRetryAfter(t, header, time.Minute)
				}
			}
			require.Equal(t, map[int]int{http.StatusUnauthorized: 19, http.StatusTooManyRequests: 41}, counted)
			status, _ := f.ask(t, 0, "orgId=ORG_NAT", "Bearer "+member)
			require.Equal(t, http.StatusOK, status, "a member behind the same address")
		})
	}
}

func TestStreamsThatCanNotBeOpenedAreLimited(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 2, "SSE_RATE_LIMIT_PER_MIN=5") // and four times as many in vain
	member, other := f.signUp(t, "ORG_VAIN", "FREE"), f.signUp(t, "ORG_OTHER", "FREE")
	counted := map[int]int{}
	for i := range 30 {
		query := "branchId=nowhere"
		if i%3 == 0 {
			query = "orgId=ORG_OTHER"
		}
		status, header := f.ask(t, i%2, query, "Bearer "+member)
		counted[status]++
		if status == http.StatusTooManyRequests {
			require.Equal(t, `"attempt";q=20;w=60`, header.Get("RateLimit-Policy"))
			requireRetryAfter(t, header, time.Minute)
		}
	}
	require.Equal(t, map[int]int{http.StatusNotFound: 20, http.StatusTooManyRequests: 10}, counted)
	stream, err := kpiv1connect.NewKpiServiceClient(&http.Client{Transport: bearer{member, http.DefaultTransport}}, f.nodes[0]).
		StreamKpis(t.Context(), &kpiv1.StreamKpisRequest{BranchId: "nowhere"})
	require.NoError(t, err)
	require.False(t, stream.Receive())
	require.Equal(t, connect.CodeResourceExhausted, connect.CodeOf(stream.Err()))
	require.Equal(t, `"attempt";q=20;w=60`, stream.ResponseHeader().Get("RateLimit-Policy"))
	status, _, err := f.get(t.Context(), 0, member)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, "the plan's calls are counted by themselves")
	status, _ = f.ask(t, 0, "orgId=ORG_OTHER", "Bearer "+other)
	require.Equal(t, http.StatusOK, status)
}

// TestAUserMayOpenTwoStreamsAtOnce is what the release checklist does: 65 rapid connections, and three at once right after them.
func TestAUserMayOpenTwoStreamsAtOnce(t *testing.T) {
	t.Parallel()
	l := openLive(t)
	type answer struct {
		status int
		hangUp func()
	}
	answers := make(chan answer, 65)
	var group errgroup.Group
	for range 65 {
		group.Go(func() error {
			status, _, hangUp, err := l.tryWatch(t.Context(), 0, "orgId=ORG_LIVE", "Bearer "+l.token, "")
			answers <- answer{status, hangUp}
			return err
		})
	}
	require.NoError(t, group.Wait())
	close(answers)
	counted := map[int]int{}
	for a := range answers {
		counted[a.status]++
		a.hangUp()
	}
	require.Equal(t, map[int]int{http.StatusOK: 2, http.StatusTooManyRequests: 63}, counted)
	for range 2 {
		require.Eventually(t, func() bool { // those who hung up are gone in a moment
			status, _, _ := l.watch(t, 0, "orgId=ORG_LIVE", "Bearer "+l.token, "")
			return status == http.StatusOK
		}, 10*time.Second, 50*time.Millisecond)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.urls[1]+"/stream/kpis?orgId=ORG_LIVE", http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+l.token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	requireRetryAfter(t, response.Header, 30*time.Second)
}
