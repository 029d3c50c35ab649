package inventory

import (
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

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
