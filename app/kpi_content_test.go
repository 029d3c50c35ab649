package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/factory"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1/franchisev1connect"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1/kpiv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

// liveUpdate is the data of an update.
type liveUpdate struct {
	Revenue, Orders, Discounts, OpenOrders, StockAtRisk int64
	AverageCheck, ServiceLevelBp, BudgetAttainmentBp    *int64
	Branches                                            []struct{ BranchID string }
}

// until returns the first update that is so.
func until(t *testing.T, events <-chan sseEvent, so func(liveUpdate) bool) liveUpdate {
	t.Helper()
	for {
		var u liveUpdate
		require.NoError(t, json.Unmarshal([]byte(next(t, events, "kpi-update").data), &u))
		if so(u) {
			return u
		}
	}
}

// TestLiveFiguresFollowEveryChange makes one change after another and waits for each to arrive.
func TestLiveFiguresFollowEveryChange(t *testing.T) {
	t.Parallel()
	l := openLive(t)
	_, events, _ := l.watch(t, 1, "orgId=ORG_LIVE", "Bearer "+l.token, "")
	first := until(t, events, func(liveUpdate) bool { return true })
	require.Nil(t, first.AverageCheck, "there is none of no orders")
	require.Nil(t, first.ServiceLevelBp)
	require.Nil(t, first.BudgetAttainmentBp)

	orders := ordersv1connect.NewOrderServiceClient(l.client(), l.urls[0])
	open := func() string {
		opened, err := orders.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{
			BranchId: l.branch, Covers: 2, Lines: []*ordersv1.NewLine{{MenuItemId: l.dish, Quantity: 3}},
		})
		require.NoError(t, err)
		return opened.GetOrder().GetId()
	}
	one, other := open(), open()
	until(t, events, func(u liveUpdate) bool { return u.OpenOrders == 2 && u.Orders == 0 })
	_, err := orders.SendOrder(t.Context(), &ordersv1.SendOrderRequest{OrderId: one})
	require.NoError(t, err)
	_, err = orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: one})
	require.NoError(t, err)
	closed := until(t, events, func(u liveUpdate) bool { return u.OpenOrders == 1 && u.Orders == 1 })
	require.Equal(t, int64(3_000), closed.Revenue)
	require.Equal(t, int64(3_000), *closed.AverageCheck)
	_, err = orders.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: other, Reason: "left"})
	require.NoError(t, err)
	until(t, events, func(u liveUpdate) bool { return u.OpenOrders == 0 && u.Orders == 1 })

	kpis, err := kpiv1connect.NewKpiServiceClient(l.client(), l.urls[0]).GetKpis(t.Context(), &kpiv1.GetKpisRequest{Branches: true})
	require.NoError(t, err)
	today, err := time.Parse(time.DateOnly, kpis.GetKpis().GetBranches()[0].GetBusinessDate())
	require.NoError(t, err)
	day, days := int64(today.Day()), time.Date(today.Year(), today.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	_, err = franchisev1connect.NewFranchiseServiceClient(l.client(), l.urls[0]).UpsertBudgets(t.Context(), &franchisev1.UpsertBudgetsRequest{
		Targets: []*franchisev1.BudgetTarget{{BranchId: l.branch, Period: today.Format("2006-01"), Revenue: int64(days) * 2_000}},
	})
	require.NoError(t, err)
	attained := until(t, events, func(u liveUpdate) bool { return u.BudgetAttainmentBp != nil })
	require.Equal(t, (3_000*10_000+day*1_000)/(day*2_000), *attained.BudgetAttainmentBp, "of 2,000 for each day so far, rounded")

	item := factory.Item(t, l.db, l.owner)
	inventory := inventoryv1connect.NewInventoryServiceClient(l.client(), l.urls[0])
	_, err = inventory.UpsertStockPolicies(t.Context(), &inventoryv1.UpsertStockPoliciesRequest{
		Policies: []*inventoryv1.StockPolicy{{BranchId: l.branch, ItemId: item, ReorderLevel: 5}},
	})
	require.NoError(t, err)
	until(t, events, func(u liveUpdate) bool { return u.StockAtRisk == 1 })
	risks, err := inventory.ListStockAtRisk(t.Context(), &inventoryv1.ListStockAtRiskRequest{})
	require.NoError(t, err)
	require.Len(t, risks.GetRisks(), 1)
}

// TestLiveFiguresOfOneBranch has a supervisor, who sees no other.
func TestLiveFiguresOfOneBranch(t *testing.T) {
	t.Parallel()
	l := openLive(t)
	elsewhere := factory.Branch(t, l.db, l.owner, factory.BranchOpts{})
	l.close(t, 0, "O1")
	users := authv1connect.NewAuthServiceClient(l.client(), l.urls[0])
	tokens := make(map[policyv1.Role]string)
	for role, email := range map[policyv1.Role]string{policyv1.Role_ROLE_SUPERVISOR: "supervisor@example.com", policyv1.Role_ROLE_STAFF: "staff@example.com"} {
		_, err := users.CreateUser(t.Context(), &authv1.CreateUserRequest{BranchId: elsewhere, Email: email, Name: email, Password: ownerPassword, Role: role})
		require.NoError(t, err)
		in, err := users.Login(t.Context(), &authv1.LoginRequest{Email: email, Password: ownerPassword})
		require.NoError(t, err)
		tokens[role] = in.GetAccessToken()
	}
	supervisor := "Bearer " + tokens[policyv1.Role_ROLE_SUPERVISOR]
	_, events, _ := l.watch(t, 0, "branches=true", supervisor, "")
	seen := until(t, events, func(liveUpdate) bool { return true })
	require.Zero(t, seen.Orders, "the order is another branch's")
	require.Len(t, seen.Branches, 1)
	require.Equal(t, elsewhere, seen.Branches[0].BranchID)
	status, _, _ := l.watch(t, 0, "branchId="+l.branch, supervisor, "")
	require.Equal(t, http.StatusNotFound, status)
	status, _, _ = l.watch(t, 0, "", "Bearer "+tokens[policyv1.Role_ROLE_STAFF], "")
	require.Equal(t, http.StatusForbidden, status)

	_, events, _ = l.watch(t, 1, "branchId="+l.branch, "Bearer "+l.token, "")
	require.Equal(t, int64(1), until(t, events, func(liveUpdate) bool { return true }).Orders)
}

// TestLiveFiguresOverEveryProtocol streams over the three RPC protocols, the last also from a server that ends.
func TestLiveFiguresOverEveryProtocol(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]connect.ClientOption{"connect": connect.WithProtoJSON(), "grpc": connect.WithGRPC(), "grpc_web": connect.WithGRPCWeb()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openLive(t)
			protocols := new(http.Protocols)
			protocols.SetUnencryptedHTTP2(true)
			transport := &http.Transport{Protocols: protocols}
			t.Cleanup(transport.CloseIdleConnections)
			kpis := kpiv1connect.NewKpiServiceClient(&http.Client{Transport: bearer{l.token, transport}}, l.urls[1], option)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			t.Cleanup(cancel)
			stream, err := kpis.StreamKpis(ctx, &kpiv1.StreamKpisRequest{Branches: true})
			require.NoError(t, err)
			receive := func(so func(*kpiv1.StreamKpisResponse) bool) *kpiv1.StreamKpisResponse {
				for stream.Receive() {
					if so(stream.Msg()) {
						return stream.Msg()
					}
				}
				require.NoError(t, stream.Err())
				require.Fail(t, "the stream ended")
				return nil
			}
			first := receive(func(*kpiv1.StreamKpisResponse) bool { return true })
			require.Zero(t, first.GetKpis().GetTotal().GetOrders())
			receive(func(m *kpiv1.StreamKpisResponse) bool { return m.GetHeartbeat().GetStatus() == "ok" })
			l.close(t, 0, "O1")
			receive(func(m *kpiv1.StreamKpisResponse) bool { return m.GetKpis().GetTotal().GetOrders() == 1 })
			receive(func(m *kpiv1.StreamKpisResponse) bool { return m.GetHeartbeat() != nil })
			answer, err := kpis.GetKpis(t.Context(), &kpiv1.GetKpisRequest{Branches: true})
			require.NoError(t, err)
			require.Equal(t, int64(1_000), answer.GetKpis().GetTotal().GetRevenue())
			require.Len(t, answer.GetKpis().GetBranches(), 1)

			ended := make(chan error, 1)
			go func() { ended <- l.nodes[1].Stop(context.Background()) }()
			goodbye := receive(func(m *kpiv1.StreamKpisResponse) bool { return m.GetGoodbye() != nil }).GetGoodbye()
			require.Equal(t, kpiv1.GoodbyeReason_GOODBYE_REASON_SHUTDOWN, goodbye.GetReason())
			require.Positive(t, goodbye.GetRetryAfter().AsDuration())
			require.False(t, stream.Receive())
			require.NoError(t, stream.Err(), "it ends in good order")
			require.NoError(t, <-ended)
		})
	}
}

// TestAnAnnouncementThatNobodyHeardHealsByItself cuts all nodes off from announcements just before one is made.
func TestAnAnnouncementThatNobodyHeardHealsByItself(t *testing.T) {
	t.Parallel()
	f := openLiveFleet(t, 2)
	_, events, _ := f.watch(t, 1, "orgId=ORG_LIVE", "Bearer "+f.token, "")
	until(t, events, func(u liveUpdate) bool { return u.Orders == 0 })
	client := f.valkeyClient(t)
	for n := range int64(3) {
		require.NoError(t, client.Do(t.Context(), client.B().Arbitrary("CLIENT", "KILL", "TYPE", "pubsub").Build()).Error())
		require.NoError(t, f.ingest(t.Context(), 0, "O"+strings.Repeat("x", int(n)+1)))
		until(t, events, func(u liveUpdate) bool { return u.Orders == n+1 })
	}
}
