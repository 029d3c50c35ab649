package outgoing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
)

const (
	pending   = endpointsv1.DeliveryState_DELIVERY_STATE_PENDING
	delivered = endpointsv1.DeliveryState_DELIVERY_STATE_DELIVERED
	failed    = endpointsv1.DeliveryState_DELIVERY_STATE_FAILED
	held      = endpointsv1.DeliveryState_DELIVERY_STATE_HELD
	enabled   = endpointsv1.EndpointState_ENDPOINT_STATE_ENABLED
	disabled  = endpointsv1.EndpointState_ENDPOINT_STATE_DISABLED
)

func TestDelivery(t *testing.T) {
	t.Parallel()

	t.Run("IsMadeOnceAndWrittenDown", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		id := b.endpoint(t, r)
		b.emit(t, outgoing.TypeOrderClosed)
		require.Equal(t, pending, b.only(t, id).GetDelivery().GetState())
		require.Equal(t, 1, b.work(t))
		require.Zero(t, b.work(t))
		got, requests := b.only(t, id), r.all()
		require.Len(t, requests, 1)
		require.Equal(t, delivered, got.GetDelivery().GetState())
		require.Equal(t, noon, got.GetDelivery().GetDeliveredAt().AsTime())
		require.Nil(t, got.GetDelivery().GetNextAttemptAt())
		require.Equal(t, requests[0].id, got.GetDelivery().GetEventId())
		require.Equal(t, string(requests[0].body), got.GetPayload())
		want := fmt.Sprintf(`{"type":"order.closed","timestamp":"2024-11-08T09:00:00Z","data":{"number":0},"id":%q}`, requests[0].id)
		require.Equal(t, want, got.GetPayload(), "byte by byte")
		require.Len(t, got.GetAttempts(), 1)
		require.Equal(t, int32(200), got.GetAttempts()[0].GetStatusCode())
	})

	t.Run("IsTriedAgainWithTheSameIdAndBodyUntilItIsTaken", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		id := b.endpoint(t, r)
		r.answers(http.StatusInternalServerError)
		b.emit(t, outgoing.TypeOrderClosed)
		b.work(t)
		got := b.only(t, id).GetDelivery()
		require.Equal(t, pending, got.GetState())
		require.Equal(t, "answered 500", got.GetError())
		require.WithinRange(t, got.GetNextAttemptAt().AsTime(), noon.Add(2500*time.Millisecond), noon.Add(7500*time.Millisecond))
		require.Equal(t, noon, b.get(t, id).GetFailingSince().AsTime())
		b.attempt(t, map[string]any{"org_id": b.owner.OrgID, "delivery_id": got.GetId(), "endpoint_id": id, "run": 1})
		require.Len(t, r.all(), 1, "nothing is tried before its time")

		b.clock.Set(got.GetNextAttemptAt().AsTime())
		b.work(t)
		r.answers(http.StatusAccepted)
		b.clock.Set(b.only(t, id).GetDelivery().GetNextAttemptAt().AsTime())
		b.work(t)
		final, requests := b.only(t, id), r.all()
		require.Equal(t, delivered, final.GetDelivery().GetState())
		require.Empty(t, final.GetDelivery().GetError())
		require.Nil(t, b.get(t, id).GetFailingSince())
		require.Len(t, requests, 3)
		require.Len(t, final.GetAttempts(), 3)
		for i, request := range requests {
			require.Equal(t, requests[0].id, request.id)
			require.Equal(t, requests[0].body, request.body)
			require.Equal(t, final.GetAttempts()[i].GetStartedAt().AsTime().Truncate(time.Second), request.at, "each attempt is signed at its own time")
			require.Equal(t, int32(i)+1, final.GetAttempts()[i].GetNumber())
		}
	})

	t.Run("WaitsAsLongAsABusyEndpointAsks", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		id := b.endpoint(t, r)
		r.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		b.emit(t, outgoing.TypeOrderClosed)
		b.work(t)
		require.Equal(t, noon.Add(10*time.Minute), b.only(t, id).GetDelivery().GetNextAttemptAt().AsTime())
	})

	t.Run("IsGivenUpAfterThreeDaysOfFailuresAndTheEndpointDisabled", func(t *testing.T) {
		t.Parallel()
		b, r, other := setup(t), newReceiver(t), newReceiver(t)
		id := b.endpoint(t, r, string(outgoing.TypeOrderClosed))
		b.endpoint(t, other, string(outgoing.TypeEndpointDisabled))
		r.answers(http.StatusBadGateway)
		b.emit(t, outgoing.TypeOrderClosed)
		attempts := 0
		for b.get(t, id).GetState() == enabled {
			b.work(t)
			attempts++
			require.LessOrEqual(t, attempts, 14)
			if next := b.deliveries(t, &endpointsv1.ListDeliveriesRequest{EndpointId: id, State: pending}); len(next) > 0 {
				b.clock.Set(next[0].GetNextAttemptAt().AsTime())
			} else if b.get(t, id).GetState() == enabled { // given up sooner than three days: the next event's failure ends it
				b.clock.Set(noon.Add(3 * 24 * time.Hour))
				b.emit(t, outgoing.TypeOrderClosed)
			}
		}
		got := b.get(t, id)
		require.Contains(t, got.GetStateReason(), "every attempt has failed since 2024-11-08T09:00:00Z")
		require.Equal(t, []string{"endpoint.disabled"}, b.wanted(t), "nobody listens to orders any more")
		require.Empty(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{EndpointId: id, State: pending}))

		b.work(t)
		told := other.all()
		require.Len(t, told, 1)
		var notice struct {
			Data outgoing.EndpointDisabled
			Type outgoing.Type
		}
		require.NoError(t, json.Unmarshal(told[0].body, &notice))
		require.Equal(t, outgoing.TypeEndpointDisabled, notice.Type)
		require.Equal(t, id, notice.Data.EndpointID)
		require.Equal(t, got.GetStateReason(), notice.Data.Reason)
	})

	t.Run("ThatIsRefusedIsFinalAndTenInARowDisable", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		resp, err := b.client.CreateEndpoint(t.Context(), &endpointsv1.CreateEndpointRequest{Url: "http://localhost:9/", Events: []string{"*"}})
		require.NoError(t, err)
		id := resp.GetEndpoint().GetId()
		// As if the name had been given a private address after it was subscribed.
		_, err = b.db.Exec(t.Context(), "UPDATE endpoints SET url = 'http://10.0.0.1/'")
		require.NoError(t, err)
		for range 10 {
			require.Equal(t, enabled, b.get(t, id).GetState())
			b.emit(t, outgoing.TypeOrderClosed)
			b.work(t)
		}
		require.Equal(t, "10 deliveries in a row were given up", b.get(t, id).GetStateReason())
		for _, d := range b.deliveries(t, &endpointsv1.ListDeliveriesRequest{}) {
			require.Equal(t, failed, d.GetState())
			require.Equal(t, int32(1), d.GetAttempts())
			require.Contains(t, d.GetError(), "isn't public")
		}
	})

	t.Run("AnsweredGoneDisablesAtOnceAndHoldsWhatWaits", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		id := b.endpoint(t, r)
		b.emit(t, outgoing.TypeOrderClosed, outgoing.TypeOrderVoided, outgoing.TypeOrderRefunded)
		r.answers(http.StatusGone)
		b.work(t)
		require.Len(t, r.all(), 1)
		require.Equal(t, disabled, b.get(t, id).GetState())
		require.Contains(t, b.get(t, id).GetStateReason(), "410")
		require.Len(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{State: failed}), 1)
		require.Len(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{State: held}), 2)
		b.emit(t, outgoing.TypeOrderClosed)
		require.Len(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{}), 3, "a disabled endpoint gets nothing new")

		r.answers(http.StatusOK)
		resp, err := b.client.EnableEndpoint(t.Context(), &endpointsv1.EnableEndpointRequest{EndpointId: id, ReplayHeld: true})
		require.NoError(t, err)
		require.Equal(t, int32(2), resp.GetReplayed())
		require.Equal(t, enabled, resp.GetEndpoint().GetState())
		require.Empty(t, resp.GetEndpoint().GetStateReason())
		b.work(t)
		require.Len(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{State: delivered}), 2)
		require.Equal(t, []string{outgoing.All}, b.wanted(t))
	})

	t.Run("CanBeReplayedWhateverBecameOfIt", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		id := b.endpoint(t, r)
		b.emit(t, outgoing.TypeOrderClosed)
		b.work(t)
		first := b.only(t, id).GetDelivery()
		before := map[string]any{"org_id": b.owner.OrgID, "delivery_id": first.GetId(), "endpoint_id": id, "run": 1}
		resp, err := b.client.ReplayDelivery(t.Context(), &endpointsv1.ReplayDeliveryRequest{DeliveryId: first.GetId()})
		require.NoError(t, err)
		require.Equal(t, pending, resp.GetDelivery().GetState())
		b.attempt(t, before)
		require.Len(t, r.all(), 1, "a task of the time before does nothing")
		b.work(t)
		requests, got := r.all(), b.only(t, id)
		require.Len(t, requests, 2)
		require.Equal(t, requests[0], requests[1])
		require.Equal(t, []int32{1, 2}, []int32{got.GetAttempts()[0].GetNumber(), got.GetAttempts()[1].GetNumber()})

		_, err = b.client.DisableEndpoint(t.Context(), &endpointsv1.DisableEndpointRequest{EndpointId: id, Reason: "maintenance"})
		require.NoError(t, err)
		_, err = b.client.ReplayDelivery(t.Context(), &endpointsv1.ReplayDeliveryRequest{DeliveryId: first.GetId()})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "ENDPOINT_DISABLED", reason)
	})

	t.Run("OfADeletedEndpointFails", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		id := b.endpoint(t, r)
		b.emit(t, outgoing.TypeOrderClosed)
		_, err := b.client.DeleteEndpoint(t.Context(), &endpointsv1.DeleteEndpointRequest{EndpointId: id})
		require.NoError(t, err)
		require.Zero(t, b.work(t))
		got := b.deliveries(t, &endpointsv1.ListDeliveriesRequest{EndpointId: id})[0]
		require.Equal(t, failed, got.GetState())
		require.Equal(t, "the endpoint was deleted", got.GetError())
		require.Empty(t, r.all())
	})
}

func TestEmit(t *testing.T) {
	t.Parallel()

	t.Run("WritesNothingOfWhatIsRolledBack", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		b.endpoint(t, r)
		refused := errors.New("refused")
		require.ErrorIs(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			require.NoError(t, b.emitter.Emit(ctx, tx, b.owner.OrgID, outgoing.Event{At: noon, Data: struct{}{}, Type: outgoing.TypeOrderClosed}))
			return refused
		}), refused)
		require.Empty(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{}))
		var queued, events int
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM river.river_job), (SELECT count(*) FROM endpoint_events)").Scan(&queued, &events))
		require.Zero(t, queued+events)
	})

	t.Run("TakesTheSameNumberOfStatementsHoweverMuchThereIs", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		count := func(events int) int64 {
			ctx, statements := postgres.CountStatements(t.Context())
			require.NoError(t, b.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
				var all []outgoing.Event
				for range events {
					all = append(all, outgoing.Event{At: noon, BranchID: b.branch, Data: struct{}{}, Type: outgoing.TypeOrderClosed})
				}
				return b.emitter.Emit(ctx, tx, b.owner.OrgID, all...)
			}))
			return statements.Count()
		}
		// The first COPY of a connection looks its table up besides.
		least := func(events int) int64 { return min(count(events), count(events), count(events), count(events)) }
		nobody := least(1)
		b.endpoint(t, newReceiver(t))
		one := least(1)
		for range 4 {
			b.endpoint(t, newReceiver(t))
		}
		require.Equal(t, one, least(200))
		require.Less(t, nobody, one)
		require.LessOrEqual(t, one-nobody, int64(2), "events with deliveries, and tasks")
	})

	t.Run("SendsEachEndpointWhatItWants", func(t *testing.T) {
		t.Parallel()
		b, all, closed, elsewhere := setup(t), newReceiver(t), newReceiver(t), newReceiver(t)
		b.endpoint(t, all)
		b.endpoint(t, closed, "order.closed")
		created, err := b.client.CreateEndpoint(t.Context(), &endpointsv1.CreateEndpointRequest{
			Url: elsewhere.URL, Events: []string{"*"}, BranchIds: []string{b.otherBranch(t)},
		})
		require.NoError(t, err)
		elsewhere.trust(created.GetSecret())
		b.emit(t, outgoing.TypeOrderClosed, outgoing.TypeOrderVoided)
		require.NoError(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			return b.emitter.Emit(ctx, tx, b.owner.OrgID, outgoing.Event{At: noon, Data: struct{}{}, Type: outgoing.TypeKpiThreshold})
		}))
		b.work(t)
		require.Len(t, all.all(), 3)
		require.Len(t, closed.all(), 1)
		require.Len(t, elsewhere.all(), 1, "what concerns the whole organisation")
	})
}

func TestASlowEndpointDoesNotHoldUpAFastOne(t *testing.T) {
	t.Parallel()
	b, slow, fast := setup(t), newReceiver(t), newReceiver(t)
	service := outgoing.NewService(settings, b.emitter, clock.System)
	deliverer := outgoing.NewDeliverer(settings, b.db, service, outgoing.NewMetrics(prometheus.NewRegistry()), clock.System)
	b.start(t, deliverer.Task())
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	slow.answer = func(http.ResponseWriter, *http.Request) { <-release }
	b.endpoint(t, slow, "order.voided")
	b.endpoint(t, fast, "order.closed")
	const events = 100
	kinds := make([]outgoing.Type, 0, 2*events)
	for range events {
		kinds = append(kinds, outgoing.TypeOrderVoided)
	}
	b.emit(t, kinds...) // these are first in the queue
	for i := range kinds {
		kinds[i] = outgoing.TypeOrderClosed
	}
	b.emit(t, kinds...)
	require.Eventually(t, func() bool { return len(fast.all()) == events }, 30*time.Second, 20*time.Millisecond)
	require.LessOrEqual(t, len(slow.all()), 2, "a quarter of the workers")
}

// start runs workers for a task until the test ends.
func (b *testBundle) start(t *testing.T, task jobs.Task) {
	t.Helper()
	workers, err := jobs.NewWorkers(jobs.Dependencies{
		Clock: b.clock.Now, DB: b.db, Max: 1, Registerer: prometheus.NewRegistry(), Runner: b.runner, Tasks: []jobs.Task{task},
	})
	require.NoError(t, err)
	require.NoError(t, workers.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, workers.Stop(context.Background())) })
}
