package billing

import (
	"cmp"
	"time"
)

// Plan is what can be subscribed to.
type Plan string

// The plans. Without a subscription that is paid for an organisation is on PlanFree.
const (
	PlanFree       Plan = "FREE"
	PlanPro        Plan = "PRO"
	PlanEnterprise Plan = "ENT"
)

// Plans are all of them, the least first.
var Plans = []Plan{PlanFree, PlanPro, PlanEnterprise}

// Status is where a subscription stands.
type Status string

// The states.
const (
	StatusTrialing Status = "TRIALING"
	StatusActive   Status = "ACTIVE"
	StatusPastDue  Status = "PAST_DUE"
	StatusCanceled Status = "CANCELED"
)

// Grace is how long a plan is kept after a payment failed.
const Grace = 14 * 24 * time.Hour

// Order is the place of an event among those of a subscription.
type Order struct {
	Version int64 // the provider's; 0 if it counts none
	At      time.Time
	EventID string
}

// After reports whether o stands after other.
func (o Order) After(other Order) bool {
	return cmp.Or(cmp.Compare(o.Version, other.Version), o.At.Compare(other.At), cmp.Compare(o.EventID, other.EventID)) > 0
}

// Terms are what an event of a subscription says.
type Terms struct {
	CancelAtPeriodEnd      bool
	PeriodStart, PeriodEnd time.Time // zero if unknown
	Plan                   Plan
	ProviderID             string // of the subscription
	Status                 Status
	TrialEnd               time.Time // zero without a trial
}

// Payment is what an event of a payment says; the zero value stands before the first.
type Payment struct {
	At      time.Time
	EventID string
	Paid    bool
}

func (p Payment) none() bool { return p.EventID == "" }

func (p Payment) after(other Payment) bool {
	return cmp.Or(p.At.Compare(other.At), cmp.Compare(p.EventID, other.EventID)) > 0
}

// Subscription is what is known of an organisation's subscription.
type Subscription struct {
	Terms
	Order   Order
	OrgID   string
	Payment Payment // the latest
}

// Hear takes what an event of the subscription says, unless a later one was heard.
func (s *Subscription) Hear(t Terms, o Order) {
	if o.After(s.Order) {
		s.Terms, s.Order = t, o
	}
}

// Pay takes what an event of a payment says, unless a later one was heard.
func (s *Subscription) Pay(p Payment) {
	if p.after(s.Payment) {
		s.Payment = p
	}
}

// Standing is what holds at an instant.
type Standing struct {
	// GraceEnd is until when the plan is kept though a payment failed; zero if none did.
	GraceEnd time.Time
	Plan     Plan
	Status   Status
}

// Standing returns what holds at an instant. What the provider says later of the subscription outweighs a payment before it.
func (s *Subscription) Standing(now time.Time) Standing {
	paid := !s.Payment.none() && s.Payment.Paid && s.Payment.At.After(s.Order.At)
	failed := !s.Payment.none() && !s.Payment.Paid && s.Payment.At.After(s.Order.At)
	since := s.Payment.At // of what is past due
	status := s.Status
	switch {
	case status == StatusCanceled:
		if s.CancelAtPeriodEnd && now.Before(s.PeriodEnd) {
			return Standing{Plan: s.Plan, Status: StatusCanceled}
		}
		return Standing{Plan: PlanFree, Status: StatusCanceled}
	case s.CancelAtPeriodEnd && !s.PeriodEnd.IsZero() && !now.Before(s.PeriodEnd):
		return Standing{Plan: PlanFree, Status: StatusCanceled}
	case status == StatusTrialing && !s.TrialEnd.IsZero() && !now.Before(s.TrialEnd):
		if !paid && !failed {
			return Standing{Plan: PlanFree, Status: StatusCanceled}
		}
		status = StatusActive
	case status == StatusPastDue && paid:
		status = StatusActive
	case status == StatusPastDue && !failed:
		since = s.Order.At
	}
	if failed && status != StatusTrialing {
		status = StatusPastDue
	}
	if status != StatusPastDue {
		return Standing{Plan: s.Plan, Status: status}
	}
	standing := Standing{GraceEnd: since.Add(Grace), Plan: s.Plan, Status: StatusPastDue}
	if !now.Before(standing.GraceEnd) {
		standing.Plan = PlanFree
	}
	return standing
}
