package inventory

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

func adjustmentToProto(a *Adjustment) *inventoryv1.Adjustment {
	return &inventoryv1.Adjustment{
		AdjustedAt:   timestamppb.New(a.AdjustedAt),
		AdjustedBy:   a.AdjustedBy,
		BranchId:     a.BranchID,
		BusinessDate: a.BusinessDate.String(),
		Cost:         a.Cost,
		Id:           a.ID,
		ItemId:       a.ItemID,
		Note:         a.Note,
		Quantity:     quantity.ToWire(a.Quantity),
		Reason:       a.Reason,
	}
}

func usageToProto(u *Usage) (*inventoryv1.UsageVariance, error) {
	cost, err := u.UnexplainedCost()
	if err != nil {
		return nil, err
	}
	p := &inventoryv1.UsageVariance{
		Actual:          quantity.ToWire(u.Actual()),
		Adjusted:        quantity.ToWire(u.Adjusted),
		BaseUnit:        u.Item.BaseUnit,
		Closing:         quantity.ToWire(u.Closing),
		ItemId:          u.Item.ID,
		ItemName:        u.Item.Name,
		Opening:         quantity.ToWire(u.Opening),
		Received:        quantity.ToWire(u.Received),
		Theoretical:     quantity.ToWire(u.Theoretical),
		TransferredIn:   quantity.ToWire(u.TransferredIn),
		TransferredOut:  quantity.ToWire(u.TransferredOut),
		Unexplained:     quantity.ToWire(u.Unexplained()),
		UnexplainedCost: cost,
		Waste:           quantity.ToWire(u.Waste),
	}
	if bp, ok := money.BpDecimal(u.Actual().Sub(u.Theoretical), u.Theoretical); ok {
		p.VarianceBp = &bp
	}
	return p, nil
}

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

func riskToProto(r *Risk) *inventoryv1.StockRisk {
	return &inventoryv1.StockRisk{
		BaseUnit:     r.Item.BaseUnit,
		BatchId:      r.BatchID,
		BranchId:     r.BranchID,
		Cost:         r.Cost,
		ExpiresOn:    r.ExpiresOn.String(),
		ItemId:       r.Item.ID,
		ItemName:     r.Item.Name,
		Quantity:     quantity.ToWire(r.Quantity),
		Reason:       inventoryv1.RiskReason(r.Reason),
		ReorderLevel: quantity.ToWire(r.ReorderLevel),
	}
}

func policyFromProto(field string, p *inventoryv1.StockPolicy) (Policy, error) {
	policy := Policy{BranchID: p.GetBranchId(), ItemID: p.GetItemId()}
	var err error
	if policy.ReorderLevel, err = quantity.FromWire(field+".reorder_level", p.GetReorderLevel()); err != nil {
		return policy, err
	}
	if p.SafetyStock != nil {
		safety, err := quantity.FromWire(field+".safety_stock", p.GetSafetyStock())
		if err != nil {
			return policy, err
		}
		policy.SafetyStock = &safety
	}
	return policy, nil
}

func policyToProto(p *Policy) *inventoryv1.StockPolicy {
	wire := &inventoryv1.StockPolicy{BranchId: p.BranchID, ItemId: p.ItemID, ReorderLevel: quantity.ToWire(p.ReorderLevel)}
	if p.SafetyStock != nil {
		safety := quantity.ToWire(*p.SafetyStock)
		wire.SafetyStock = &safety
	}
	return wire
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
