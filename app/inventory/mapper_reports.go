package inventory

import (
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
