package inventory

import (
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

var transferStatuses = map[TransferStatus]inventoryv1.TransferStatus{
	TransferApproved:  inventoryv1.TransferStatus_TRANSFER_STATUS_APPROVED,
	TransferCancelled: inventoryv1.TransferStatus_TRANSFER_STATUS_CANCELLED,
	TransferDraft:     inventoryv1.TransferStatus_TRANSFER_STATUS_DRAFT,
	TransferInTransit: inventoryv1.TransferStatus_TRANSFER_STATUS_IN_TRANSIT,
	TransferReceived:  inventoryv1.TransferStatus_TRANSFER_STATUS_RECEIVED,
}

func transferStatusFromProto(wanted inventoryv1.TransferStatus) TransferStatus {
	for status, wire := range transferStatuses {
		if wire == wanted {
			return status
		}
	}
	return ""
}

func transferToProto(t *Transfer) *inventoryv1.Transfer {
	p := &inventoryv1.Transfer{
		ApprovedAt:   timeToProto(t.ApprovedAt),
		ApprovedBy:   t.ApprovedBy,
		ClosedAt:     timeToProto(t.ClosedAt),
		ClosedBy:     t.ClosedBy,
		CreatedAt:    timeToProto(t.CreatedAt),
		CreatedBy:    t.CreatedBy,
		FromBranchId: t.FromBranchID,
		Id:           t.ID,
		Note:         t.Note,
		SentAt:       timeToProto(t.SentAt),
		SentBy:       t.SentBy,
		Status:       transferStatuses[t.Status],
		ToBranchId:   t.ToBranchID,
	}
	for _, l := range t.Lines {
		p.Lines = append(p.Lines, &inventoryv1.TransferLine{
			Cost:     l.Cost,
			ItemId:   l.ItemID,
			LineNo:   l.No,
			Lost:     quantity.ToWire(l.Lost),
			LostCost: l.LostCost,
			Quantity: quantity.ToWire(l.Quantity),
			Received: quantity.ToWire(l.Received),
		})
	}
	return p
}
