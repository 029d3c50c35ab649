package orders

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// Handler serves chefcloud.orders.v1.
type Handler struct {
	db       *postgres.DB
	service  *Service
	validate func(proto.Message) error
}

var _ ordersv1connect.OrderServiceHandler = (*Handler)(nil)

// NewHandler returns a handler; validate applies the rules of the proto files to one order of a batch.
func NewHandler(db *postgres.DB, service *Service, validate func(proto.Message) error) *Handler {
	return &Handler{db: db, service: service, validate: validate}
}

// OpenOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) OpenOrder(ctx context.Context, req *ordersv1.OpenOrderRequest) (*ordersv1.OpenOrderResponse, error) {
	n, err := newOrderFromProto(req)
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.OpenOrderResponse, error) {
		o, err := h.service.Open(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &ordersv1.OpenOrderResponse{Order: orderToProto(o)}, nil
	})
}

// AddItems implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) AddItems(ctx context.Context, req *ordersv1.AddItemsRequest) (*ordersv1.AddItemsResponse, error) {
	lines, err := newLinesFromProto(req.GetLines())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.AddItemsResponse, error) {
		o, err := h.service.AddItems(ctx, tx, req.GetOrderId(), lines)
		if err != nil {
			return nil, err
		}
		return &ordersv1.AddItemsResponse{Order: orderToProto(o)}, nil
	})
}

// VoidLine implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) VoidLine(ctx context.Context, req *ordersv1.VoidLineRequest) (*ordersv1.VoidLineResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.VoidLineResponse, error) {
		o, err := h.service.VoidLine(ctx, tx, req.GetOrderId(), req.GetLineNo(), req.GetReason())
		if err != nil {
			return nil, err
		}
		return &ordersv1.VoidLineResponse{Order: orderToProto(o)}, nil
	})
}

// SendOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) SendOrder(ctx context.Context, req *ordersv1.SendOrderRequest) (*ordersv1.SendOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.SendOrderResponse, error) {
		o, err := h.service.Send(ctx, tx, req.GetOrderId())
		if err != nil {
			return nil, err
		}
		return &ordersv1.SendOrderResponse{Order: orderToProto(o)}, nil
	})
}

// MarkReady implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) MarkReady(ctx context.Context, req *ordersv1.MarkReadyRequest) (*ordersv1.MarkReadyResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.MarkReadyResponse, error) {
		o, err := h.service.MarkReady(ctx, tx, req.GetOrderId(), req.GetTicketNo())
		if err != nil {
			return nil, err
		}
		return &ordersv1.MarkReadyResponse{Order: orderToProto(o)}, nil
	})
}

// DiscountOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) DiscountOrder(ctx context.Context, req *ordersv1.DiscountOrderRequest) (*ordersv1.DiscountOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.DiscountOrderResponse, error) {
		o, err := h.service.Discount(ctx, tx, req.GetOrderId(), req.GetAmount(), Grant{LineNo: req.GetLineNo(), Reason: req.GetReason()})
		if err != nil {
			return nil, err
		}
		return &ordersv1.DiscountOrderResponse{Order: orderToProto(o)}, nil
	})
}

// CompOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) CompOrder(ctx context.Context, req *ordersv1.CompOrderRequest) (*ordersv1.CompOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.CompOrderResponse, error) {
		o, err := h.service.Comp(ctx, tx, req.GetOrderId(), req.GetLineNos(), Grant{Reason: req.GetReason()})
		if err != nil {
			return nil, err
		}
		return &ordersv1.CompOrderResponse{Order: orderToProto(o)}, nil
	})
}

// CloseOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) CloseOrder(ctx context.Context, req *ordersv1.CloseOrderRequest) (*ordersv1.CloseOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.CloseOrderResponse, error) {
		o, result, err := h.service.Close(ctx, tx, req.GetOrderId(), Closing{
			CouponCodes: req.GetCouponCodes(), Covers: req.Covers, RequireCoupons: req.GetRequireCoupons(),
		})
		if err != nil {
			return nil, err
		}
		return &ordersv1.CloseOrderResponse{Order: orderToProto(o), Decisions: promotions.DecisionsToProto(result)}, nil
	})
}

// PreviewOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) PreviewOrder(ctx context.Context, req *ordersv1.PreviewOrderRequest) (*ordersv1.PreviewOrderResponse, error) {
	o, result, err := h.service.Preview(ctx, h.db, req.GetOrderId(), req.GetCouponCodes())
	if err != nil {
		return nil, err
	}
	return &ordersv1.PreviewOrderResponse{Order: orderToProto(o), Decisions: promotions.DecisionsToProto(result)}, nil
}

// VoidOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) VoidOrder(ctx context.Context, req *ordersv1.VoidOrderRequest) (*ordersv1.VoidOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.VoidOrderResponse, error) {
		o, err := h.service.Void(ctx, tx, req.GetOrderId(), req.GetReason(), req.GetRestock())
		if err != nil {
			return nil, err
		}
		return &ordersv1.VoidOrderResponse{Order: orderToProto(o)}, nil
	})
}

// RefundOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) RefundOrder(ctx context.Context, req *ordersv1.RefundOrderRequest) (*ordersv1.RefundOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*ordersv1.RefundOrderResponse, error) {
		o, err := h.service.Refund(ctx, tx, req.GetOrderId(), req.GetAmount(), req.GetRestock(), Grant{Reason: req.GetReason()})
		if err != nil {
			return nil, err
		}
		return &ordersv1.RefundOrderResponse{Order: orderToProto(o)}, nil
	})
}

// IngestOrders implements [ordersv1connect.OrderServiceHandler]. Each order has a transaction of its own, so that one
// that is refused takes none of the others with it, and its id makes it idempotent.
func (h *Handler) IngestOrders(ctx context.Context, req *ordersv1.IngestOrdersRequest) (*ordersv1.IngestOrdersResponse, error) {
	resp := &ordersv1.IngestOrdersResponse{}
	for i, p := range req.GetOrders() {
		result := &ordersv1.IngestResult{Index: int32(i), OrderId: p.GetOrderId(), Status: ordersv1.IngestStatus_INGEST_STATUS_CREATED}
		err := h.ingest(ctx, p)
		var refusal *fault.Error
		switch {
		case err == nil:
			resp.Created++
		case errors.Is(err, errUnchanged):
			result.Status = ordersv1.IngestStatus_INGEST_STATUS_UNCHANGED
			resp.Unchanged++
		case errors.As(err, &refusal) && refusal.Kind != fault.KindInternal && refusal.Kind != fault.KindUnavailable:
			result.Status, result.Reason = ordersv1.IngestStatus_INGEST_STATUS_REFUSED, refusal.Reason
			result.Field, result.Message = refusal.Field(), refusal.Message
			resp.Refused++
		default: // the terminal sends the batch again; what was taken is then UNCHANGED
			return nil, err
		}
		resp.Results = append(resp.Results, result)
	}
	return resp, nil
}

func (h *Handler) ingest(ctx context.Context, p *ordersv1.IngestOrder) error {
	if err := h.validate(p); err != nil {
		return err
	}
	f, err := finishedFromProto(p)
	if err != nil {
		return err
	}
	return h.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		if err := h.service.Ingest(ctx, tx, f); err != nil {
			return err
		}
		return mutation.Conclude(ctx, tx)
	})
}

// GetOrder implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) GetOrder(ctx context.Context, req *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) {
	o, err := h.service.Get(ctx, h.db, req.GetOrderId())
	if err != nil {
		return nil, err
	}
	return &ordersv1.GetOrderResponse{Order: orderToProto(o)}, nil
}

// farFuture is later than any order: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// ListOrders implements [ordersv1connect.OrderServiceHandler].
func (h *Handler) ListOrders(ctx context.Context, req *ordersv1.ListOrdersRequest) (*ordersv1.ListOrdersResponse, error) {
	after, err := page.Decode(req.GetPageToken(), cursor{UpdatedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	orders, err := h.service.List(ctx, h.db, req.GetBranchId(), statusFromProto[req.GetStatus()], after, size+1)
	if err != nil {
		return nil, err
	}
	orders, next := page.Cut(orders, size, func(o *Order) cursor { return cursor{ID: o.ID, UpdatedAt: o.UpdatedAt} })
	resp := &ordersv1.ListOrdersResponse{NextPageToken: next}
	for _, o := range orders {
		resp.Orders = append(resp.Orders, orderToProto(o))
	}
	return resp, nil
}
