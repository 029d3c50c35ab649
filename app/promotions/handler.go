package promotions

import (
	"context"
	"fmt"
	"math"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	promotionsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/promotions/v1/promotionsv1connect"
)

// maxResultDays is the longest range of results.
const maxResultDays = 400

// Handler serves chefcloud.promotions.v1.
type Handler struct {
	db      *postgres.DB
	pricer  *Pricer
	service *Service
}

var _ promotionsv1connect.PromotionServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, service *Service, pricer *Pricer) *Handler {
	return &Handler{db: db, pricer: pricer, service: service}
}

// CreatePromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) CreatePromotion(ctx context.Context, req *promotionsv1.CreatePromotionRequest) (*promotionsv1.CreatePromotionResponse, error) {
	terms, err := termsFromProto(req.GetTerms())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*promotionsv1.CreatePromotionResponse, error) {
		p, warnings, err := h.service.Create(ctx, tx, req.GetPromotionId(), terms)
		if err != nil {
			return nil, err
		}
		return &promotionsv1.CreatePromotionResponse{Promotion: promotionToProto(&p), Warnings: warningsToProto(warnings)}, nil
	})
}

// UpdatePromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) UpdatePromotion(ctx context.Context, req *promotionsv1.UpdatePromotionRequest) (*promotionsv1.UpdatePromotionResponse, error) {
	terms, err := termsFromProto(req.GetTerms())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*promotionsv1.UpdatePromotionResponse, error) {
		p, warnings, err := h.service.Update(ctx, tx, req.GetPromotionId(), req.GetRevision(), terms)
		if err != nil {
			return nil, err
		}
		return &promotionsv1.UpdatePromotionResponse{Promotion: promotionToProto(&p), Warnings: warningsToProto(warnings)}, nil
	})
}

// ApprovePromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) ApprovePromotion(ctx context.Context, req *promotionsv1.ApprovePromotionRequest) (*promotionsv1.ApprovePromotionResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*promotionsv1.ApprovePromotionResponse, error) {
		p, err := h.service.Approve(ctx, tx, req.GetPromotionId(), req.GetRevision(), req.GetNote())
		if err != nil {
			return nil, err
		}
		return &promotionsv1.ApprovePromotionResponse{Promotion: promotionToProto(&p)}, nil
	})
}

// ActivatePromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) ActivatePromotion(ctx context.Context, req *promotionsv1.ActivatePromotionRequest) (*promotionsv1.ActivatePromotionResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*promotionsv1.ActivatePromotionResponse, error) {
		p, warnings, err := h.service.Activate(ctx, tx, req.GetPromotionId(), req.GetNote())
		if err != nil {
			return nil, err
		}
		return &promotionsv1.ActivatePromotionResponse{Promotion: promotionToProto(&p), Warnings: warningsToProto(warnings)}, nil
	})
}

// PausePromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) PausePromotion(ctx context.Context, req *promotionsv1.PausePromotionRequest) (*promotionsv1.PausePromotionResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*promotionsv1.PausePromotionResponse, error) {
		p, err := h.service.Pause(ctx, tx, req.GetPromotionId(), req.GetNote())
		if err != nil {
			return nil, err
		}
		return &promotionsv1.PausePromotionResponse{Promotion: promotionToProto(&p)}, nil
	})
}

// ArchivePromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) ArchivePromotion(ctx context.Context, req *promotionsv1.ArchivePromotionRequest) (*promotionsv1.ArchivePromotionResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*promotionsv1.ArchivePromotionResponse, error) {
		p, err := h.service.Archive(ctx, tx, req.GetPromotionId(), req.GetNote())
		if err != nil {
			return nil, err
		}
		return &promotionsv1.ArchivePromotionResponse{Promotion: promotionToProto(&p)}, nil
	})
}

// GetPromotion implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) GetPromotion(ctx context.Context, req *promotionsv1.GetPromotionRequest) (*promotionsv1.GetPromotionResponse, error) {
	p, events, coupons, err := h.service.Get(ctx, h.db, req.GetPromotionId())
	if err != nil {
		return nil, err
	}
	resp := &promotionsv1.GetPromotionResponse{Promotion: promotionToProto(&p), RedeemedByCoupon: coupons}
	for i := range events {
		resp.History = append(resp.History, eventToProto(&events[i]))
	}
	return resp, nil
}

// ListPromotions implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) ListPromotions(ctx context.Context, req *promotionsv1.ListPromotionsRequest) (*promotionsv1.ListPromotionsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), cursor{Rank: math.MinInt32})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.List(ctx, h.db, Filter{
		BranchID: req.GetBranchId(), CouponCode: req.GetCouponCode(), HoldsAt: timeFromProto(req.GetHoldsAt()), NameContains: req.GetNameContains(),
		Statuses: statusesFromProto(req.GetStatuses()),
	}, after, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(p Promotion) cursor {
		return cursor{CreatedAt: p.CreatedAt, ID: p.ID, Rank: -p.Terms.Priority}
	})
	resp := &promotionsv1.ListPromotionsResponse{NextPageToken: next}
	for i := range found {
		resp.Promotions = append(resp.Promotions, promotionToProto(&found[i]))
	}
	return resp, nil
}

// EvaluatePromotions implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) EvaluatePromotions(ctx context.Context, req *promotionsv1.EvaluatePromotionsRequest) (*promotionsv1.EvaluatePromotionsResponse, error) {
	trial := Trial{
		At: timeFromProto(req.GetAt()), BranchID: req.GetBranchId(), Channel: req.GetChannel(), CouponCodes: req.GetCouponCodes(),
		Mode: modeFromProto(req.GetMode()), OrderType: req.GetOrderType(),
	}
	if trial.Channel == "" {
		trial.Channel = "POS"
	}
	if trial.OrderType == "" {
		trial.OrderType = "DINE_IN"
	}
	for i, l := range req.GetLines() {
		portions, err := quantity.FromWire(fmt.Sprintf("lines[%d].quantity", i), l.GetQuantity())
		if err != nil {
			return nil, err
		}
		trial.Lines = append(trial.Lines, TrialLine{MenuItemID: l.GetMenuItemId(), Quantity: portions, UnitPrice: l.UnitPrice})
	}
	priced, err := h.service.Evaluate(ctx, h.db, h.pricer, trial)
	if err != nil {
		return nil, err
	}
	resp := &promotionsv1.EvaluatePromotionsResponse{
		At: timeToProto(priced.At), Currency: priced.Currency, Decisions: DecisionsToProto(priced.Result), Discount: priced.Discount, Mode: modes[priced.Mode],
	}
	for _, l := range priced.Lines {
		net := l.Gross - l.Discount
		resp.Lines = append(resp.Lines, &promotionsv1.PricedLine{
			LineNo: l.No, MenuItemId: l.MenuItemID, Gross: l.Gross, Discount: l.Discount, Net: net, Tax: l.Tax,
		})
		resp.Gross += l.Gross
		resp.Net += net
		resp.Tax += l.Tax
	}
	resp.Due = resp.Net + resp.Tax
	return resp, nil
}

// ListPromotionResults implements [promotionsv1connect.PromotionServiceHandler].
func (h *Handler) ListPromotionResults(
	ctx context.Context, req *promotionsv1.ListPromotionResultsRequest,
) (*promotionsv1.ListPromotionResultsResponse, error) {
	c := caller.From(ctx)
	filter := resultFilter{branchID: req.GetBranchId(), promotionID: req.GetPromotionId()}
	var err error
	if filter.from, err = civil.ParseDate(req.GetStartDate()); err != nil {
		return nil, fault.Invalid("start_date", "must be a date of the form YYYY-MM-DD")
	}
	if filter.to, err = civil.ParseDate(req.GetEndDate()); err != nil {
		return nil, fault.Invalid("end_date", "must be a date of the form YYYY-MM-DD")
	}
	if days := filter.to.DaysSince(filter.from) + 1; days < 1 || days > maxResultDays {
		return nil, fault.Invalid("end_date", fmt.Sprintf("must be from start_date to %d days later", maxResultDays-1))
	}
	if filter.branchID == "" {
		filter.branchID = c.BranchID
	}
	if filter.branchID != "" {
		if _, err := branch.Get(ctx, h.db, c, filter.branchID); err != nil {
			return nil, err
		}
	}
	results, currency, err := h.service.Results(ctx, h.db, filter)
	if err != nil {
		return nil, err
	}
	resp := &promotionsv1.ListPromotionResultsResponse{Currency: currency}
	for _, r := range results {
		resp.Results = append(resp.Results, &promotionsv1.PromotionResult{
			PromotionId: r.PromotionID, Name: r.Name, Redemptions: r.Redemptions, Discount: r.Discount, GrossSales: r.Gross, NetSales: r.Net,
		})
	}
	return resp, nil
}
