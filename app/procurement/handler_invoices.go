package procurement

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

// RecordSupplierInvoice implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) RecordSupplierInvoice(ctx context.Context, req *procurementv1.RecordSupplierInvoiceRequest) (*procurementv1.RecordSupplierInvoiceResponse, error) {
	billed, err := billedFromProto(req.GetItems())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.RecordSupplierInvoiceResponse, error) {
		v, err := h.service.RecordInvoice(ctx, tx, req.GetPoId(), req.GetInvoiceNumber(), billed)
		if err != nil {
			return nil, err
		}
		return &procurementv1.RecordSupplierInvoiceResponse{Invoice: invoiceToProto(&v)}, nil
	})
}

// MatchSupplierInvoice implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) MatchSupplierInvoice(ctx context.Context, req *procurementv1.MatchSupplierInvoiceRequest) (*procurementv1.MatchSupplierInvoiceResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.MatchSupplierInvoiceResponse, error) {
		v, err := h.service.MatchInvoice(ctx, tx, req.GetInvoiceId())
		if err != nil {
			return nil, err
		}
		return &procurementv1.MatchSupplierInvoiceResponse{Invoice: invoiceToProto(&v)}, nil
	})
}

// GetSupplierInvoice implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) GetSupplierInvoice(ctx context.Context, req *procurementv1.GetSupplierInvoiceRequest) (*procurementv1.GetSupplierInvoiceResponse, error) {
	v, err := h.service.GetInvoice(ctx, h.db, req.GetInvoiceId())
	if err != nil {
		return nil, err
	}
	return &procurementv1.GetSupplierInvoiceResponse{Invoice: invoiceToProto(&v)}, nil
}

// ListSupplierInvoices implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ListSupplierInvoices(ctx context.Context, req *procurementv1.ListSupplierInvoicesRequest) (*procurementv1.ListSupplierInvoicesResponse, error) {
	before, err := page.Decode(req.GetPageToken(), invoiceCursor{RecordedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	filter := InvoiceFilter{
		BranchID: req.GetBranchId(), OrderID: req.GetPoId(), Status: matchStatusFromProto(req.GetStatus()), SupplierID: req.GetSupplierId(),
	}
	invoices, err := h.service.ListInvoices(ctx, h.db, filter, before, size+1)
	if err != nil {
		return nil, err
	}
	invoices, next := page.Cut(invoices, size, func(v Invoice) invoiceCursor { return invoiceCursor{ID: v.ID, RecordedAt: v.RecordedAt} })
	resp := &procurementv1.ListSupplierInvoicesResponse{NextPageToken: next}
	for i := range invoices {
		resp.Invoices = append(resp.Invoices, invoiceToProto(&invoices[i]))
	}
	return resp, nil
}
