package billing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

// The types of event that have an effect.
const (
	EventInvoicePaid          = "invoice.paid"
	EventInvoiceFailed        = "invoice.payment_failed"
	EventSubscriptionCanceled = "subscription.canceled"
	EventSubscriptionCreated  = "subscription.created"
	EventSubscriptionUpdated  = "subscription.updated"
)

// EventTypes are the types of event that have an effect.
var EventTypes = []string{
	EventInvoiceFailed, EventInvoicePaid, EventSubscriptionCanceled, EventSubscriptionCreated, EventSubscriptionUpdated,
}

// Event is what the provider says of an organisation.
type Event struct {
	At    time.Time
	Body  []byte // the document, as it came
	ID    string
	OrgID string
	Type  string
}

// document is the part of an event's body that billing reads. The fields may also stand in `data`.
type document struct {
	Amount       *json.Number          `json:"amount"`
	Currency     string                `json:"currency"`
	Data         *document             `json:"data"`
	Invoice      *invoiceDocument      `json:"invoice"`
	Subscription *subscriptionDocument `json:"subscription"`
}

type invoiceDocument struct {
	Amount      *json.Number `json:"amount"`
	Currency    string       `json:"currency"`
	DueAt       time.Time    `json:"dueAt"`
	HostedURL   string       `json:"hostedUrl"`
	ID          string       `json:"id"`
	Number      string       `json:"number"`
	PeriodEnd   time.Time    `json:"periodEnd"`
	PeriodStart time.Time    `json:"periodStart"`
}

type subscriptionDocument struct {
	CancelAtPeriodEnd  bool      `json:"cancelAtPeriodEnd"`
	CurrentPeriodEnd   time.Time `json:"currentPeriodEnd"`
	CurrentPeriodStart time.Time `json:"currentPeriodStart"`
	ID                 string    `json:"id"`
	Plan               Plan      `json:"plan"`
	Status             string    `json:"status"`
	TrialEndsAt        time.Time `json:"trialEndsAt"`
	Version            int64     `json:"version"`
}

// ErrBadEvent is an event whose body doesn't say what its type needs. It stays so however often it is tried.
var ErrBadEvent = errors.New("the event can't be applied")

func bad(field, rule string) error { return fmt.Errorf("%w: %s %s", ErrBadEvent, field, rule) }

func (e *Event) document() (document, error) {
	var d document
	decoder := json.NewDecoder(bytes.NewReader(e.Body))
	decoder.UseNumber()
	if err := decoder.Decode(&d); err != nil {
		return d, fmt.Errorf("%w: %w", ErrBadEvent, err)
	}
	if d.Data != nil {
		return *d.Data, nil
	}
	return d, nil
}

// terms reads an event of a subscription.
func (e *Event) terms() (Terms, Order, error) {
	d, err := e.document()
	if err != nil {
		return Terms{}, Order{}, err
	}
	s := d.Subscription
	if s == nil {
		return Terms{}, Order{}, bad("subscription", "must be there")
	}
	t := Terms{
		CancelAtPeriodEnd: s.CancelAtPeriodEnd, PeriodEnd: s.CurrentPeriodEnd, PeriodStart: s.CurrentPeriodStart, Plan: Plan(strings.ToUpper(string(s.Plan))),
		ProviderID: s.ID, Status: Status(strings.ToUpper(s.Status)), TrialEnd: s.TrialEndsAt,
	}
	if e.Type == EventSubscriptionCanceled {
		t.Status = StatusCanceled
	}
	switch {
	case !slices.Contains(Plans, t.Plan):
		return Terms{}, Order{}, bad("subscription.plan", "must be FREE, PRO or ENT")
	case !slices.Contains([]Status{StatusTrialing, StatusActive, StatusPastDue, StatusCanceled}, t.Status):
		return Terms{}, Order{}, bad("subscription.status", "must be trialing, active, past_due or canceled")
	case s.Version < 0:
		return Terms{}, Order{}, bad("subscription.version", "must not be negative")
	}
	return t, Order{At: e.At, EventID: e.ID, Version: s.Version}, nil
}

// payment reads an event of a payment. An event without an invoice is one of its own.
func (e *Event) payment() (id string, details InvoiceDetails, p Payment, err error) {
	d, err := e.document()
	if err != nil {
		return "", details, p, err
	}
	i := d.Invoice
	if i == nil {
		i = &invoiceDocument{}
	}
	amount := i.Amount
	if amount == nil {
		amount = d.Amount
	}
	if amount == nil {
		return "", details, p, bad("amount", "must be there")
	}
	details = InvoiceDetails{
		Currency: i.Currency, DueAt: i.DueAt, HostedURL: i.HostedURL, Number: i.Number, PeriodEnd: i.PeriodEnd, PeriodStart: i.PeriodStart,
	}
	if details.Currency == "" {
		details.Currency = d.Currency
	}
	if details.Amount, err = amount.Int64(); err != nil || details.Amount < 0 {
		return "", details, p, bad("amount", "must be a whole number of minor units, at least 0")
	}
	if details.Currency != "" && !money.KnownCurrency(details.Currency) {
		return "", details, p, bad("currency", "must be an ISO 4217 code")
	}
	if id = i.ID; id == "" {
		id = e.ID
	}
	if !ids.Valid(id) {
		return "", details, p, bad("invoice.id", "must be 1 to 64 letters, digits, _ and -")
	}
	return id, details, Payment{At: e.At, EventID: e.ID, Paid: e.Type == EventInvoicePaid}, nil
}
