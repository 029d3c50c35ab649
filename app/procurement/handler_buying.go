package procurement

import (
	"cmp"
	"context"
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

// defaultSuggestions is the number of suggestions of a page when the caller asks for none.
const defaultSuggestions = 500

// UpsertSupplierItems implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) UpsertSupplierItems(ctx context.Context, req *procurementv1.UpsertSupplierItemsRequest) (*procurementv1.UpsertSupplierItemsResponse, error) {
	items := make([]SupplierItem, len(req.GetItems()))
	for i, p := range req.GetItems() {
		var err error
		if items[i], err = supplierItemFromProto(fmt.Sprintf("items[%d]", i), p); err != nil {
			return nil, err
		}
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.UpsertSupplierItemsResponse, error) {
		if err := h.service.SetSupplierItems(ctx, tx, req.GetSupplierId(), items); err != nil {
			return nil, err
		}
		resp := &procurementv1.UpsertSupplierItemsResponse{}
		for i := range items {
			resp.Items = append(resp.Items, supplierItemToProto(&items[i]))
		}
		return resp, nil
	})
}

// ListSupplierItems implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ListSupplierItems(ctx context.Context, req *procurementv1.ListSupplierItemsRequest) (*procurementv1.ListSupplierItemsResponse, error) {
	after, err := page.Decode(req.GetPageToken(), supplierItemCursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	items, err := h.service.ListSupplierItems(ctx, h.db, req.GetSupplierId(), req.GetItemId(), after, size+1)
	if err != nil {
		return nil, err
	}
	items, next := page.Cut(items, size, func(i SupplierItem) supplierItemCursor {
		return supplierItemCursor{ItemID: i.ItemID, SupplierID: i.SupplierID}
	})
	resp := &procurementv1.ListSupplierItemsResponse{NextPageToken: next}
	for i := range items {
		resp.Items = append(resp.Items, supplierItemToProto(&items[i]))
	}
	return resp, nil
}

// SuggestOrders implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) SuggestOrders(ctx context.Context, req *procurementv1.SuggestOrdersRequest) (*procurementv1.SuggestOrdersResponse, error) {
	after, err := page.Decode(req.GetPageToken(), branchItem{})
	if err != nil {
		return nil, err
	}
	size := req.GetPageSize()
	if size == 0 {
		size = defaultSuggestions
	}
	found, err := h.service.SuggestPage(ctx, h.db, req.GetBranchId(), strategyFromProto(req.GetStrategy()), req.GetIncludeSufficient(), after, size+1)
	if err != nil {
		return nil, err
	}
	rows, next := page.Cut(found.Rows, size, func(s Suggestion) branchItem { return s.key() })
	resp := &procurementv1.SuggestOrdersResponse{AsOf: timeToProto(found.AsOf), Currency: found.Currency, NextPageToken: next}
	for i := range rows {
		resp.Suggestions = append(resp.Suggestions, suggestionToProto(&rows[i]))
	}
	return resp, nil
}

// GenerateDraftOrders implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) GenerateDraftOrders(ctx context.Context, req *procurementv1.GenerateDraftOrdersRequest) (*procurementv1.GenerateDraftOrdersResponse, error) {
	c := caller.From(ctx)
	// The job may touch all branches, so it is told of the one that the caller is bound to.
	args := DraftsArgs{BranchID: cmp.Or(req.GetBranchId(), c.BranchID), RequestedBy: c.ActorID(), Strategy: strategyFromProto(req.GetStrategy())}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.GenerateDraftOrdersResponse, error) {
		if _, err := h.service.branches(ctx, tx, args.BranchID); err != nil {
			return nil, err
		}
		job, err := h.jobs.Start(ctx, tx, DraftsKind, "", args)
		if err != nil {
			return nil, err
		}
		wire, err := jobs.ToProto(job)
		return &procurementv1.GenerateDraftOrdersResponse{Job: wire}, err
	})
}

// UpdatePurchaseOrder implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) UpdatePurchaseOrder(ctx context.Context, req *procurementv1.UpdatePurchaseOrderRequest) (*procurementv1.UpdatePurchaseOrderResponse, error) {
	lines, err := linesFromProto(req.GetLines())
	if err != nil {
		return nil, err
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*procurementv1.UpdatePurchaseOrderResponse, error) {
		o, err := h.service.Update(ctx, tx, req.GetPoId(), req.ToleranceBp, lines)
		if err != nil {
			return nil, err
		}
		return &procurementv1.UpdatePurchaseOrderResponse{PurchaseOrder: orderToProto(o)}, nil
	})
}

// GetPurchaseOrderDocument implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) GetPurchaseOrderDocument(ctx context.Context, req *procurementv1.GetPurchaseOrderDocumentRequest) (*httpbody.HttpBody, error) {
	document, err := h.service.Document(ctx, h.db, req.GetPoId())
	if err != nil {
		return nil, err
	}
	name, kind, disposition, write := document.OrderID+".html", "text/html; charset=utf-8", "inline", document.HTML
	if req.GetFormat() == procurementv1.DocumentFormat_DOCUMENT_FORMAT_PDF {
		name, kind, disposition, write = document.OrderID+".pdf", "application/pdf", "attachment", document.PDF
	}
	data, err := write()
	if err != nil {
		return nil, err
	}
	if info, ok := connect.CallInfoForHandlerContext(ctx); ok {
		// The id is of letters, digits, - and _, so that the name needs no escaping.
		info.ResponseHeader().Set("Content-Disposition", disposition+`; filename="purchase-order-`+name+`"`)
		// The page shares its origin with the dashboard and needs nothing but its own style.
		info.ResponseHeader().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	}
	return &httpbody.HttpBody{ContentType: kind, Data: data}, nil
}

// ListPriceDifferences implements [procurementv1connect.ProcurementServiceHandler].
func (h *Handler) ListPriceDifferences(ctx context.Context, req *procurementv1.ListPriceDifferencesRequest) (*procurementv1.ListPriceDifferencesResponse, error) {
	from, err := civil.ParseDate(req.GetStartDate())
	if err != nil {
		return nil, fault.Invalid("start_date", "must be a date of the form YYYY-MM-DD")
	}
	to, err := civil.ParseDate(req.GetEndDate())
	if err != nil {
		return nil, fault.Invalid("end_date", "must be a date of the form YYYY-MM-DD")
	}
	after, err := page.Decode(req.GetPageToken(), differenceCursor{})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	differences, currency, err := h.service.PriceDifferences(ctx, h.db, req.GetBranchId(), req.GetSupplierId(), from, to, after, size+1)
	if err != nil {
		return nil, err
	}
	differences, next := page.Cut(differences, size, func(d PriceDifference) differenceCursor {
		return differenceCursor{ItemID: d.ItemID, SupplierID: d.SupplierID}
	})
	resp := &procurementv1.ListPriceDifferencesResponse{Currency: currency, NextPageToken: next}
	for i := range differences {
		resp.Differences = append(resp.Differences, differenceToProto(&differences[i]))
	}
	return resp, nil
}
