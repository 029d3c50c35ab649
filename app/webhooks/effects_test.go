package webhooks_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	"github.com/chefcloud/chefcloud/app/webhooks"
	webhooksv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/webhooks/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/webhooks/v1/webhooksv1connect"
)

// patience bounds how long a test waits for an effect, far beyond what it takes.
const patience = 30 * time.Second

// none invalidates nothing.
type none struct{}

// Invalidate implements [jobs.Invalidator].
func (none) Invalidate(context.Context, string, []cache.Report) error { return nil }

// work lets effects be worked from now on.
func (b *testBundle) work(t *testing.T) {
	t.Helper()
	workers, err := jobs.NewWorkers(jobs.Dependencies{
		Clock: b.clock.Now, DB: b.db, Invalidator: none{}, Log: zerolog.Nop(), Max: 1, Registerer: prometheus.NewRegistry(), Runner: b.runner,
		Tasks: []jobs.Task{webhooks.NewEffects(b.db, billing.NewService(b.clock.Now), b.clock.Now, prometheus.NewRegistry()).Task()},
	})
	require.NoError(t, err)
	require.NoError(t, workers.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, workers.Stop(context.Background())) })
}

func (b *testBundle) await(t *testing.T, id, want string) (note string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var state string
		state, note = b.state(t, id)
		return state == want
	}, patience, 5*time.Millisecond)
	return note
}

func (b *testBundle) inbox(t *testing.T, c caller.Caller) webhooksv1connect.WebhookServiceClient {
	t.Helper()
	server := rpctest.New(t, webhooks.Registration(webhooks.NewHandler(b.db, webhooks.NewInbox(b.runner))))
	return webhooksv1connect.NewWebhookServiceClient(server.As(c), server.URL)
}

func TestEffects(t *testing.T) {
	t.Parallel()

	t.Run("OfAnEventHappenOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		body := fmt.Sprintf(`{"event":"invoice.payment_failed","id":"evt_1","orgId":%q,"amount":5000,"invoice":{"id":"in_1"}}`, b.owner.OrgID)
		for n := range 3 {
			b.clock.Set(now.Add(time.Duration(n) * time.Second))
			status, _ := b.send(hexSigned(secret, body, b.clock.Now()))
			require.Equal(t, http.StatusOK, status)
		}
		b.work(t)
		b.await(t, "evt_1", "PROCESSED")
		var failures int
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT failures FROM invoices WHERE org_id = $1 AND id = 'in_1'", b.owner.OrgID).Scan(&failures))
		require.Equal(t, 1, failures)
	})

	t.Run("ThatCanNotHappenAreDeadUntilReplayed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.send(hexSigned(secret, fmt.Sprintf(`{"event":"invoice.paid","id":"evt_1","orgId":%q,"amount":1.5}`, b.owner.OrgID), now))
		b.send(hexSigned(secret, `{"event":"invoice.paid","id":"evt_2","amount":1}`, now))
		b.work(t)
		require.Contains(t, b.await(t, "evt_1", "DEAD"), "amount must be a whole number")

		client := b.inbox(t, b.owner)
		listed, err := client.ListReceivedEvents(t.Context(), &webhooksv1.ListReceivedEventsRequest{State: webhooksv1.ReceivedEventState_RECEIVED_EVENT_STATE_DEAD})
		require.NoError(t, err)
		require.Len(t, listed.GetEvents(), 1)
		require.Empty(t, listed.GetEvents()[0].GetBody())
		got, err := client.GetReceivedEvent(t.Context(), &webhooksv1.GetReceivedEventRequest{EventId: "evt_1"})
		require.NoError(t, err)
		require.Contains(t, got.GetEvent().GetBody(), "1.5")
		_, err = client.GetReceivedEvent(t.Context(), &webhooksv1.GetReceivedEventRequest{EventId: "evt_2"})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err), "of no organisation")

		// The operator mends what was wrong, here by hand.
		_, err = b.db.Exec(t.Context(), "UPDATE webhook_events SET body = convert_to(replace(convert_from(body, 'UTF8'), '1.5', '15'), 'UTF8') WHERE id = 'evt_1'")
		require.NoError(t, err)
		replayed, err := client.ReplayReceivedEvent(t.Context(), &webhooksv1.ReplayReceivedEventRequest{EventId: "evt_1"})
		require.NoError(t, err)
		require.Equal(t, webhooksv1.ReceivedEventState_RECEIVED_EVENT_STATE_RECEIVED, replayed.GetEvent().GetState())
		b.await(t, "evt_1", "PROCESSED")
		_, err = client.ReplayReceivedEvent(t.Context(), &webhooksv1.ReplayReceivedEventRequest{EventId: "evt_1"})
		_, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, "NOT_REPLAYABLE", reason)
	})

	t.Run("WhoseTaskWasLostAreQueuedAnew", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.send(hexSigned(secret, fmt.Sprintf(`{"event":"invoice.paid","id":"evt_1","orgId":%q,"amount":5}`, b.owner.OrgID), now))
		_, err := b.db.Exec(t.Context(), "DELETE FROM river.river_job")
		require.NoError(t, err)
		job := webhooks.Housekeeping(b.db, b.runner, b.clock.Now, 300*time.Second)
		did, err := job.Work(t.Context(), b.owner.OrgID, struct{}{})
		require.NoError(t, err)
		require.Equal(t, webhooks.Housekept{}, did, "it may still come")
		b.clock.Advance(7 * time.Hour)
		did, err = job.Work(t.Context(), b.owner.OrgID, struct{}{})
		require.NoError(t, err)
		require.Equal(t, webhooks.Housekept{Deliveries: 1, Queued: 1}, did)
		b.work(t)
		b.await(t, "evt_1", "PROCESSED")
	})

	t.Run("AreShownToOwnersAlone", func(t *testing.T) {
		t.Parallel()
		b := setup(t, nil)
		b.send(hexSigned(secret, fmt.Sprintf(`{"event":"x","id":"evt_1","orgId":%q}`, b.owner.OrgID), now))
		_, err := b.inbox(t, factory.As(b.owner, caller.RoleManager, "")).ListReceivedEvents(t.Context(), &webhooksv1.ListReceivedEventsRequest{})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		other := factory.Organisation(t, b.db, factory.OrgOpts{})
		listed, err := b.inbox(t, other).ListReceivedEvents(t.Context(), &webhooksv1.ListReceivedEventsRequest{})
		require.NoError(t, err)
		require.Empty(t, listed.GetEvents())
		_, err = b.inbox(t, other).ReplayReceivedEvent(t.Context(), &webhooksv1.ReplayReceivedEventRequest{EventId: "evt_1"})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
	})
}
