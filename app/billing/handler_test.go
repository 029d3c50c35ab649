package billing_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/billing"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	billingv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1/billingv1connect"
)

type testBundle struct {
	clock   *clock.Manual
	client  billingv1connect.BillingServiceClient
	db      *postgres.DB
	owner   caller.Caller
	server  *rpctest.Server
	service *billing.Service
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(day(0)), db: dbtest.New(t)}
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	_, err := b.db.Exec(t.Context(), "UPDATE organisations SET plan = 'FREE' WHERE org_id = $1", b.owner.OrgID)
	require.NoError(t, err)
	b.service = billing.NewService(b.clock.Now)
	b.server = rpctest.New(t, billing.Registration(billing.NewHandler(b.db, b.service, config.Limits{Enterprise: 240, Free: 10, Ingest: 120, Pro: 60})))
	b.client = billingv1connect.NewBillingServiceClient(b.server.As(b.owner), b.server.URL)
	return b
}

func (b *testBundle) apply(t *testing.T, eventType, id string, at time.Time, body string) error {
	t.Helper()
	return b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
		return b.service.Apply(ctx, tx, billing.Event{At: at, Body: []byte(body), ID: id, OrgID: b.owner.OrgID, Type: eventType})
	})
}

// plan is the plan by which limits go.
func (b *testBundle) plan(t *testing.T) string {
	t.Helper()
	var plan string
	require.NoError(t, b.db.QueryRow(t.Context(), "SELECT plan FROM organisations WHERE org_id = $1", b.owner.OrgID).Scan(&plan))
	return plan
}

func (b *testBundle) get(t *testing.T) *billingv1.Subscription {
	t.Helper()
	resp, err := b.client.GetSubscription(t.Context(), &billingv1.GetSubscriptionRequest{})
	require.NoError(t, err)
	return resp.GetSubscription()
}

func TestSubscription(t *testing.T) {
	t.Parallel()

	t.Run("IsThePlanThatAnOrganisationWasMadeWithBeforeTheFirstEvent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		s := b.get(t)
		require.Equal(t, billingv1.Plan_PLAN_FREE, s.GetPlan())
		require.Equal(t, billingv1.SubscriptionStatus_SUBSCRIPTION_STATUS_ACTIVE, s.GetStatus())
		require.EqualValues(t, 10, s.GetLimits().GetRequestsPerMinute())
	})

	t.Run("FollowsWhatTheProviderSaysAndThePlanWithIt", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, b.apply(t, billing.EventSubscriptionCreated, "e1", day(0),
			`{"subscription":{"id":"sub_1","plan":"pro","status":"active","version":1,"currentPeriodEnd":"2026-12-01T00:00:00Z"}}`))
		require.Equal(t, "PRO", b.plan(t))
		require.EqualValues(t, 60, b.get(t).GetLimits().GetRequestsPerMinute())
		require.NoError(t, b.apply(t, billing.EventInvoiceFailed, "e2", day(1), `{"data":{"amount":9000,"currency":"UGX","invoice":{"id":"in_1","number":"A-1"}}}`))
		b.clock.Advance(48 * time.Hour)
		s := b.get(t)
		require.Equal(t, billingv1.SubscriptionStatus_SUBSCRIPTION_STATUS_PAST_DUE, s.GetStatus())
		require.Equal(t, day(15), s.GetGraceEnd().AsTime())
		require.Equal(t, "PRO", b.plan(t))

		b.clock.Advance(14 * 24 * time.Hour)
		job := billing.Job(b.db, b.service)
		_, key, err := job.Due(t.Context(), b.db, b.owner.OrgID, b.clock.Now())
		require.NoError(t, err)
		require.NotEmpty(t, key)
		_, err = job.Work(t.Context(), b.owner.OrgID, struct{}{})
		require.NoError(t, err)
		require.Equal(t, "FREE", b.plan(t))
		_, key, err = job.Due(t.Context(), b.db, b.owner.OrgID, b.clock.Now())
		require.NoError(t, err)
		require.Empty(t, key, "nothing is left to be done")

		require.NoError(t, b.apply(t, billing.EventInvoicePaid, "e3", day(16), `{"amount":9000,"invoice":{"id":"in_1","number":"A-1","currency":"UGX"}}`))
		require.Equal(t, "PRO", b.plan(t))
		require.NoError(t, b.apply(t, billing.EventSubscriptionCanceled, "e4", day(16), `{"subscription":{"plan":"PRO","version":2}}`))
		require.Equal(t, "FREE", b.plan(t))
		require.NoError(t, b.apply(t, billing.EventSubscriptionUpdated, "e0", day(17), `{"subscription":{"plan":"ENT","status":"active","version":1}}`))
		require.Equal(t, "FREE", b.plan(t), "an older version that comes late changes nothing")

		list, err := b.client.ListInvoices(t.Context(), &billingv1.ListInvoicesRequest{})
		require.NoError(t, err)
		require.Len(t, list.GetInvoices(), 1)
		invoice := list.GetInvoices()[0]
		require.Equal(t, billingv1.InvoiceStatus_INVOICE_STATUS_PAID, invoice.GetStatus())
		require.EqualValues(t, 9000, invoice.GetAmount())
		require.EqualValues(t, 1, invoice.GetFailures())
	})

	t.Run("IsChangedByAnOwnerAtOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		resp, err := b.client.ChangePlan(t.Context(), &billingv1.ChangePlanRequest{Plan: billingv1.Plan_PLAN_ENT})
		require.NoError(t, err)
		require.Equal(t, billingv1.Plan_PLAN_ENT, resp.GetSubscription().GetPlan())
		require.Equal(t, "ENT", b.plan(t))
		_, err = b.client.ChangePlan(t.Context(), &billingv1.ChangePlanRequest{Plan: billingv1.Plan_PLAN_ENT})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "SAME_PLAN", reason)
		var audited int
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT count(*) FROM audit_events WHERE org_id = $1 AND action = 'billing.plan_changed' AND target = 'ENT'", b.owner.OrgID).Scan(&audited))
		require.Equal(t, 1, audited)
		require.NoError(t, b.apply(t, billing.EventSubscriptionUpdated, "e1", day(-1), `{"subscription":{"plan":"PRO","status":"active"}}`))
		require.Equal(t, "ENT", b.plan(t), "what the provider said before doesn't undo it")
		require.NoError(t, b.apply(t, billing.EventSubscriptionUpdated, "e2", day(1), `{"subscription":{"plan":"PRO","status":"active"}}`))
		require.Equal(t, "PRO", b.plan(t))
	})

	t.Run("IsPreviewedWithoutAChange", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		resp, err := b.client.PreviewPlan(t.Context(), &billingv1.PreviewPlanRequest{Plan: billingv1.Plan_PLAN_PRO})
		require.NoError(t, err)
		require.EqualValues(t, 10, resp.GetPresent().GetRequestsPerMinute())
		require.EqualValues(t, 60, resp.GetLimits().GetRequestsPerMinute())
		require.False(t, resp.GetDowngrade())
		require.Equal(t, "FREE", b.plan(t))
	})

	t.Run("IsForOwners", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		manager := billingv1connect.NewBillingServiceClient(b.server.As(factory.As(b.owner, caller.RoleManager, "")), b.server.URL)
		_, err := manager.GetSubscription(t.Context(), &billingv1.GetSubscriptionRequest{})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		_, err = manager.ChangePlan(t.Context(), &billingv1.ChangePlanRequest{Plan: billingv1.Plan_PLAN_ENT})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		_, err = b.client.ChangePlan(t.Context(), &billingv1.ChangePlanRequest{})
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{"plan"}, fields)
	})

	t.Run("PagesInvoices", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for n := range 5 {
			require.NoError(t, b.apply(t, billing.EventInvoicePaid, fmt.Sprintf("e%d", n), day(n), fmt.Sprintf(`{"amount":%d}`, n)))
		}
		var amounts []int64
		token := ""
		for {
			resp, err := b.client.ListInvoices(t.Context(), &billingv1.ListInvoicesRequest{PageSize: 2, PageToken: token})
			require.NoError(t, err)
			for _, i := range resp.GetInvoices() {
				amounts = append(amounts, i.GetAmount())
			}
			if token = resp.GetNextPageToken(); token == "" {
				break
			}
		}
		require.Equal(t, []int64{4, 3, 2, 1, 0}, amounts)
	})
}

func TestEventsThatCanNotBeApplied(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct{ eventType, body, says string }{
		"a_fraction":            {billing.EventInvoicePaid, `{"amount":1.5}`, "amount"},
		"more_than_fits":        {billing.EventInvoicePaid, `{"amount":9223372036854775808}`, "amount"},
		"less_than_nothing":     {billing.EventInvoicePaid, `{"amount":-1}`, "amount"},
		"no_amount":             {billing.EventInvoicePaid, `{}`, "amount"},
		"no_currency_there_is":  {billing.EventInvoicePaid, `{"amount":1,"currency":"XX"}`, "currency"},
		"no_id_of_an_invoice":   {billing.EventInvoicePaid, `{"amount":1,"invoice":{"id":"a b"}}`, "invoice.id"},
		"no_subscription":       {billing.EventSubscriptionUpdated, `{}`, "subscription"},
		"no_plan_there_is":      {billing.EventSubscriptionUpdated, `{"subscription":{"plan":"GOLD","status":"active"}}`, "subscription.plan"},
		"no_status_there_is":    {billing.EventSubscriptionUpdated, `{"subscription":{"plan":"PRO","status":"odd"}}`, "subscription.status"},
		"a_version_below_zero":  {billing.EventSubscriptionUpdated, `{"subscription":{"plan":"PRO","status":"active","version":-1}}`, "version"},
		"a_time_that_is_none":   {billing.EventSubscriptionUpdated, `{"subscription":{"plan":"PRO","status":"active","trialEndsAt":"soon"}}`, "soon"},
		"a_type_of_none_of_its": {"customer.created", `{}`, "event"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := b.apply(t, c.eventType, "evt_1", day(0), c.body)
			require.ErrorIs(t, err, billing.ErrBadEvent)
			require.ErrorContains(t, err, c.says)
		})
	}
	require.NoError(t, b.apply(t, billing.EventInvoicePaid, "evt_2", day(0), `{"amount":9223372036854775807}`), "exact above 2^53")
}
