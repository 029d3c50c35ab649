package billing

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Service changes billing in the transaction that it is given.
type Service struct {
	clock clock.Clock
	store store
}

// NewService returns a service that dates its changes by now.
func NewService(now clock.Clock) *Service { return &Service{clock: now} }

// Usage is what an organisation has at present.
type Usage struct {
	APIKeys  int64
	Branches int64
	Month    civil.Month // of Orders, UTC
	Orders   int64
	Users    int64
}

// cursor is the last invoice of a page.
type cursor struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

// Apply lets an event have its effect. Each event must be applied once, in whichever order. An error that is [ErrBadEvent] or a fault that
// is not_found stays however often it is tried.
func (s *Service) Apply(ctx context.Context, tx postgres.Querier, e Event) error {
	sub, err := s.store.lock(ctx, tx, e.OrgID)
	if err != nil {
		return err
	}
	switch e.Type {
	case EventSubscriptionCreated, EventSubscriptionUpdated, EventSubscriptionCanceled:
		terms, order, err := e.terms()
		if err != nil {
			return err
		}
		sub.Hear(terms, order)
	case EventInvoicePaid, EventInvoiceFailed:
		id, details, payment, err := e.payment()
		if err != nil {
			return err
		}
		invoice, err := s.store.lockInvoice(ctx, tx, e.OrgID, id)
		if err != nil {
			return err
		}
		invoice.Hear(details, payment)
		if err := s.store.saveInvoice(ctx, tx, invoice); err != nil {
			return err
		}
		sub.Pay(payment)
	default:
		return bad("event", "must be one of billing's, not "+e.Type)
	}
	return s.store.save(ctx, tx, sub, s.clock())
}

// Subscription returns what is known of the caller's organisation, and what holds now.
func (s *Service) Subscription(ctx context.Context, q postgres.Querier) (*Subscription, Standing, error) {
	orgID := caller.From(ctx).OrgID
	plan, err := s.store.plan(ctx, q, orgID)
	if err != nil {
		return nil, Standing{}, err
	}
	sub, err := s.store.find(ctx, q, orgID, plan)
	if err != nil {
		return nil, Standing{}, err
	}
	return sub, sub.Standing(s.clock()), nil
}

// Usage counts what the caller's organisation has at present.
func (s *Service) Usage(ctx context.Context, q postgres.Querier) (Usage, error) {
	return s.store.usage(ctx, q, caller.From(ctx).OrgID, civil.DateOf(s.clock().UTC()).MonthOf())
}

// Invoices returns up to size invoices before a cursor.
func (s *Service) Invoices(ctx context.Context, q postgres.Querier, before cursor, size int32) ([]Invoice, error) {
	return s.store.listInvoices(ctx, q, caller.From(ctx).OrgID, before, size)
}

// ActionPlanChanged is what the audit trail says of a change of plan.
const ActionPlanChanged auth.Action = "billing.plan_changed"

// ChangePlan subscribes the caller's organisation to another plan from now on.
func (s *Service) ChangePlan(ctx context.Context, tx postgres.Querier, plan Plan) (*Subscription, Standing, error) {
	c, now := caller.From(ctx), s.clock()
	sub, err := s.store.lock(ctx, tx, c.OrgID)
	if err != nil {
		return nil, Standing{}, err
	}
	if before := sub.Standing(now); before.Plan == plan && before.Status != StatusCanceled {
		return nil, Standing{}, fault.FailedPrecondition("SAME_PLAN", "the organisation is on plan "+string(plan)+" already")
	}
	terms := sub.Terms
	terms.Plan, terms.CancelAtPeriodEnd, terms.TrialEnd = plan, false, time.Time{}
	if terms.Status == StatusCanceled || terms.Status == StatusTrialing {
		terms.Status = StatusActive
	}
	// As if the provider had said so next: its own next word, of a greater version or a later time, outweighs it.
	sub.Hear(terms, Order{At: later(now, sub.Order.At.Add(time.Microsecond)), EventID: ids.New("chg"), Version: sub.Order.Version})
	if err := s.store.save(ctx, tx, sub, now); err != nil {
		return nil, Standing{}, err
	}
	return sub, sub.Standing(now), auth.Record(ctx, tx, now, ActionPlanChanged, string(plan))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// keepUp sets the plan that follows for an organisation at present, which time alone may have changed.
func (s *Service) keepUp(ctx context.Context, tx postgres.Querier, orgID string) error {
	sub, err := s.store.lock(ctx, tx, orgID)
	if err != nil {
		return err
	}
	plan := sub.Standing(s.clock()).Plan
	zerolog.Ctx(ctx).Info().Str("org_id", orgID).Str("plan", string(plan)).Msg("plan follows from the subscription")
	return s.store.setPlan(ctx, tx, orgID, plan)
}
