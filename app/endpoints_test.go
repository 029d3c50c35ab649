package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/process"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// TestWhatACommittedOrderAnnouncesArrivesThoughItsProcessIsKilled has a process take orders that delivers nothing itself, kills it, and
// starts another in its place.
func TestWhatACommittedOrderAnnouncesArrivesThoughItsProcessIsKilled(t *testing.T) {
	t.Parallel()
	databaseURL, server := dbtest.URL(t), dbtest.ValkeySettings(t)
	db := dbtest.Open(t, databaseURL)
	hasher, err := password.NewHasher(password.Recommended(), 1)
	require.NoError(t, err)
	owner, err := auth.CreateOrganisation(t.Context(), db, hasher, clock.System, auth.NewOrganisation{
		Currency: "UGX", ID: "ORG_HOOK", Name: "Hook", OwnerEmail: ownerEmail, OwnerPassword: ownerPassword, Plan: "ENT",
	})
	require.NoError(t, err)
	who := caller.Caller{Kind: caller.KindUser, OrgID: owner.OrgID, Role: caller.RoleOwner, UserID: owner.ID}
	branch, dish := factory.Branch(t, db, who, factory.BranchOpts{}), factory.MenuItem(t, db, who, 1000, nil)

	type request struct {
		body   []byte
		header http.Header
	}
	const orders = 20
	requests := make(chan request, 10*orders)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if text, err := io.ReadAll(r.Body); err == nil {
			requests <- request{text, r.Header}
		}
	}))
	t.Cleanup(receiver.Close)

	environment := []string{
		"DATABASE_URL=" + databaseURL, "REDIS_HOST=" + server.Host, "REDIS_PORT=" + strconv.Itoa(server.Port), "CACHE_PREFIX=hook",
		"WEBHOOKS_ALLOW_LOOPBACK=true",
	}
	first := process.Start(t, append(environment, "JOBS_WORKERS=0")...)
	signedIn, err := authv1connect.NewAuthServiceClient(http.DefaultClient, first.URL).
		Login(t.Context(), &authv1.LoginRequest{Email: ownerEmail, Password: ownerPassword})
	require.NoError(t, err)
	client := &http.Client{Transport: bearer{signedIn.GetAccessToken(), &http.Transport{}}}
	endpoint, err := endpointsv1connect.NewEndpointServiceClient(client, first.URL).
		CreateEndpoint(t.Context(), &endpointsv1.CreateEndpointRequest{Url: receiver.URL, Events: []string{"order.closed"}})
	require.NoError(t, err)
	batch := &ordersv1.IngestOrdersRequest{}
	for i := range orders {
		batch.Orders = append(batch.Orders, &ordersv1.IngestOrder{
			OrderId: "O" + strconv.Itoa(i), BranchId: branch, ClosedAt: timestamppb.Now(), Lines: []*ordersv1.IngestLine{{MenuItemId: dish, Quantity: 1}},
		})
	}
	taken, err := ordersv1connect.NewOrderServiceClient(client, first.URL).IngestOrders(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, int32(orders), taken.GetCreated())
	first.Kill(t)
	require.Empty(t, requests)

	process.StartAt(t, first.Address(), environment...)
	verifier, err := standardwebhooks.NewWebhook(endpoint.GetSecret())
	require.NoError(t, err)
	ids := map[string]bool{}
	for len(ids) < orders {
		select {
		case r := <-requests:
			require.NoError(t, verifier.Verify(r.body, r.header))
			ids[r.header.Get(standardwebhooks.HeaderWebhookID)] = true
		case <-time.After(30 * time.Second):
			require.Failf(t, "events are missing", "%d of %d came", len(ids), orders)
		}
	}
}
