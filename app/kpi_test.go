package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app"
	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/httpserver"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// live is an organisation on two server processes, with a signed-in owner.
type live struct {
	branch, dish string
	db           *postgres.DB
	nodes        []*fx.App
	owner        caller.Caller
	token        string
	transport    *http.Transport
	urls         []string
}

func openLive(t *testing.T) *live {
	t.Helper()
	databaseURL := dbtest.URL(t)
	l := foundLive(t, databaseURL)
	prefix := strings.ToLower(ids.New("live"))
	for range 2 {
		var server *httpserver.Server
		node := fx.New(app.Options(settings(t, map[string]string{
			"DATABASE_URL": databaseURL, "CACHE_PREFIX": prefix, "SSE_HEARTBEAT_INTERVAL": "2",
		})), fx.Populate(&server))
		require.NoError(t, node.Start(t.Context()))
		t.Cleanup(func() { _ = node.Stop(context.Background()) })
		l.nodes, l.urls = append(l.nodes, node), append(l.urls, "http://"+server.Addr().String())
	}
	l.signIn(t)
	return l
}

// foundLive makes the organisation, which has no servers yet.
func foundLive(t *testing.T, databaseURL string) *live {
	t.Helper()
	db := dbtest.Open(t, databaseURL)
	hasher, err := password.NewHasher(password.Recommended(), 1)
	require.NoError(t, err)
	owner, err := auth.CreateOrganisation(t.Context(), db, hasher, clock.System, auth.NewOrganisation{
		Currency: "UGX", ID: "ORG_LIVE", Name: "Live", OwnerEmail: ownerEmail, OwnerPassword: ownerPassword, Plan: "ENT",
	})
	require.NoError(t, err)
	who := caller.Caller{Kind: caller.KindUser, OrgID: owner.OrgID, Role: caller.RoleOwner, UserID: owner.ID}
	l := &live{
		branch: factory.Branch(t, db, who, factory.BranchOpts{}), dish: factory.MenuItem(t, db, who, 1_000, nil),
		db: db, owner: who, transport: &http.Transport{MaxIdleConnsPerHost: 16},
	}
	t.Cleanup(l.transport.CloseIdleConnections)
	return l
}

func (l *live) signIn(t *testing.T) {
	t.Helper()
	signedIn, err := authv1connect.NewAuthServiceClient(http.DefaultClient, l.urls[0]).
		Login(t.Context(), &authv1.LoginRequest{Email: ownerEmail, Password: ownerPassword})
	require.NoError(t, err)
	l.token = signedIn.GetAccessToken()
}

func (l *live) client() *http.Client {
	return &http.Client{Transport: bearer{l.token, l.transport}}
}

// close has an order of one dish taken by a node.
func (l *live) close(t *testing.T, node int, id string) {
	t.Helper()
	require.NoError(t, l.ingest(t.Context(), node, id))
}

// ingest may be repeated with the same id.
func (l *live) ingest(ctx context.Context, node int, id string) error {
	_, err := ordersv1connect.NewOrderServiceClient(l.client(), l.urls[node]).IngestOrders(ctx, &ordersv1.IngestOrdersRequest{
		Orders: []*ordersv1.IngestOrder{{
			OrderId: id, BranchId: l.branch, ClosedAt: timestamppb.Now(), Lines: []*ordersv1.IngestLine{{MenuItemId: l.dish, Quantity: 1}},
		}},
	})
	return err
}

// sseEvent is one Server-Sent Event.
type sseEvent struct{ data, id, name, retry string }

// watch opens a stream of a node; its events come one by one, and the channel closes with it.
func (l *live) watch(t *testing.T, node int, query, authorization, lastID string) (status int, events <-chan sseEvent, hangUp func()) {
	t.Helper()
	status, events, hangUp, err := l.tryWatch(t.Context(), node, query, authorization, lastID)
	require.NoError(t, err)
	return status, events, hangUp
}

// tryWatch is watch where a node may be away.
func (l *live) tryWatch(ctx context.Context, node int, query, authorization, lastID string) (status int, events <-chan sseEvent, hangUp func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.urls[node]+"/stream/kpis?"+query, nil)
	if err != nil {
		cancel()
		return 0, nil, nil, err
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	request.Header.Set("Last-Event-ID", lastID)
	response, err := l.transport.RoundTrip(request) //nolint:bodyclose // where it is read
	if err != nil {
		cancel()
		return 0, nil, nil, err
	}
	out := make(chan sseEvent, 100)
	go func() {
		defer close(out)
		defer response.Body.Close()
		var e sseEvent
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "id":
				e.id = value
			case "retry":
				e.retry = value
			case "":
				out <- e
				e = sseEvent{}
			}
		}
	}()
	return response.StatusCode, out, cancel, nil
}

// next returns the next event of a name.
func next(t *testing.T, events <-chan sseEvent, name string) sseEvent {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case e, ok := <-events:
			require.True(t, ok, "the stream ended before "+name)
			if e.name == name {
				return e
			}
		case <-timeout:
			require.Fail(t, "no "+name)
		}
	}
}

func TestLiveFigures(t *testing.T) {
	t.Parallel()

	t.Run("AreTheOverviewsAndFollowWhatAnyNodeTakes", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		status, events, _ := l.watch(t, 1, "orgId=ORG_LIVE&branches=true", "Bearer "+l.token, "")
		require.Equal(t, http.StatusOK, status)
		first := next(t, events, "kpi-update")
		require.Contains(t, first.data, `"revenue":0,"orders":0,`)
		require.JSONEq(t, `{"status":"ok"}`, next(t, events, "heartbeat").data)
		const burst = 40
		for n := range burst {
			l.close(t, 0, fmt.Sprintf("O%d", n))
		}
		updates := 0
		var last sseEvent
		for figures := (struct{ Orders int }{}); figures.Orders < burst; updates++ {
			last = next(t, events, "kpi-update")
			require.NoError(t, json.Unmarshal([]byte(last.data), &figures))
		}
		require.Less(t, updates, burst, "updates are conflated")
		overview, err := franchisev1connect.NewFranchiseServiceClient(l.client(), l.urls[0]).GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "today"})
		require.NoError(t, err)
		require.Contains(t, last.data, fmt.Sprintf(`"revenue":%d,"orders":%d,"averageCheck":1000,`, overview.GetSummary().GetNetSales(), burst))
		require.Contains(t, last.data, `"branches":[{"branchId":"`+l.branch+`"`)

		_, again, _ := l.watch(t, 1, "orgId=ORG_LIVE&branches=true", "Bearer "+l.token, last.id)
		require.Equal(t, "heartbeat", (<-again).name, "what the client has isn't sent again")

		stream, err := kpiv1connect.NewKpiServiceClient(http.DefaultClient, l.urls[0]).StreamKpis(t.Context(), &kpiv1.StreamKpisRequest{})
		require.NoError(t, err)
		require.False(t, stream.Receive())
		require.Equal(t, connect.CodeUnauthenticated, connect.CodeOf(stream.Err()))
	})

	t.Run("HaveAsManyWatchersAsAUserMayBe", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		hangUps := make([]func(), 2)
		for i := range hangUps {
			status, events, hangUp := l.watch(t, i, "orgId=ORG_LIVE", "Bearer "+l.token, "")
			require.Equal(t, http.StatusOK, status)
			next(t, events, "kpi-update")
			hangUps[i] = hangUp
		}
		status, _, _ := l.watch(t, 0, "orgId=ORG_LIVE", "Bearer "+l.token, "")
		require.Equal(t, http.StatusTooManyRequests, status)
		stream, err := kpiv1connect.NewKpiServiceClient(l.client(), l.urls[1]).StreamKpis(t.Context(), &kpiv1.StreamKpisRequest{})
		require.NoError(t, err)
		require.False(t, stream.Receive())
		require.Equal(t, connect.CodeResourceExhausted, connect.CodeOf(stream.Err()))
		hangUps[0]()
		require.Eventually(t, func() bool {
			status, _, _ := l.watch(t, 1, "orgId=ORG_LIVE", "Bearer "+l.token, "")
			return status == http.StatusOK
		}, 10*time.Second, 20*time.Millisecond, "a place that was given back is free")
	})

	t.Run("AreForThoseWhoMaySeeThemWhileTheyMay", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		for query, want := range map[string]int{
			"orgId=ORG_OTHER": http.StatusNotFound, "branchId=nowhere": http.StatusNotFound, "branches=perhaps": http.StatusBadRequest,
			"ticket=made-up": http.StatusUnauthorized,
		} {
			status, _, _ := l.watch(t, 0, query, "Bearer "+l.token, "")
			require.Equal(t, want, status, query)
		}
		status, _, _ := l.watch(t, 0, "orgId=ORG_LIVE", "", "")
		require.Equal(t, http.StatusUnauthorized, status)

		kpis := kpiv1connect.NewKpiServiceClient(l.client(), l.urls[0])
		ticket, err := kpis.CreateStreamTicket(t.Context(), &kpiv1.CreateStreamTicketRequest{})
		require.NoError(t, err)
		status, events, _ := l.watch(t, 1, "ticket="+ticket.GetTicket(), "", "")
		require.Equal(t, http.StatusOK, status)
		next(t, events, "kpi-update")
		status, _, _ = l.watch(t, 1, "ticket="+ticket.GetTicket(), "", "")
		require.Equal(t, http.StatusUnauthorized, status, "a ticket is good once")

		_, err = authv1connect.NewAuthServiceClient(l.client(), l.urls[0]).Logout(t.Context(), &authv1.LogoutRequest{})
		require.NoError(t, err)
		require.Contains(t, next(t, events, "goodbye").data, `"access_ended"`)
		_, open := <-events
		require.False(t, open, "it is the last event")
	})

	t.Run("EndWithTheAPIKeyThatOpenedThem", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		access := authv1connect.NewAuthServiceClient(l.client(), l.urls[0])
		key, err := access.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Wall", Scopes: []string{"reports:read"}})
		require.NoError(t, err)
		status, events, _ := l.watch(t, 1, "orgId=ORG_LIVE", "Bearer "+key.GetSecret(), "")
		require.Equal(t, http.StatusOK, status)
		next(t, events, "kpi-update")
		_, err = access.RevokeApiKey(t.Context(), &authv1.RevokeApiKeyRequest{ApiKeyId: key.GetApiKey().GetId()})
		require.NoError(t, err)
		require.Contains(t, next(t, events, "goodbye").data, `"access_ended"`)
	})

	t.Run("EndWithAGoodbyeWhenTheirServerDoes", func(t *testing.T) {
		t.Parallel()
		l := openLive(t)
		_, events, _ := l.watch(t, 0, "orgId=ORG_LIVE", "Bearer "+l.token, "")
		next(t, events, "kpi-update")
		require.NoError(t, l.nodes[0].Stop(context.Background()))
		goodbye := next(t, events, "goodbye")
		require.Contains(t, goodbye.data, `"shutdown"`)
		require.NotEmpty(t, goodbye.retry)
		_, open := <-events
		require.False(t, open)
	})
}
