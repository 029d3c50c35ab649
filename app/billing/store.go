package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

type store struct{ queries *sqlc.Queries }

// lock returns what is known of an organisation's subscription, and keeps others from changing it. Before the first event that is what the
// organisation was made with.
func (s store) lock(ctx context.Context, tx postgres.Querier, orgID string) (*Subscription, error) {
	plan, err := s.queries.OrganisationPlanLock(ctx, tx, &sqlc.OrganisationPlanLockParams{OrgID: orgID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("organisation", orgID)
	}
	if err != nil {
		return nil, fmt.Errorf("lock organisation: %w", err)
	}
	return s.find(ctx, tx, orgID, Plan(plan))
}

// find returns what is known of a subscription; present is the plan of an organisation of which nothing was heard.
func (s store) find(ctx context.Context, q postgres.Querier, orgID string, present Plan) (*Subscription, error) {
	row, err := s.queries.SubscriptionGet(ctx, q, &sqlc.SubscriptionGetParams{OrgID: orgID})
	if errors.Is(err, pgx.ErrNoRows) {
		return &Subscription{OrgID: orgID, Terms: Terms{Plan: present, Status: StatusActive}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get subscription: %w", err)
	}
	return &Subscription{
		OrgID: orgID,
		Order: Order{At: row.EventAt, EventID: row.EventID, Version: row.Version},
		Payment: Payment{
			At: value(row.PaymentAt), EventID: row.PaymentEventID, Paid: row.Payment == string(InvoicePaid),
		},
		Terms: Terms{
			CancelAtPeriodEnd: row.CancelAtPeriodEnd, PeriodEnd: value(row.PeriodEnd), PeriodStart: value(row.PeriodStart), Plan: Plan(row.Plan),
			ProviderID: row.ProviderID, Status: Status(row.Status), TrialEnd: value(row.TrialEnd),
		},
	}, nil
}

// plan returns the plan that holds for an organisation.
func (s store) plan(ctx context.Context, q postgres.Querier, orgID string) (Plan, error) {
	plan, err := s.queries.OrganisationPlanGet(ctx, q, &sqlc.OrganisationPlanGetParams{OrgID: orgID})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.NotFound("organisation", orgID)
	}
	if err != nil {
		return "", fmt.Errorf("get plan: %w", err)
	}
	return Plan(plan), nil
}

// save writes what is known, and the plan that follows from it.
func (s store) save(ctx context.Context, tx postgres.Querier, sub *Subscription, now time.Time) error {
	payment := ""
	switch {
	case sub.Payment.none():
	case sub.Payment.Paid:
		payment = string(InvoicePaid)
	default:
		payment = string(InvoiceFailed)
	}
	err := s.queries.SubscriptionUpsert(ctx, tx, &sqlc.SubscriptionUpsertParams{
		OrgID: sub.OrgID, Plan: string(sub.Plan), Status: string(sub.Status), ProviderID: sub.ProviderID, Version: sub.Order.Version,
		EventAt: sub.Order.At, EventID: sub.Order.EventID, PeriodStart: pointer(sub.PeriodStart), PeriodEnd: pointer(sub.PeriodEnd),
		TrialEnd: pointer(sub.TrialEnd), CancelAtPeriodEnd: sub.CancelAtPeriodEnd, Payment: payment, PaymentAt: pointer(sub.Payment.At),
		PaymentEventID: sub.Payment.EventID, UpdatedAt: now,
	})
	if err != nil {
		return fmt.Errorf("upsert subscription: %w", err)
	}
	return s.setPlan(ctx, tx, sub.OrgID, sub.Standing(now).Plan)
}

func (s store) setPlan(ctx context.Context, tx postgres.Querier, orgID string, plan Plan) error {
	if err := s.queries.OrganisationSetPlan(ctx, tx, &sqlc.OrganisationSetPlanParams{OrgID: orgID, Plan: string(plan)}); err != nil {
		return fmt.Errorf("set plan: %w", err)
	}
	return nil
}

// lockInvoice returns an invoice, a new one if there is none such.
func (s store) lockInvoice(ctx context.Context, tx postgres.Querier, orgID, id string) (*Invoice, error) {
	row, err := s.queries.InvoiceLock(ctx, tx, &sqlc.InvoiceLockParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return &Invoice{ID: id, OrgID: orgID}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock invoice: %w", err)
	}
	return invoiceFromRow(row), nil
}

func (s store) saveInvoice(ctx context.Context, tx postgres.Querier, i *Invoice) error {
	err := s.queries.InvoiceUpsert(ctx, tx, &sqlc.InvoiceUpsertParams{
		OrgID: i.OrgID, ID: i.ID, Number: i.Number, Status: string(i.Status()), Amount: i.Amount, Currency: i.Currency,
		PeriodStart: pointer(i.PeriodStart), PeriodEnd: pointer(i.PeriodEnd), DueAt: pointer(i.DueAt), HostedUrl: i.HostedURL,
		PaidAt: pointer(i.PaidAt), FailedAt: pointer(i.FailedAt), Failures: i.Failures, EventAt: i.EventAt, EventID: i.EventID,
	})
	if err != nil {
		return fmt.Errorf("upsert invoice: %w", err)
	}
	return nil
}

func (s store) listInvoices(ctx context.Context, q postgres.Querier, orgID string, before cursor, size int32) ([]Invoice, error) {
	rows, err := s.queries.InvoiceList(ctx, q, &sqlc.InvoiceListParams{OrgID: orgID, BeforeAt: before.At, BeforeID: before.ID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list invoices: %w", err)
	}
	invoices := make([]Invoice, len(rows))
	for i, row := range rows {
		invoices[i] = *invoiceFromRow(row)
	}
	return invoices, nil
}

func invoiceFromRow(row *sqlc.Invoice) *Invoice {
	return &Invoice{
		EventAt: row.EventAt, EventID: row.EventID, FailedAt: value(row.FailedAt), Failures: row.Failures, ID: row.ID, OrgID: row.OrgID,
		PaidAt: value(row.PaidAt),
		InvoiceDetails: InvoiceDetails{
			Amount: row.Amount, Currency: row.Currency, DueAt: value(row.DueAt), HostedURL: row.HostedUrl, Number: row.Number,
			PeriodEnd: value(row.PeriodEnd), PeriodStart: value(row.PeriodStart),
		},
	}
}

// usage counts what an organisation has at present, and its orders of a month.
func (s store) usage(ctx context.Context, q postgres.Querier, orgID string, month civil.Month) (Usage, error) {
	row, err := s.queries.BillingUsage(ctx, q, &sqlc.BillingUsageParams{OrgID: orgID, FromDate: month.First(), ToDate: month.Last()})
	if err != nil {
		return Usage{}, fmt.Errorf("count usage: %w", err)
	}
	return Usage{APIKeys: row.ApiKeys, Branches: row.Branches, Month: month, Orders: row.Orders, Users: row.Users}, nil
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func pointer(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
