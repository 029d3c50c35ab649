package inventory

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

func itemFromProto(p *inventoryv1.Item) Item {
	return Item{Active: p.GetActive(), BaseUnit: p.GetBaseUnit(), ID: p.GetId(), Name: p.GetName()}
}

func itemToProto(item Item) *inventoryv1.Item {
	return &inventoryv1.Item{Id: item.ID, Name: item.Name, BaseUnit: item.BaseUnit, Active: item.Active}
}

func openingFromProto(r *inventoryv1.AddBatchRequest) (OpeningStock, error) {
	received, err := quantity.FromWire("quantity", r.GetQuantity())
	if err != nil {
		return OpeningStock{}, err
	}
	unitCost, err := quantity.CostFromWire("unit_cost", r.GetUnitCost())
	if err != nil {
		return OpeningStock{}, err
	}
	var expiresOn civil.Date
	if err := expiresOn.UnmarshalText([]byte(r.GetExpiresOn())); err != nil {
		return OpeningStock{}, fault.Invalid("expires_on", "must be a date of the form YYYY-MM-DD")
	}
	return OpeningStock{
		BranchID:   r.GetBranchId(),
		ExpiresOn:  expiresOn,
		ItemID:     r.GetItemId(),
		Quantity:   received,
		ReceivedAt: timeFromProto(r.GetReceivedAt()),
		UnitCost:   unitCost,
	}, nil
}

func batchToProto(b *stock.Batch) *inventoryv1.Batch {
	return &inventoryv1.Batch{
		Id:                b.ID,
		BranchId:          b.BranchID,
		ItemId:            b.ItemID,
		ReceivedQuantity:  quantity.ToWire(b.Received),
		RemainingQuantity: quantity.ToWire(b.Remaining),
		UnitCost:          quantity.CostToWire(b.UnitCost),
		ReceivedAt:        timestamppb.New(b.ReceivedAt),
		ExpiresOn:         b.ExpiresOn.String(),
	}
}

func levelToProto(branchID string, l *Level) *inventoryv1.StockLevel {
	return &inventoryv1.StockLevel{
		BranchId: branchID,
		ItemId:   l.ItemID,
		ItemName: l.ItemName,
		BaseUnit: l.BaseUnit,
		OnHand:   quantity.ToWire(l.OnHand),
		Value:    l.Value,
	}
}

func newWastageFromProto(r *inventoryv1.RecordWastageRequest) (NewWastage, error) {
	wasted, err := quantity.FromWire("quantity", r.GetQuantity())
	if err != nil {
		return NewWastage{}, err
	}
	return NewWastage{
		BranchID: r.GetBranchId(),
		ID:       r.GetWastageId(),
		ItemID:   r.GetItemId(),
		Quantity: wasted,
		Reason:   r.GetReason(),
		WastedAt: timeFromProto(r.GetWastedAt()),
	}, nil
}

func wastageToProto(w *Wastage) *inventoryv1.Wastage {
	return &inventoryv1.Wastage{
		Id:           w.ID,
		BranchId:     w.BranchID,
		ItemId:       w.ItemID,
		Quantity:     quantity.ToWire(w.Quantity),
		Cost:         w.Cost,
		Reason:       w.Reason,
		BusinessDate: w.BusinessDate.String(),
		WastedAt:     timestamppb.New(w.WastedAt),
		RecordedBy:   w.RecordedBy,
	}
}

// timeFromProto cuts to microseconds: PostgreSQL keeps no more, and a resend must find the instant that it sent.
func timeFromProto(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return given(t.AsTime().Truncate(time.Microsecond))
}

// given keeps Go's zero time, which a client may send too, from being taken for an absent one.
func given(t time.Time) time.Time {
	if t.IsZero() {
		return t.Add(time.Microsecond)
	}
	return t
}
