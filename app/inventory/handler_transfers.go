package inventory

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

// CreateTransfer implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) CreateTransfer(ctx context.Context, req *inventoryv1.CreateTransferRequest) (*inventoryv1.CreateTransferResponse, error) {
	n := Transfer{FromBranchID: req.GetFromBranchId(), ID: req.GetTransferId(), Note: req.GetNote(), ToBranchID: req.GetToBranchId()}
	for i, item := range req.GetItems() {
		wanted, err := quantity.FromWire(fmt.Sprintf("items[%d].quantity", i), item.GetQuantity())
		if err != nil {
			return nil, err
		}
		n.Lines = append(n.Lines, TransferLine{ItemID: item.GetItemId(), Quantity: wanted})
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.CreateTransferResponse, error) {
		t, err := h.service.CreateTransfer(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		return &inventoryv1.CreateTransferResponse{Transfer: transferToProto(&t)}, nil
	})
}

// ApproveTransfer implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ApproveTransfer(ctx context.Context, req *inventoryv1.ApproveTransferRequest) (*inventoryv1.ApproveTransferResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.ApproveTransferResponse, error) {
		t, err := h.service.ApproveTransfer(ctx, tx, req.GetTransferId())
		if err != nil {
			return nil, err
		}
		return &inventoryv1.ApproveTransferResponse{Transfer: transferToProto(&t)}, nil
	})
}

// SendTransfer implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) SendTransfer(ctx context.Context, req *inventoryv1.SendTransferRequest) (*inventoryv1.SendTransferResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.SendTransferResponse, error) {
		t, err := h.service.SendTransfer(ctx, tx, req.GetTransferId())
		if err != nil {
			return nil, err
		}
		return &inventoryv1.SendTransferResponse{Transfer: transferToProto(&t)}, nil
	})
}

// ReceiveTransfer implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ReceiveTransfer(ctx context.Context, req *inventoryv1.ReceiveTransferRequest) (*inventoryv1.ReceiveTransferResponse, error) {
	arrivals := make([]Arrival, len(req.GetItems()))
	for i, item := range req.GetItems() {
		arrived, err := quantity.FromWire(fmt.Sprintf("items[%d].quantity", i), item.GetQuantity())
		if err != nil {
			return nil, err
		}
		arrivals[i] = Arrival{ItemID: item.GetItemId(), Quantity: arrived}
	}
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.ReceiveTransferResponse, error) {
		t, err := h.service.ReceiveTransfer(ctx, tx, req.GetTransferId(), arrivals, req.GetComplete())
		if err != nil {
			return nil, err
		}
		return &inventoryv1.ReceiveTransferResponse{Transfer: transferToProto(&t)}, nil
	})
}

// CancelTransfer implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) CancelTransfer(ctx context.Context, req *inventoryv1.CancelTransferRequest) (*inventoryv1.CancelTransferResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*inventoryv1.CancelTransferResponse, error) {
		t, err := h.service.CancelTransfer(ctx, tx, req.GetTransferId())
		if err != nil {
			return nil, err
		}
		return &inventoryv1.CancelTransferResponse{Transfer: transferToProto(&t)}, nil
	})
}

// GetTransfer implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) GetTransfer(ctx context.Context, req *inventoryv1.GetTransferRequest) (*inventoryv1.GetTransferResponse, error) {
	t, err := h.service.GetTransfer(ctx, h.db, req.GetTransferId())
	if err != nil {
		return nil, err
	}
	return &inventoryv1.GetTransferResponse{Transfer: transferToProto(&t)}, nil
}

// ListTransfers implements [inventoryv1connect.InventoryServiceHandler].
func (h *Handler) ListTransfers(ctx context.Context, req *inventoryv1.ListTransfersRequest) (*inventoryv1.ListTransfersResponse, error) {
	before, err := page.Decode(req.GetPageToken(), transferCursor{CreatedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	found, err := h.service.ListTransfers(ctx, h.db, req.GetBranchId(), transferStatusFromProto(req.GetStatus()), before, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(t Transfer) transferCursor { return transferCursor{CreatedAt: t.CreatedAt, ID: t.ID} })
	resp := &inventoryv1.ListTransfersResponse{NextPageToken: next}
	for i := range found {
		resp.Transfers = append(resp.Transfers, transferToProto(&found[i]))
	}
	return resp, nil
}
