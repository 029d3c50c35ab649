package procurement

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1/procurementv1connect"
)

// Handler serves chefcloud.procurement.v1.
type Handler struct {
	db      *postgres.DB
	jobs    *jobs.Runner
	service *Service
}

var _ procurementv1connect.ProcurementServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, service *Service, runner *jobs.Runner) *Handler {
	return &Handler{db: db, jobs: runner, service: service}
}

// UpsertSupplier implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) UpsertSupplier(ctx context.Context, req *procurementv1.UpsertSupplierRequest) (*procurementv1.UpsertSupplierResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.UpsertSupplierResponse, error) {
		supplier, err := h.service.UpsertSupplier(ctx, tx, supplierFromProto(req.GetSupplier()))
		if err != nil {
			return nil, err
		}
		return &procurementv1.UpsertSupplierResponse{Supplier: supplierToProto(supplier)}, nil
	})
}

// supplierCursor is the last row of a page of suppliers.
type supplierCursor struct{ ID string }

// ListSuppliers implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ListSuppliers(ctx context.Context, req *procurementv1.ListSuppliersRequest) (*procurementv1.ListSuppliersResponse, error) {
	after, err := page.Decode(req.GetPageToken(), supplierCursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	suppliers, err := h.service.ListSuppliers(ctx, h.db, after.ID, size+1)
	if err != nil {
		return nil, err
	}
	suppliers, next := page.Cut(suppliers, size, func(s Supplier) supplierCursor { return supplierCursor{ID: s.ID} })
	resp := &procurementv1.ListSuppliersResponse{NextPageToken: next}
	for _, s := range suppliers {
		resp.Suppliers = append(resp.Suppliers, supplierToProto(s))
	}
	return resp, nil
}

// CreatePurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) CreatePurchaseOrder(ctx context.Context, req *procurementv1.CreatePurchaseOrderRequest) (*procurementv1.CreatePurchaseOrderResponse, error) {
	n, err := newOrderFromProto(req)
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.CreatePurchaseOrderResponse, error) {
		o, err := h.service.Create(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &procurementv1.CreatePurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// SubmitPurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) SubmitPurchaseOrder(ctx context.Context, req *procurementv1.SubmitPurchaseOrderRequest) (*procurementv1.SubmitPurchaseOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.SubmitPurchaseOrderResponse, error) {
		o, err := h.service.Submit(ctx, tx, req.GetPoId())
		if err != nil {
			return nil, err
		}
		return &procurementv1.SubmitPurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// ApprovePurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ApprovePurchaseOrder(ctx context.Context, req *procurementv1.ApprovePurchaseOrderRequest) (*procurementv1.ApprovePurchaseOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.ApprovePurchaseOrderResponse, error) {
		o, err := h.service.Approve(ctx, tx, req.GetPoId())
		if err != nil {
			return nil, err
		}
		return &procurementv1.ApprovePurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// PlacePurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) PlacePurchaseOrder(ctx context.Context, req *procurementv1.PlacePurchaseOrderRequest) (*procurementv1.PlacePurchaseOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.PlacePurchaseOrderResponse, error) {
		o, err := h.service.Place(ctx, tx, req.GetPoId())
		if err != nil {
			return nil, err
		}
		return &procurementv1.PlacePurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// CancelPurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) CancelPurchaseOrder(ctx context.Context, req *procurementv1.CancelPurchaseOrderRequest) (*procurementv1.CancelPurchaseOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.CancelPurchaseOrderResponse, error) {
		o, err := h.service.Cancel(ctx, tx, req.GetPoId(), req.GetReason())
		if err != nil {
			return nil, err
		}
		return &procurementv1.CancelPurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// ClosePurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ClosePurchaseOrder(ctx context.Context, req *procurementv1.ClosePurchaseOrderRequest) (*procurementv1.ClosePurchaseOrderResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.ClosePurchaseOrderResponse, error) {
		o, err := h.service.CloseShort(ctx, tx, req.GetPoId())
		if err != nil {
			return nil, err
		}
		return &procurementv1.ClosePurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// ReceivePurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ReceivePurchaseOrder(ctx context.Context, req *procurementv1.ReceivePurchaseOrderRequest) (*procurementv1.ReceivePurchaseOrderResponse, error) {
	delivered, err := deliveredFromProto(req.GetItems())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.ReceivePurchaseOrderResponse, error) {
		receipt, o, err := h.service.Receive(ctx, tx, req.GetPoId(), req.GetReceivedBy(), delivered)
		if err != nil {
			return nil, err
		}
		return &procurementv1.ReceivePurchaseOrderResponse{Receipt: receiptToProto(&receipt), PurchaseOrder: orderToProto(o)}, nil
	})
}

// GetPurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) GetPurchaseOrder(ctx context.Context, req *procurementv1.GetPurchaseOrderRequest) (*procurementv1.GetPurchaseOrderResponse, error) {
	o, err := h.service.Get(ctx, h.db, req.GetPoId())
	if err != nil {
		return nil, err
	}
	return &procurementv1.GetPurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
}

// farFuture is later than any order: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// ListPurchaseOrders implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ListPurchaseOrders(ctx context.Context, req *procurementv1.ListPurchaseOrdersRequest) (*procurementv1.ListPurchaseOrdersResponse, error) {
	first, wanted := cursor{CreatedAt: farFuture}, Filter{BranchID: req.GetBranchId(), Status: statusFromProto(req.GetStatus()), SupplierID: req.GetSupplierId()}
	if req.CreatedBefore != nil {
		first.CreatedAt = req.GetCreatedBefore().AsTime()
	}
	if req.CreatedFrom != nil {
		wanted.CreatedFrom = req.GetCreatedFrom().AsTime()
		if !wanted.CreatedFrom.Before(first.CreatedAt) {
			return nil, fault.Invalid("created_before", "must be after created_from")
		}
	}
	before, err := page.Decode(req.GetPageToken(), first)
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	orders, err := h.service.List(ctx, h.db, wanted, before, size+1)
	if err != nil {
		return nil, err
	}
	orders, next := page.Cut(orders, size, func(o *Order) cursor { return cursor{CreatedAt: o.CreatedAt, ID: o.ID} })
	resp := &procurementv1.ListPurchaseOrdersResponse{NextPageToken: next}
	for _, o := range orders {
		resp.PurchaseOrders = append(resp.PurchaseOrders, orderToProto(o))
	}
	return resp, nil
}
