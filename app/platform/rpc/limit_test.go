package rpc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ratelimit"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// slowMenu answers like the menu, except that it waits for the end of a call to `slow`.
type slowMenu struct {
	menu

	written *atomic.Int64
}

// GetMenuItem implements [menuv1connect.MenuServiceHandler].
func (s slowMenu) GetMenuItem(ctx context.Context, req *menuv1.GetMenuItemRequest) (*menuv1.GetMenuItemResponse, error) {
	if req.GetMenuItemId() == "slow" {
		if info, ok := connect.CallInfoForHandlerContext(ctx); ok {
			info.ResponseHeader().Set("X-Cache-Status", "HIT")
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.menu.GetMenuItem(ctx, req)
}

// UpsertMenuItem implements [menuv1connect.MenuServiceHandler].
func (s slowMenu) UpsertMenuItem(context.Context, *menuv1.UpsertMenuItemRequest) (*menuv1.UpsertMenuItemResponse, error) {
	s.written.Add(1)
	return &menuv1.UpsertMenuItemResponse{}, nil
}

// anyone signs everybody in.
type anyone struct {
	authv1connect.UnimplementedAuthServiceHandler
}

// Login implements [authv1connect.AuthServiceHandler].
func (anyone) Login(context.Context, *authv1.LoginRequest) (*authv1.LoginResponse, error) {
	return &authv1.LoginResponse{AccessToken: "token"}, nil
}

// ingest takes all orders.
type ingest struct {
	ordersv1connect.UnimplementedOrderServiceHandler
}

// IngestOrders implements [ordersv1connect.OrderServiceHandler].
func (ingest) IngestOrders(context.Context, *ordersv1.IngestOrdersRequest) (*ordersv1.IngestOrdersResponse, error) {
	return &ordersv1.IngestOrdersResponse{}, nil
}

// limited is a server with a limiter that the tests' callers share.
type limited struct {
	*rpctest.Server

	written atomic.Int64
}

func startLimited(t *testing.T, a rpc.Authenticator, limits ratelimit.Limits) *limited {
	t.Helper()
	connection, prefix := dbtest.Valkey(t)
	limiter := ratelimit.New(prefix, limits, connection, clock.System, ratelimit.NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
	limiter.Start(t.Context())
	t.Cleanup(limiter.Stop)
	s := &limited{}
	method := menuv1.File_chefcloud_menu_v1_menu_proto.Services().ByName("MenuService").Methods().ByName("ListMenuItems")
	s.Server = rpctest.NewLimited(t, a, limiter,
		rpc.Service{Name: menuv1connect.MenuServiceName, Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			_, handler := menuv1connect.NewMenuServiceHandler(slowMenu{written: &s.written}, options...)
			_, stream := streamed(menuv1connect.MenuServiceListMenuItemsProcedure, method)(options...)
			mux := http.NewServeMux()
			mux.Handle("/", handler)
			mux.Handle(menuv1connect.MenuServiceListMenuItemsProcedure, stream)
			return "/" + menuv1connect.MenuServiceName + "/", mux
		}},
		rpc.Service{Name: authv1connect.AuthServiceName, Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return authv1connect.NewAuthServiceHandler(anyone{}, options...)
		}},
		rpc.Service{Name: ordersv1connect.OrderServiceName, Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(ingest{}, options...)
		}})
	return s
}

// member returns a user whom no other test charges.
func member(plan, id string) caller.Caller {
	c := staff
	c.Plan, c.Role, c.UserID = plan, caller.RoleManager, id
	return c
}

// few are limits that a test exceeds.
var few = ratelimit.Limits{Address: 3, Enterprise: 4, Free: 2, Ingest: 3, Pro: 3}

// many are limits that no test exceeds.
var many = ratelimit.Limits{Address: 1e6, Enterprise: 240, Free: 1e6, Ingest: 1e6, Pro: 1e6}

// TestEveryAnswerOfALimitedCallTellsTheLimit makes the same calls over all four protocols: what succeeds and what fails in each layer.
func TestEveryAnswerOfALimitedCallTellsTheLimit(t *testing.T) {
	t.Parallel()
	server := startLimited(t, rpctest.Believer{}, many)
	for _, protocol := range []string{"Connect", "GRPC", "GRPCWeb", "REST"} {
		for id, code := range map[string]connect.Code{
			"dish": 0, "missing": connect.CodeNotFound, "bad id!": connect.CodeInvalidArgument, "panics": connect.CodeInternal,
			"breaks": connect.CodeInternal,
		} {
			t.Run(protocol+"_"+id, func(t *testing.T) {
				t.Parallel()
				c := member("ENT", protocol+strings.Trim(id, "!")) // used by this case alone
				got, header := fetch(t, server, protocol, c, id)
				require.Equal(t, code, got)
				require.Equal(t, []string{`"minute";q=240;w=60`}, header.Values(ratelimit.HeaderPolicy))
				require.Equal(t, []string{`"minute";r=239;t=60`}, header.Values(ratelimit.HeaderState))
				require.Empty(t, header.Values("Retry-After"))
			})
		}
	}
}

func TestOverTheLimit(t *testing.T) {
	t.Parallel()
	server := startLimited(t, rpctest.Believer{}, few)
	for _, protocol := range []string{"Connect", "GRPC", "GRPCWeb", "REST"} {
		t.Run("IsResourceExhaustedOver"+protocol, func(t *testing.T) {
			t.Parallel()
			c := member("PRO", protocol)
			for range few.Pro {
				code, _ := fetch(t, server, protocol, c, "dish")
				require.Zero(t, code)
			}
			for range 3 { // by Valkey, then by memory
				code, header := fetch(t, server, protocol, c, "dish")
				require.Equal(t, connect.CodeResourceExhausted, code)
				require.Equal(t, []string{`"minute";q=3;w=60`}, header.Values(ratelimit.HeaderPolicy))
				require.Contains(t, []string{`"minute";r=0;t=60`, `"minute";r=0;t=59`}, header.Get(ratelimit.HeaderState))
				require.Len(t, header.Values("Retry-After"), 1)
				require.Contains(t, []string{"60", "59"}, header.Get("Retry-After"))
			}
		})
	}

	t.Run("NamesLimitAndPlan", func(t *testing.T) {
		t.Parallel()
		client := menuv1connect.NewMenuServiceClient(server.As(member("FREE", "named")), server.URL)
		var err error
		for range few.Free + 1 {
			_, err = client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
		}
		require.EqualError(t, err, "resource_exhausted: over the limit of 2 calls a minute of plan FREE")
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeResourceExhausted, code)
		require.Equal(t, "RATE_LIMITED", reason)
		require.InDelta(t, 59.5, retryDelay(t, err).Seconds(), 0.6)
	})

	t.Run("AMutationDoesNotRun", func(t *testing.T) {
		t.Parallel()
		client := menuv1connect.NewMenuServiceClient(server.As(member("ENT", "writer")), server.URL)
		before := server.written.Load()
		for call := range few.Enterprise + 3 {
			_, err := client.UpsertMenuItem(t.Context(), &menuv1.UpsertMenuItemRequest{MenuItem: &menuv1.MenuItem{Name: "Dish", Category: "FOOD"}})
			require.Equal(t, call >= few.Enterprise, connect.CodeOf(err) == connect.CodeResourceExhausted, err)
		}
		require.EqualValues(t, few.Enterprise, server.written.Load()-before)
	})

	t.Run("AReadIsCutShort", func(t *testing.T) {
		t.Parallel()
		client := menuv1connect.NewMenuServiceClient(server.As(member("FREE", "reader")), server.URL)
		for range few.Free {
			_, err := client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
			require.NoError(t, err)
		}
		patient, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := client.GetMenuItem(patient, &menuv1.GetMenuItemRequest{MenuItemId: "slow"}) // ends with its context alone
		require.Equal(t, connect.CodeResourceExhausted, connect.CodeOf(err))
		var wire *connect.Error
		require.ErrorAs(t, err, &wire)
		require.Empty(t, wire.Meta().Values("X-Cache-Status"), "nothing of its work is left")
	})

	t.Run("WhatIsForbiddenOrInvalidCounts", func(t *testing.T) {
		t.Parallel()
		c := member("PRO", "guesser")
		client := menuv1connect.NewMenuServiceClient(server.As(c), server.URL)
		for _, req := range []*menuv1.GetMenuItemRequest{{MenuItemId: "bad id!"}, {MenuItemId: "missing"}, {OrgId: "ORG_2", MenuItemId: "dish"}} {
			_, err := client.GetMenuItem(t.Context(), req)
			require.NotEqual(t, connect.CodeResourceExhausted, connect.CodeOf(err))
		}
		_, err := client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
		require.Equal(t, connect.CodeResourceExhausted, connect.CodeOf(err))
	})

	t.Run("AStreamDoesNotBegin", func(t *testing.T) {
		t.Parallel()
		c := member("FREE", "watcher")
		client := connect.NewClient[menuv1.GetMenuItemRequest, menuv1.GetMenuItemResponse](server.AsOverHTTP2(c), server.URL+menuv1connect.MenuServiceListMenuItemsProcedure)
		for call := range few.Free + 1 {
			stream, err := client.CallServerStream(t.Context(), connect.NewRequest(&menuv1.GetMenuItemRequest{MenuItemId: "dish"}))
			require.NoError(t, err)
			require.Equal(t, call < few.Free, stream.Receive(), stream.Err())
			require.Equal(t, fmt.Sprintf(`"minute";r=%d;t=60`, max(few.Free-call-1, 0)), stream.ResponseHeader().Get(ratelimit.HeaderState))
			if call == few.Free {
				require.Equal(t, connect.CodeResourceExhausted, connect.CodeOf(stream.Err()))
			}
			require.NoError(t, stream.Close())
		}
	})

	t.Run("IngestHasItsOwnBudget", func(t *testing.T) {
		t.Parallel()
		till := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "till", OrgID: "ORG_1", Plan: "FREE", Scopes: []string{"orders:write", "menu:read"}}
		client := ordersv1connect.NewOrderServiceClient(server.As(till), server.URL)
		batch := &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{}}
		for call := range few.Ingest + 1 {
			ctx, info := connect.NewClientContext(t.Context())
			_, err := client.IngestOrders(ctx, batch)
			over := call == few.Ingest
			require.Equal(t, over, connect.CodeOf(err) == connect.CodeResourceExhausted, err)
			if err == nil {
				require.Equal(t, `"ingest";q=3;w=60`, info.ResponseHeader().Get(ratelimit.HeaderPolicy))
			}
		}
		_, err := menuv1connect.NewMenuServiceClient(server.As(till), server.URL).GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "dish"})
		require.NotEqual(t, connect.CodeResourceExhausted, connect.CodeOf(err), "the plan's budget is untouched")
	})
}

// recognising believes what the header says, and knows at once whether there is one.
type recognising struct {
	rpctest.Believer

	asked atomic.Int64
}

// Authenticate implements [rpc.Authenticator].
func (r *recognising) Authenticate(ctx context.Context, authorization string) (caller.Caller, error) {
	r.asked.Add(1)
	return r.Believer.Authenticate(ctx, authorization)
}

// Recognises implements [rpc.Recogniser].
func (*recognising) Recognises(authorization string) bool {
	return strings.HasPrefix(authorization, "Test ")
}

func TestAnAddressIsChargedForCallsWithoutCredentials(t *testing.T) {
	t.Parallel()

	t.Run("AndTurnedAwayWhileMembersBehindItGoOn", func(t *testing.T) {
		t.Parallel()
		a := &recognising{}
		limits := many
		limits.Address = 3
		server := startLimited(t, a, limits)
		for call := range 10 {
			code, header := fetchWith(t, server, http.DefaultClient, http.DefaultClient, "Connect", "dish")
			want := connect.CodeUnauthenticated
			if call >= limits.Address {
				want = connect.CodeResourceExhausted
				require.NotEmpty(t, header.Get("Retry-After"))
			}
			require.Equal(t, want, code)
			require.Equal(t, `"address";q=3;w=60`, header.Get(ratelimit.HeaderPolicy))
			require.NotEmpty(t, header.Get(ratelimit.HeaderState))
			code, header = fetch(t, server, "Connect", member("FREE", "inside"), "dish")
			require.Zero(t, code)
			require.Equal(t, `"minute";q=1000000;w=60`, header.Get(ratelimit.HeaderPolicy))
		}
		// Four strangers were looked at: three, and the one whose refusal is remembered.
		require.EqualValues(t, 10+limits.Address+1, a.asked.Load())
	})

	t.Run("AlsoForPublicOnes", func(t *testing.T) {
		t.Parallel()
		server := startLimited(t, rpctest.Believer{}, few)
		client := authv1connect.NewAuthServiceClient(http.DefaultClient, server.URL)
		for call := range few.Address + 2 {
			_, err := client.Login(t.Context(), &authv1.LoginRequest{Email: "a@example.com", Password: "secret"})
			require.Equal(t, call >= few.Address, connect.CodeOf(err) == connect.CodeResourceExhausted, err)
		}
	})

	t.Run("NotForThoseOfMembers", func(t *testing.T) {
		t.Parallel()
		server := startLimited(t, rpctest.Believer{}, few)
		for n := range 2 * few.Address {
			code, _ := fetch(t, server, "Connect", member("FREE", fmt.Sprint("usr_", n)), "dish")
			require.Zero(t, code)
		}
		code, _ := fetchWith(t, server, http.DefaultClient, http.DefaultClient, "Connect", "dish")
		require.Equal(t, connect.CodeUnauthenticated, code)
	})
}

func fetch(t *testing.T, server *limited, protocol string, c caller.Caller, id string) (connect.Code, http.Header) {
	t.Helper()
	return fetchWith(t, server, server.As(c), server.AsOverHTTP2(c), protocol, id)
}

// fetchWith gets a menu item and returns the code, 0 for success, and the header that came back, trailers included.
func fetchWith(t *testing.T, server *limited, client, http2 *http.Client, protocol, id string) (connect.Code, http.Header) {
	t.Helper()
	if protocol == "REST" {
		return fetchREST(t, client, server.URL+"/menu/items/"+strings.ReplaceAll(id, " ", "%20"))
	}
	options := map[string][]connect.ClientOption{"Connect": nil, "GRPC": {connect.WithGRPC()}, "GRPCWeb": {connect.WithGRPCWeb()}}[protocol]
	if protocol == "GRPC" {
		client = http2
	}
	ctx, info := connect.NewClientContext(t.Context())
	_, err := menuv1connect.NewMenuServiceClient(client, server.URL, options...).GetMenuItem(ctx, &menuv1.GetMenuItemRequest{MenuItemId: id})
	if err == nil {
		return 0, info.ResponseHeader()
	}
	var wire *connect.Error
	require.ErrorAs(t, err, &wire)
	return wire.Code(), wire.Meta()
}

func fetchREST(t *testing.T, client *http.Client, url string) (connect.Code, http.Header) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	code, ok := map[int]connect.Code{
		http.StatusOK: 0, http.StatusBadRequest: connect.CodeInvalidArgument, http.StatusNotFound: connect.CodeNotFound,
		http.StatusInternalServerError: connect.CodeInternal, http.StatusTooManyRequests: connect.CodeResourceExhausted,
		http.StatusUnauthorized: connect.CodeUnauthenticated,
	}[response.StatusCode]
	require.True(t, ok, "%d %s", response.StatusCode, bytes.TrimSpace(body))
	return code, response.Header
}

func retryDelay(t *testing.T, err error) time.Duration {
	t.Helper()
	var wire *connect.Error
	require.ErrorAs(t, err, &wire)
	for _, detail := range wire.Details() {
		value, err := detail.Value()
		require.NoError(t, err)
		if info, ok := value.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	t.Fatal("no RetryInfo")
	return 0
}
