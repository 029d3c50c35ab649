package billing

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/config"
	billingv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1"
)

var planToProto = map[Plan]billingv1.Plan{
	PlanEnterprise: billingv1.Plan_PLAN_ENT,
	PlanFree:       billingv1.Plan_PLAN_FREE,
	PlanPro:        billingv1.Plan_PLAN_PRO,
}

func planFromProto(p billingv1.Plan) Plan {
	i := slices.IndexFunc(Plans, func(plan Plan) bool { return planToProto[plan] == p })
	return Plans[max(i, 0)] // the rules of the proto file leave no other
}

var statusToProto = map[Status]billingv1.SubscriptionStatus{
	StatusActive:   billingv1.SubscriptionStatus_SUBSCRIPTION_STATUS_ACTIVE,
	StatusCanceled: billingv1.SubscriptionStatus_SUBSCRIPTION_STATUS_CANCELED,
	StatusPastDue:  billingv1.SubscriptionStatus_SUBSCRIPTION_STATUS_PAST_DUE,
	StatusTrialing: billingv1.SubscriptionStatus_SUBSCRIPTION_STATUS_TRIALING,
}

var invoiceStatusToProto = map[InvoiceStatus]billingv1.InvoiceStatus{
	InvoiceFailed: billingv1.InvoiceStatus_INVOICE_STATUS_FAILED,
	InvoiceOpen:   billingv1.InvoiceStatus_INVOICE_STATUS_OPEN,
	InvoicePaid:   billingv1.InvoiceStatus_INVOICE_STATUS_PAID,
}

func limitsToProto(l config.Limits, plan Plan) *billingv1.Limits {
	perMinute := map[Plan]int{PlanEnterprise: l.Enterprise, PlanFree: l.Free, PlanPro: l.Pro}
	return &billingv1.Limits{IngestPerMinute: int32(l.Ingest), RequestsPerMinute: int32(perMinute[plan])}
}

func subscriptionToProto(s *Subscription, now Standing, l config.Limits) *billingv1.Subscription {
	return &billingv1.Subscription{
		CancelAtPeriodEnd: s.CancelAtPeriodEnd,
		GraceEnd:          timeToProto(now.GraceEnd),
		Limits:            limitsToProto(l, now.Plan),
		PeriodEnd:         timeToProto(s.PeriodEnd),
		PeriodStart:       timeToProto(s.PeriodStart),
		Plan:              planToProto[now.Plan],
		ProviderId:        s.ProviderID,
		Status:            statusToProto[now.Status],
		SubscribedPlan:    planToProto[s.Plan],
		TrialEnd:          timeToProto(s.TrialEnd),
	}
}

func invoiceToProto(i *Invoice) *billingv1.Invoice {
	return &billingv1.Invoice{
		Amount: i.Amount, Currency: i.Currency, DueAt: timeToProto(i.DueAt), FailedAt: timeToProto(i.FailedAt), Failures: i.Failures,
		HostedUrl: i.HostedURL, Id: i.ID, Number: i.Number, PaidAt: timeToProto(i.PaidAt), PeriodEnd: timeToProto(i.PeriodEnd),
		PeriodStart: timeToProto(i.PeriodStart), Status: invoiceStatusToProto[i.Status()],
	}
}

func usageToProto(u Usage) *billingv1.Usage {
	return &billingv1.Usage{ApiKeys: u.APIKeys, Branches: u.Branches, Month: u.Month.String(), Orders: u.Orders, Users: u.Users}
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
