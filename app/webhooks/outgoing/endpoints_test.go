package outgoing_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
)

func (b *testBundle) otherBranch(t *testing.T) string {
	t.Helper()
	return factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
}

func TestAnEndpointFromCreationToDeletion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	require.Empty(t, b.wanted(t))
	created, err := b.client.CreateEndpoint(ctx, &endpointsv1.CreateEndpointRequest{
		Url: "https://example.com/hook", Description: "ERP", Events: []string{"order.voided", "order.closed"}, BranchIds: []string{b.branch},
	})
	require.NoError(t, err)
	e := created.GetEndpoint()
	require.True(t, strings.HasPrefix(e.GetId(), "ep_"))
	require.Equal(t, enabled, e.GetState())
	require.Equal(t, b.owner.UserID, e.GetCreatedBy())
	encoded, ok := strings.CutPrefix(created.GetSecret(), "whsec_")
	require.True(t, ok)
	key, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.Len(t, key, 32)
	require.Equal(t, []string{"order.closed", "order.voided"}, b.wanted(t))
	require.Equal(t, e.String(), b.get(t, e.GetId()).String())

	b.clock.Advance(time.Hour)
	updated, err := b.client.UpdateEndpoint(ctx, &endpointsv1.UpdateEndpointRequest{EndpointId: e.GetId(), Url: "https://example.org/", Events: []string{"*"}})
	require.NoError(t, err)
	require.Equal(t, "https://example.org/", updated.GetEndpoint().GetUrl())
	require.Empty(t, updated.GetEndpoint().GetBranchIds())
	require.Equal(t, noon.Add(time.Hour), updated.GetEndpoint().GetUpdatedAt().AsTime())
	require.Equal(t, []string{outgoing.All}, b.wanted(t))

	_, err = b.client.DisableEndpoint(ctx, &endpointsv1.DisableEndpointRequest{EndpointId: e.GetId(), Reason: "moving"})
	require.NoError(t, err)
	require.Equal(t, "moving", b.get(t, e.GetId()).GetStateReason())
	require.Empty(t, b.wanted(t))
	_, err = b.client.SendTestEvent(ctx, &endpointsv1.SendTestEventRequest{EndpointId: e.GetId()})
	_, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, "ENDPOINT_DISABLED", reason)

	_, err = b.client.DeleteEndpoint(ctx, &endpointsv1.DeleteEndpointRequest{EndpointId: e.GetId()})
	require.NoError(t, err)
	_, err = b.client.GetEndpoint(ctx, &endpointsv1.GetEndpointRequest{EndpointId: e.GetId()})
	require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
	listed, err := b.client.ListEndpoints(ctx, &endpointsv1.ListEndpointsRequest{})
	require.NoError(t, err)
	require.Empty(t, listed.GetEndpoints())
	var secrets string
	require.NoError(t, b.db.QueryRow(ctx, "SELECT secret || old_secret FROM endpoints").Scan(&secrets))
	require.Empty(t, secrets)
}

func TestBadInputsNameTheFieldAndWriteNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprintf("order.%d", i)
	}
	cases := map[string]struct {
		change func(*endpointsv1.CreateEndpointRequest)
		field  string
	}{
		"no_url":                   {func(r *endpointsv1.CreateEndpointRequest) { r.Url = "" }, "url"},
		"a_private_address":        {func(r *endpointsv1.CreateEndpointRequest) { r.Url = "https://10.0.0.1/" }, "url"},
		"http":                     {func(r *endpointsv1.CreateEndpointRequest) { r.Url = "http://example.com/" }, "url"},
		"too_long_a_url":           {func(r *endpointsv1.CreateEndpointRequest) { r.Url += strings.Repeat("a", 2048) }, "url"},
		"too_long_a_description":   {func(r *endpointsv1.CreateEndpointRequest) { r.Description = strings.Repeat("a", 201) }, "description"},
		"no_events":                {func(r *endpointsv1.CreateEndpointRequest) { r.Events = nil }, "events"},
		"an_unknown_event":         {func(r *endpointsv1.CreateEndpointRequest) { r.Events = []string{"order.eaten"} }, "events"},
		"the_test_event":           {func(r *endpointsv1.CreateEndpointRequest) { r.Events = []string{"test"} }, "events"},
		"all_and_one":              {func(r *endpointsv1.CreateEndpointRequest) { r.Events = []string{"*", "order.closed"} }, "events"},
		"an_event_twice":           {func(r *endpointsv1.CreateEndpointRequest) { r.Events = []string{"order.closed", "order.closed"} }, "events"},
		"too_many_events":          {func(r *endpointsv1.CreateEndpointRequest) { r.Events = many }, "events"},
		"an_unknown_branch":        {func(r *endpointsv1.CreateEndpointRequest) { r.BranchIds = []string{b.branch, "nowhere"} }, "branch_ids[1]"},
		"a_branch_twice":           {func(r *endpointsv1.CreateEndpointRequest) { r.BranchIds = []string{b.branch, b.branch} }, "branch_ids"},
		"a_branch_that_is_no_name": {func(r *endpointsv1.CreateEndpointRequest) { r.BranchIds = []string{"a b"} }, "branch_ids[0]"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := &endpointsv1.CreateEndpointRequest{Url: "https://example.com/", Events: []string{"order.closed"}}
			tc.change(req)
			_, err := b.client.CreateEndpoint(t.Context(), req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Equal(t, []string{tc.field}, fields)
		})
	}
	t.Cleanup(func() {
		var n int
		require.NoError(t, b.db.QueryRow(context.Background(), "SELECT count(*) FROM endpoints").Scan(&n))
		require.Zero(t, n)
	})
}

func TestTheNumberOfEndpointsIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var group errgroup.Group
	refused := make(chan error, 30)
	for range 30 {
		group.Go(func() error {
			_, err := b.client.CreateEndpoint(t.Context(), &endpointsv1.CreateEndpointRequest{Url: "https://example.com/", Events: []string{"*"}})
			if err != nil {
				refused <- err
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	close(refused)
	require.Len(t, refused, 10)
	for err := range refused {
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "ENDPOINT_LIMIT", reason)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	b, r := setup(t), newReceiver(t)
	ctx := t.Context()
	created, err := b.client.CreateEndpoint(ctx, &endpointsv1.CreateEndpointRequest{Url: r.URL, Events: []string{"*"}})
	require.NoError(t, err)
	id := created.GetEndpoint().GetId()
	rotated, err := b.client.RotateEndpointSecret(ctx, &endpointsv1.RotateEndpointSecretRequest{EndpointId: id})
	require.NoError(t, err)
	require.NotEqual(t, created.GetSecret(), rotated.GetSecret())
	require.Equal(t, noon.Add(24*time.Hour), rotated.GetEndpoint().GetOldSecretUntil().AsTime())

	r.trust(created.GetSecret(), rotated.GetSecret()) // both verify
	b.clock.Advance(24*time.Hour - time.Second)
	b.emit(t, outgoing.TypeOrderClosed)
	b.work(t)
	require.Len(t, r.all(), 1)
	_, err = b.client.RotateEndpointSecret(ctx, &endpointsv1.RotateEndpointSecretRequest{EndpointId: id})
	_, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, "ROTATION_RUNNING", reason)

	b.clock.Advance(time.Second)
	r.trust(rotated.GetSecret())
	var signatures []string
	b.emit(t, outgoing.TypeOrderClosed)
	r.onRequest(func(header string) { signatures = strings.Fields(header) })
	b.work(t)
	require.Len(t, signatures, 1, "the old one doesn't sign any more")

	leaked, err := b.client.RotateEndpointSecret(ctx, &endpointsv1.RotateEndpointSecretRequest{EndpointId: id})
	require.NoError(t, err)
	dropped, err := b.client.RotateEndpointSecret(ctx, &endpointsv1.RotateEndpointSecretRequest{EndpointId: id, DropOld: true})
	require.NoError(t, err)
	require.NotEqual(t, leaked.GetSecret(), dropped.GetSecret())
	require.Nil(t, dropped.GetEndpoint().GetOldSecretUntil())
	r.trust(dropped.GetSecret())
	b.emit(t, outgoing.TypeOrderClosed)
	b.work(t)
	require.Len(t, signatures, 1)
}

func TestOnlyOwnersChangeAndManagersSee(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.endpoint(t, newReceiver(t))
	b.emit(t, outgoing.TypeOrderClosed)
	delivery := b.only(t, id).GetDelivery().GetId()
	reads, writes := calls(id, delivery)
	key := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", OrgID: b.owner.OrgID, Scopes: []string{"orders:write", "reports:read"}}
	for name, call := range reads {
		require.NoError(t, call(t.Context(), b.as(factory.As(b.owner, caller.RoleManager, ""))), name)
		for _, c := range []caller.Caller{factory.As(b.owner, caller.RoleSupervisor, b.branch), key} {
			require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(call(t.Context(), b.as(c))), name)
		}
	}
	for name, call := range writes {
		for _, c := range []caller.Caller{factory.As(b.owner, caller.RoleManager, ""), factory.As(b.owner, caller.RoleSupervisor, b.branch), key} {
			require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(call(t.Context(), b.as(c))), name)
		}
	}
}

func TestOtherOrganisationsAreNotFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.endpoint(t, newReceiver(t))
	b.emit(t, outgoing.TypeOrderClosed)
	delivery := b.only(t, id).GetDelivery().GetId()
	stranger := b.as(factory.Organisation(t, b.db, factory.OrgOpts{}))
	listed, err := stranger.ListEndpoints(t.Context(), &endpointsv1.ListEndpointsRequest{})
	require.NoError(t, err)
	require.Empty(t, listed.GetEndpoints())
	deliveries, err := stranger.ListDeliveries(t.Context(), &endpointsv1.ListDeliveriesRequest{EndpointId: id})
	require.NoError(t, err)
	require.Empty(t, deliveries.GetDeliveries())
	reads, writes := calls(id, delivery)
	delete(reads, "ListEndpoints")
	delete(reads, "ListDeliveries")
	delete(reads, "ListEventTypes")
	delete(writes, "CreateEndpoint")
	for _, all := range []map[string]call{reads, writes} {
		for name, call := range all {
			require.Equal(t, connect.CodeNotFound, connect.CodeOf(call(t.Context(), stranger)), name)
		}
	}
	require.Equal(t, enabled, b.get(t, id).GetState())
}

type call func(context.Context, endpointsv1connect.EndpointServiceClient) error

// calls are all RPCs on an endpoint and a delivery.
func calls(id, delivery string) (reads, writes map[string]call) {
	return map[string]call{
			"GetDelivery": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.GetDelivery(ctx, &endpointsv1.GetDeliveryRequest{DeliveryId: delivery})
				return err
			},
			"GetEndpoint": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.GetEndpoint(ctx, &endpointsv1.GetEndpointRequest{EndpointId: id})
				return err
			},
			"ListDeliveries": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.ListDeliveries(ctx, &endpointsv1.ListDeliveriesRequest{})
				return err
			},
			"ListEndpoints": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.ListEndpoints(ctx, &endpointsv1.ListEndpointsRequest{})
				return err
			},
			"ListEventTypes": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.ListEventTypes(ctx, &endpointsv1.ListEventTypesRequest{})
				return err
			},
		}, map[string]call{
			"CreateEndpoint": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.CreateEndpoint(ctx, &endpointsv1.CreateEndpointRequest{Url: "https://example.com/", Events: []string{"*"}})
				return err
			},
			"DeleteEndpoint": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.DeleteEndpoint(ctx, &endpointsv1.DeleteEndpointRequest{EndpointId: id})
				return err
			},
			"DisableEndpoint": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.DisableEndpoint(ctx, &endpointsv1.DisableEndpointRequest{EndpointId: id})
				return err
			},
			"EnableEndpoint": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.EnableEndpoint(ctx, &endpointsv1.EnableEndpointRequest{EndpointId: id})
				return err
			},
			"ReplayDelivery": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.ReplayDelivery(ctx, &endpointsv1.ReplayDeliveryRequest{DeliveryId: delivery})
				return err
			},
			"RotateEndpointSecret": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.RotateEndpointSecret(ctx, &endpointsv1.RotateEndpointSecretRequest{EndpointId: id})
				return err
			},
			"SendTestEvent": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.SendTestEvent(ctx, &endpointsv1.SendTestEventRequest{EndpointId: id})
				return err
			},
			"UpdateEndpoint": func(ctx context.Context, c endpointsv1connect.EndpointServiceClient) error {
				_, err := c.UpdateEndpoint(ctx, &endpointsv1.UpdateEndpointRequest{EndpointId: id, Url: "https://example.com/", Events: []string{"*"}})
				return err
			},
		}
}
