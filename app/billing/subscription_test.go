package billing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/billing"
)

var start = time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)

func day(n int) time.Time { return start.Add(time.Duration(n) * 24 * time.Hour) }

func TestStanding(t *testing.T) {
	t.Parallel()
	active := billing.Terms{Plan: billing.PlanPro, Status: billing.StatusActive}
	trial := billing.Terms{Plan: billing.PlanPro, Status: billing.StatusTrialing, TrialEnd: day(14)}
	failed, paid := billing.Payment{At: day(1), EventID: "e1"}, billing.Payment{At: day(2), EventID: "e2", Paid: true}
	for name, c := range map[string]struct {
		terms    billing.Terms
		payments []billing.Payment
		at       time.Time
		plan     billing.Plan
		status   billing.Status
		grace    time.Time
	}{
		"active":                           {active, nil, day(100), billing.PlanPro, billing.StatusActive, time.Time{}},
		"a_failed_payment_has_a_grace":     {active, []billing.Payment{failed}, day(14), billing.PlanPro, billing.StatusPastDue, day(15)},
		"after_which_the_plan_is_free":     {active, []billing.Payment{failed}, day(15), billing.PlanFree, billing.StatusPastDue, day(15)},
		"a_later_payment_mends_it":         {active, []billing.Payment{failed, paid}, day(30), billing.PlanPro, billing.StatusActive, time.Time{}},
		"in_whichever_order_they_come":     {active, []billing.Payment{paid, failed}, day(30), billing.PlanPro, billing.StatusActive, time.Time{}},
		"a_trial":                          {trial, nil, day(13), billing.PlanPro, billing.StatusTrialing, time.Time{}},
		"a_trial_that_nobody_paid_for":     {trial, nil, day(14), billing.PlanFree, billing.StatusCanceled, time.Time{}},
		"a_trial_that_was_paid_for":        {trial, []billing.Payment{paid}, day(14), billing.PlanPro, billing.StatusActive, time.Time{}},
		"a_failed_payment_ends_no_trial":   {trial, []billing.Payment{failed}, day(3), billing.PlanPro, billing.StatusTrialing, time.Time{}},
		"past_due_by_the_provider":         {billing.Terms{Plan: billing.PlanPro, Status: billing.StatusPastDue}, nil, day(1), billing.PlanPro, billing.StatusPastDue, day(14)},
		"past_due_and_paid_since":          {billing.Terms{Plan: billing.PlanPro, Status: billing.StatusPastDue}, []billing.Payment{paid}, day(30), billing.PlanPro, billing.StatusActive, time.Time{}},
		"canceled":                         {billing.Terms{Plan: billing.PlanPro, Status: billing.StatusCanceled}, nil, day(1), billing.PlanFree, billing.StatusCanceled, time.Time{}},
		"canceled_to_the_end_of_a_period":  {billing.Terms{Plan: billing.PlanPro, Status: billing.StatusCanceled, CancelAtPeriodEnd: true, PeriodEnd: day(9)}, nil, day(8), billing.PlanPro, billing.StatusCanceled, time.Time{}},
		"and_after_it":                     {billing.Terms{Plan: billing.PlanPro, Status: billing.StatusActive, CancelAtPeriodEnd: true, PeriodEnd: day(9)}, nil, day(9), billing.PlanFree, billing.StatusCanceled, time.Time{}},
		"what_was_paid_before_is_outdated": {billing.Terms{Plan: billing.PlanPro, Status: billing.StatusPastDue}, []billing.Payment{{At: day(-1), EventID: "e0", Paid: true}}, day(1), billing.PlanPro, billing.StatusPastDue, day(14)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s billing.Subscription
			s.Hear(c.terms, billing.Order{At: start, EventID: "s", Version: 1})
			for _, p := range c.payments {
				s.Pay(p)
			}
			require.Equal(t, billing.Standing{GraceEnd: c.grace, Plan: c.plan, Status: c.status}, s.Standing(c.at))
		})
	}
}

// TestTheSequenceOfEventsDoesNotMatter delivers a history in any order, with doubles of what may be doubled, and compares.
func TestTheSequenceOfEventsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type event struct {
			terms   *billing.Terms
			order   billing.Order
			payment billing.Payment
			details billing.InvoiceDetails
		}
		var history []event
		for n := range rapid.IntRange(1, 12).Draw(t, "events") {
			id := string(rune('a' + n))
			at := day(rapid.IntRange(0, 5).Draw(t, "day"))
			if rapid.Bool().Draw(t, "payment") {
				history = append(history, event{
					details: billing.InvoiceDetails{Amount: rapid.Int64Range(0, 9).Draw(t, "amount")},
					payment: billing.Payment{At: at, EventID: id, Paid: rapid.Bool().Draw(t, "paid")},
				})
				continue
			}
			history = append(history, event{
				order: billing.Order{At: at, EventID: id, Version: rapid.Int64Range(0, 3).Draw(t, "version")},
				terms: &billing.Terms{
					Plan:   rapid.SampledFrom(billing.Plans).Draw(t, "plan"),
					Status: rapid.SampledFrom([]billing.Status{billing.StatusActive, billing.StatusCanceled, billing.StatusPastDue, billing.StatusTrialing}).Draw(t, "status"),
				},
			})
		}
		play := func(events []event) (s billing.Subscription, i billing.Invoice) {
			for _, e := range events {
				if e.terms != nil {
					s.Hear(*e.terms, e.order)
					s.Hear(*e.terms, e.order)
					continue
				}
				s.Pay(e.payment)
				s.Pay(e.payment)
				i.Hear(e.details, e.payment)
			}
			return s, i
		}
		wantSubscription, wantInvoice := play(history)
		shuffled := append([]event(nil), history...)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		gotSubscription, gotInvoice := play(shuffled)
		require.Equal(t, wantSubscription, gotSubscription)
		require.Equal(t, wantInvoice, gotInvoice)
	})
}
