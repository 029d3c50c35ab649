package outgoing_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1/endpointsv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1/procurementv1connect"
)

// noon in Kampala, a Friday.
var noon = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)

var settings = config.Outgoing{AllowLoopback: true, Workers: 8}

type testBundle struct {
	branch, dish, item string
	client             endpointsv1connect.EndpointServiceClient
	clock              *clock.Manual
	db                 *postgres.DB
	emitter            *outgoing.Emitter
	orders             ordersv1connect.OrderServiceClient
	owner              caller.Caller
	purchases          procurementv1connect.ProcurementServiceClient
	runner             *jobs.Runner
	server             *rpctest.Server
	task               jobs.Task
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(noon), db: dbtest.New(t)}
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	b.branch = factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.item = factory.Item(t, b.db, b.owner)
	b.dish = factory.MenuItem(t, b.db, b.owner, 15_000, nil)
	var err error
	b.runner, err = jobs.NewRunner(b.db, b.clock.Now)
	require.NoError(t, err)
	b.emitter = outgoing.NewEmitter(b.runner, b.clock.Now)
	service := outgoing.NewService(settings, b.emitter, b.clock.Now)
	b.task = outgoing.NewDeliverer(settings, b.db, service, outgoing.NewMetrics(prometheus.NewRegistry()), b.clock.Now).Task()
	orderHandler := orders.NewHandler(b.db, orders.NewService(b.clock.Now, promotions.NewPricer(), b.emitter), rpctest.Validate)
	purchaseHandler := procurement.NewHandler(b.db, procurement.NewService(b.clock.Now, b.emitter), b.runner)
	b.server = rpctest.New(t, outgoing.Registration(outgoing.NewHandler(b.db, service)), rpc.Service{
		Name: ordersv1connect.OrderServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(orderHandler, options...)
		},
	}, rpc.Service{
		Name: procurementv1connect.ProcurementServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return procurementv1connect.NewProcurementServiceHandler(purchaseHandler, options...)
		},
	})
	b.client = b.as(b.owner)
	b.orders = ordersv1connect.NewOrderServiceClient(b.server.As(b.owner), b.server.URL)
	b.purchases = procurementv1connect.NewProcurementServiceClient(b.server.As(b.owner), b.server.URL)
	return b
}

func (b *testBundle) as(c caller.Caller) endpointsv1connect.EndpointServiceClient {
	return endpointsv1connect.NewEndpointServiceClient(b.server.As(c), b.server.URL)
}

// endpoint subscribes a receiver and returns its id.
func (b *testBundle) endpoint(t *testing.T, r *receiver, events ...string) string {
	t.Helper()
	if len(events) == 0 {
		events = []string{outgoing.All}
	}
	resp, err := b.client.CreateEndpoint(t.Context(), &endpointsv1.CreateEndpointRequest{Url: r.URL + "/hook?key=1", Events: events})
	require.NoError(t, err)
	r.trust(resp.GetSecret())
	return resp.GetEndpoint().GetId()
}

// emit announces events of the branch in one transaction.
func (b *testBundle) emit(t *testing.T, types ...outgoing.Type) {
	t.Helper()
	require.NoError(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
		var events []outgoing.Event
		for i, kind := range types {
			events = append(events, outgoing.Event{At: b.clock.Now(), BranchID: b.branch, Data: map[string]int{"number": i}, Type: kind})
		}
		return b.emitter.Emit(ctx, tx, b.owner.OrgID, events...)
	}))
}

// work does the tasks whose time has come and returns how many there were.
func (b *testBundle) work(t *testing.T) int {
	t.Helper()
	rows, err := b.db.Query(t.Context(), `SELECT org_id, id, endpoint_id, run FROM endpoint_deliveries WHERE state = 'PENDING' AND next_attempt_at <= $1 ORDER BY created_at, id`, b.clock.Now())
	require.NoError(t, err)
	var all []map[string]any
	for rows.Next() {
		var orgID, id, endpointID string
		var run int
		require.NoError(t, rows.Scan(&orgID, &id, &endpointID, &run))
		all = append(all, map[string]any{"org_id": orgID, "delivery_id": id, "endpoint_id": endpointID, "run": run})
	}
	require.NoError(t, rows.Err())
	for _, args := range all {
		b.attempt(t, args)
	}
	return len(all)
}

// attempt does one task, which may be put off.
func (b *testBundle) attempt(t *testing.T, args map[string]any) {
	t.Helper()
	var later *river.JobSnoozeError
	if err := b.task.Work(t.Context(), args, jobs.Attempt{Number: 1}); !errors.As(err, &later) {
		require.NoError(t, err)
	}
}

func (b *testBundle) deliveries(t *testing.T, req *endpointsv1.ListDeliveriesRequest) []*endpointsv1.Delivery {
	t.Helper()
	resp, err := b.client.ListDeliveries(t.Context(), req)
	require.NoError(t, err)
	return resp.GetDeliveries()
}

// only returns the one delivery that there is, with everything about it.
func (b *testBundle) only(t *testing.T, endpointID string) *endpointsv1.GetDeliveryResponse {
	t.Helper()
	found := b.deliveries(t, &endpointsv1.ListDeliveriesRequest{EndpointId: endpointID})
	require.Len(t, found, 1)
	resp, err := b.client.GetDelivery(t.Context(), &endpointsv1.GetDeliveryRequest{DeliveryId: found[0].GetId()})
	require.NoError(t, err)
	return resp
}

func (b *testBundle) get(t *testing.T, id string) *endpointsv1.Endpoint {
	t.Helper()
	resp, err := b.client.GetEndpoint(t.Context(), &endpointsv1.GetEndpointRequest{EndpointId: id})
	require.NoError(t, err)
	return resp.GetEndpoint()
}

// wanted is what the organisation's branches say that somebody listens to.
func (b *testBundle) wanted(t *testing.T) (wanted []string) {
	t.Helper()
	require.NoError(t, b.db.QueryRow(t.Context(), "SELECT webhook_events FROM organisations WHERE org_id = $1", b.owner.OrgID).Scan(&wanted))
	return wanted
}

// received is a request that a receiver took.
type received struct {
	body []byte
	id   string
	at   time.Time
}

// receiver is somebody's server. It verifies every request by all secrets that it trusts.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(w http.ResponseWriter, r *http.Request)
	requests []received
	secrets  []string
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		text, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		seconds, err := strconv.ParseInt(request.Header.Get("webhook-timestamp"), 10, 64)
		r.mu.Lock()
		for _, secret := range r.secrets {
			verifier, failure := standardwebhooks.NewWebhook(secret)
			if failure = cmp.Or(failure, err); failure == nil {
				failure = verifier.VerifyIgnoringTimestamp(text, request.Header)
			}
			if failure != nil {
				t.Errorf("verify %s: %v", request.Header.Get("webhook-id"), failure)
			}
		}
		r.requests = append(r.requests, received{body: text, id: request.Header.Get("webhook-id"), at: time.Unix(seconds, 0).UTC()})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// trust makes the receiver want a signature by each of these secrets.
func (r *receiver) trust(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = secrets
}

// answers makes the receiver answer with a status from now on.
func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// all returns what was received so far.
func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.requests...)
}

// onRequest shows the signatures of every request from now on.
func (r *receiver) onRequest(show func(signatures string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = func(_ http.ResponseWriter, request *http.Request) { show(request.Header.Get("webhook-signature")) }
}
