package billing

import (
	"context"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	billingv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/billing/v1/billingv1connect"
)

// Handler serves chefcloud.billing.v1.
type Handler struct {
	db      *postgres.DB
	limits  config.Limits
	service *Service
}

var _ billingv1connect.BillingServiceHandler = (*Handler)(nil)

// NewHandler returns a handler that shows the limits of plans.
func NewHandler(db *postgres.DB, s *Service, limits config.Limits) *Handler {
	return &Handler{db: db, limits: limits, service: s}
}

// GetSubscription implements [billingv1connect.BillingServiceHandler].
func (h *Handler) GetSubscription(ctx context.Context, _ *billingv1.GetSubscriptionRequest) (*billingv1.GetSubscriptionResponse, error) {
	sub, now, err := h.service.Subscription(ctx, h.db)
	if err != nil {
		return nil, err
	}
	usage, err := h.service.Usage(ctx, h.db)
	if err != nil {
		return nil, err
	}
	return &billingv1.GetSubscriptionResponse{Subscription: subscriptionToProto(sub, now, h.limits), Usage: usageToProto(usage)}, nil
}

// farFuture is later than any invoice: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// ListInvoices implements [billingv1connect.BillingServiceHandler].
func (h *Handler) ListInvoices(ctx context.Context, req *billingv1.ListInvoicesRequest) (*billingv1.ListInvoicesResponse, error) {
	before, err := page.Decode(req.GetPageToken(), cursor{At: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	invoices, err := h.service.Invoices(ctx, h.db, before, size+1)
	if err != nil {
		return nil, err
	}
	invoices, next := page.Cut(invoices, size, func(i Invoice) cursor { return cursor{At: i.EventAt, ID: i.ID} })
	resp := &billingv1.ListInvoicesResponse{NextPageToken: next}
	for i := range invoices {
		resp.Invoices = append(resp.Invoices, invoiceToProto(&invoices[i]))
	}
	return resp, nil
}

// PreviewPlan implements [billingv1connect.BillingServiceHandler].
func (h *Handler) PreviewPlan(ctx context.Context, req *billingv1.PreviewPlanRequest) (*billingv1.PreviewPlanResponse, error) {
	_, now, err := h.service.Subscription(ctx, h.db)
	if err != nil {
		return nil, err
	}
	plan := planFromProto(req.GetPlan())
	return &billingv1.PreviewPlanResponse{
		Downgrade: slices.Index(Plans, plan) < slices.Index(Plans, now.Plan),
		Limits:    limitsToProto(h.limits, plan),
		Present:   limitsToProto(h.limits, now.Plan),
	}, nil
}

// ChangePlan implements [billingv1connect.BillingServiceHandler].
func (h *Handler) ChangePlan(ctx context.Context, req *billingv1.ChangePlanRequest) (*billingv1.ChangePlanResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*billingv1.ChangePlanResponse, error) {
		sub, now, err := h.service.ChangePlan(ctx, tx, planFromProto(req.GetPlan()))
		if err != nil {
			return nil, err
		}
		return &billingv1.ChangePlanResponse{Subscription: subscriptionToProto(sub, now, h.limits)}, nil
	})
}
