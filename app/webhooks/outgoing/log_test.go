package outgoing_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
)

func TestTheLogIsPagedAndFiltered(t *testing.T) {
	t.Parallel()
	b, r := setup(t), newReceiver(t)
	first := b.endpoint(t, r)
	b.emit(t, outgoing.TypeOrderClosed, outgoing.TypeOrderVoided, outgoing.TypeOrderClosed)
	b.work(t)
	r.answers(http.StatusTeapot)
	b.clock.Advance(time.Minute)
	second := b.endpoint(t, r, "order.closed")
	r.trust()
	b.emit(t, outgoing.TypeOrderClosed, outgoing.TypeOrderVoided)
	b.work(t)

	count := func(req *endpointsv1.ListDeliveriesRequest) int { return len(b.deliveries(t, req)) }
	require.Equal(t, 6, count(&endpointsv1.ListDeliveriesRequest{}))
	require.Equal(t, 5, count(&endpointsv1.ListDeliveriesRequest{EndpointId: first}))
	require.Equal(t, 1, count(&endpointsv1.ListDeliveriesRequest{EndpointId: second}))
	require.Equal(t, 3, count(&endpointsv1.ListDeliveriesRequest{State: pending}))
	require.Equal(t, 2, count(&endpointsv1.ListDeliveriesRequest{EventType: "order.voided"}))
	require.Equal(t, 1, count(&endpointsv1.ListDeliveriesRequest{EndpointId: first, EventType: "order.voided", State: delivered}))

	var ids, paged []string
	for _, d := range b.deliveries(t, &endpointsv1.ListDeliveriesRequest{}) {
		ids = append(ids, d.GetId())
	}
	req := &endpointsv1.ListDeliveriesRequest{PageSize: 4}
	for {
		resp, err := b.client.ListDeliveries(t.Context(), req)
		require.NoError(t, err)
		for _, d := range resp.GetDeliveries() {
			paged = append(paged, d.GetId())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, ids, paged)
	_, err := b.client.ListDeliveries(t.Context(), &endpointsv1.ListDeliveriesRequest{PageToken: "x"})
	_, _, fields := rpctest.Fault(t, err)
	require.Equal(t, []string{"page_token"}, fields)
}

func TestATestEventGoesToOneEndpoint(t *testing.T) {
	t.Parallel()
	b, r, other := setup(t), newReceiver(t), newReceiver(t)
	id := b.endpoint(t, r, "order.closed")
	b.endpoint(t, other)
	resp, err := b.client.SendTestEvent(t.Context(), &endpointsv1.SendTestEventRequest{EndpointId: id})
	require.NoError(t, err)
	require.Equal(t, "test", resp.GetDelivery().GetEventType())
	b.work(t)
	require.Equal(t, id, read[outgoing.Test](t, r.all()[0]).Data.EndpointID)
	require.Empty(t, other.all())
}

func TestEventTypesAreListedWithTrueExamples(t *testing.T) {
	t.Parallel()
	b := setup(t)
	resp, err := b.client.ListEventTypes(t.Context(), &endpointsv1.ListEventTypesRequest{})
	require.NoError(t, err)
	var names []string
	for _, e := range resp.GetEventTypes() {
		names = append(names, e.GetName())
		var example envelope[map[string]any]
		require.NoError(t, json.Unmarshal([]byte(e.GetExample()), &example))
		require.Equal(t, e.GetName(), string(example.Type))
		require.NotEmpty(t, example.Data)
		require.NotEmpty(t, e.GetDescription())
		_, err := b.client.CreateEndpoint(t.Context(), &endpointsv1.CreateEndpointRequest{Url: "https://example.com/", Events: []string{e.GetName()}})
		require.NoError(t, err)
	}
	require.True(t, slices.IsSorted(names))
	listened := b.wanted(t)
	require.Equal(t, names, listened)
}

func TestUpkeep(t *testing.T) {
	t.Parallel()
	b, r := setup(t), newReceiver(t)
	kept := b.endpoint(t, r, "order.closed")
	gone := b.endpoint(t, r, "order.voided")
	r.trust()
	b.emit(t, outgoing.TypeOrderClosed, outgoing.TypeOrderVoided)
	b.work(t)
	_, err := b.client.DeleteEndpoint(t.Context(), &endpointsv1.DeleteEndpointRequest{EndpointId: gone})
	require.NoError(t, err)
	b.clock.Advance(30*24*time.Hour - time.Second)
	b.emit(t, outgoing.TypeOrderClosed) // its task gets lost
	job := outgoing.Upkeep(b.db, b.emitter)
	run := func() outgoing.Upkept {
		did, err := job.Work(t.Context(), b.owner.OrgID, struct{}{})
		require.NoError(t, err)
		return did.(outgoing.Upkept)
	}
	require.Equal(t, outgoing.Upkept{}, run())
	b.clock.Advance(time.Hour + 2*time.Second)
	_, err = b.db.Exec(t.Context(), "DELETE FROM river.river_job")
	require.NoError(t, err)
	require.Equal(t, outgoing.Upkept{Endpoints: 1, Events: 2, Revived: 1}, run())
	require.Equal(t, outgoing.Upkept{}, run())
	var queued, attempts int
	require.NoError(t, b.db.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM river.river_job), (SELECT count(*) FROM endpoint_attempts)").Scan(&queued, &attempts))
	require.Equal(t, []int{1, 0}, []int{queued, attempts})
	require.Equal(t, 1, b.work(t))
	require.Equal(t, delivered, b.only(t, kept).GetDelivery().GetState())

	_, key, err := job.Due(t.Context(), b.db, b.owner.OrgID, b.clock.Now())
	require.NoError(t, err)
	require.Equal(t, b.clock.Now().Format(time.DateOnly), key)
}

// A process that dies after it has sent and before it has written that down sends again, and receivers know the event by its id.
func TestAnAttemptThatWasNotWrittenDownIsMadeAgainUnderTheSameId(t *testing.T) {
	t.Parallel()
	b, r := setup(t), newReceiver(t)
	id := b.endpoint(t, r)
	b.emit(t, outgoing.TypeOrderClosed)
	var deliveryID string
	require.NoError(t, b.db.QueryRow(t.Context(), "SELECT id FROM endpoint_deliveries").Scan(&deliveryID))
	args := map[string]any{"org_id": b.owner.OrgID, "delivery_id": deliveryID, "endpoint_id": id, "run": 1}
	ctx, die := context.WithCancel(t.Context())
	r.answer = func(http.ResponseWriter, *http.Request) { die() }
	require.Error(t, b.task.Work(ctx, args, jobs.Attempt{Number: 1}))
	require.Empty(t, b.only(t, id).GetAttempts())
	r.answers(http.StatusOK)
	b.attempt(t, args)
	b.attempt(t, args)
	requests := r.all()
	require.Len(t, requests, 2)
	require.Equal(t, requests[0], requests[1])
	require.Len(t, b.only(t, id).GetAttempts(), 1)
}
