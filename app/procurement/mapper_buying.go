package procurement

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

func supplierItemFromProto(field string, p *procurementv1.SupplierItem) (SupplierItem, error) {
	i := SupplierItem{Discontinued: p.GetDiscontinued(), ItemID: p.GetItemId(), Preferred: p.GetPreferred(), ShelfDays: p.GetShelfDays()}
	var err error
	if i.UnitCost, err = quantity.CostFromWire(field+".unit_cost", p.GetUnitCost()); err != nil {
		return i, err
	}
	if i.PackSize, err = quantity.FromWire(field+".pack_size", p.GetPackSize()); err != nil {
		return i, err
	}
	i.MinOrderQuantity, err = quantity.FromWire(field+".min_order_quantity", p.GetMinOrderQuantity())
	return i, err
}

func supplierItemToProto(i *SupplierItem) *procurementv1.SupplierItem {
	return &procurementv1.SupplierItem{
		Discontinued: i.Discontinued, ItemId: i.ItemID, MinOrderQuantity: quantity.ToWire(i.MinOrderQuantity), PackSize: quantity.ToWire(i.PackSize),
		Preferred: i.Preferred, ShelfDays: i.ShelfDays, SupplierId: i.SupplierID, UnitCost: quantity.CostToWire(i.UnitCost),
	}
}

var strategies = map[Strategy]procurementv1.SuggestionStrategy{
	StrategyForecast:    procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_FORECAST,
	StrategySafetyStock: procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_SAFETY_STOCK,
}

func strategyFromProto(p procurementv1.SuggestionStrategy) Strategy {
	if p == procurementv1.SuggestionStrategy_SUGGESTION_STRATEGY_FORECAST {
		return StrategyForecast
	}
	return StrategySafetyStock
}

func suggestionToProto(s *Suggestion) *procurementv1.Suggestion {
	p := &procurementv1.Suggestion{
		BaseUnit:         s.BaseUnit,
		BranchId:         s.BranchID,
		Committed:        quantity.ToWire(s.Committed),
		Cost:             s.Cost,
		CoverDemand:      quantity.ToWire(s.Cover.Round(quantity.Places)),
		DailyDemand:      quantity.ToWire(s.Daily.Round(quantity.Places)),
		InTransit:        quantity.ToWire(s.InTransit),
		ItemId:           s.ItemID,
		ItemName:         s.ItemName,
		LeadDemand:       quantity.ToWire(s.Lead.Round(quantity.Places)),
		LeadTimeDays:     s.LeadTimeDays,
		MinOrderQuantity: quantity.ToWire(s.MinOrderQuantity),
		Need:             quantity.ToWire(s.Need.Round(quantity.Places)),
		ObservedDays:     s.Use.Days,
		OnHand:           quantity.ToWire(s.OnHand),
		OnOrder:          quantity.ToWire(s.OnOrder),
		PackSize:         quantity.ToWire(s.PackSize),
		Packs:            s.Packs,
		Par:              quantity.ToWire(s.Par.Round(quantity.Places)),
		Position:         quantity.ToWire(s.Sum()),
		Quantity:         quantity.ToWire(s.Quantity),
		ReorderLevel:     quantity.ToWire(s.ReorderLevel),
		ReorderPoint:     quantity.ToWire(s.ReorderPoint.Round(quantity.Places)),
		ReviewPeriodDays: s.ReviewPeriodDays,
		SafetyStock:      quantity.ToWire(s.Safety),
		ShelfDays:        s.ShelfDays,
		Strategy:         strategies[s.Strategy],
		SupplierId:       s.SupplierID,
		SupplierName:     s.SupplierName,
		UseDeviation:     quantity.ToWire(decimal.NewFromFloat(s.Use.Deviation()).Round(quantity.Places)),
		Warnings:         s.Warnings,
	}
	if s.SupplierID != "" {
		p.UnitCost = quantity.CostToWire(s.UnitCost)
	}
	return p
}

func billedFromProto(items []*procurementv1.BilledItem) ([]Billed, error) {
	billed := make([]Billed, len(items))
	for i, item := range items {
		billed[i].ItemID = item.GetItemId()
		var err error
		if billed[i].Quantity, err = quantity.FromWire(fmt.Sprintf("items[%d].quantity", i), item.GetQuantity()); err != nil {
			return nil, err
		}
		if billed[i].UnitCost, err = quantity.CostFromWire(fmt.Sprintf("items[%d].unit_cost", i), item.GetUnitCost()); err != nil {
			return nil, err
		}
	}
	return billed, nil
}

var matchStatuses = map[MatchStatus]procurementv1.MatchStatus{
	MatchHold:    procurementv1.MatchStatus_MATCH_STATUS_HOLD,
	MatchMatched: procurementv1.MatchStatus_MATCH_STATUS_MATCHED,
}

func matchStatusFromProto(p procurementv1.MatchStatus) MatchStatus {
	for status, wire := range matchStatuses {
		if wire == p {
			return status
		}
	}
	return ""
}

func invoiceToProto(v *Invoice) *procurementv1.SupplierInvoice {
	p := &procurementv1.SupplierInvoice{
		Billed: v.Billed, BranchId: v.BranchID, Disputed: v.Billed - v.Payable, Id: v.ID, InvoiceNumber: v.Number,
		MatchedAt: timeToProto(v.MatchedAt), MatchedBy: v.MatchedBy, Payable: v.Payable, PoId: v.OrderID,
		PriceToleranceBp: v.Tolerances.PriceBP, QuantityToleranceBp: v.Tolerances.QuantityBP,
		RecordedAt: timeToProto(v.RecordedAt), RecordedBy: v.RecordedBy, Status: matchStatuses[v.Status], SupplierId: v.SupplierID,
	}
	for _, m := range v.Lines {
		line := &procurementv1.InvoiceMatch{
			BilledCost: quantity.CostToWire(m.BilledCost), BilledQuantity: quantity.ToWire(m.BilledQuantity), DisputedPrice: m.DisputedPrice,
			DisputedQuantity: m.DisputedQuantity, ItemId: m.ItemID, OrderedCost: quantity.CostToWire(m.OrderedCost),
			OrderedQuantity: quantity.ToWire(m.OrderedQuantity), Payable: m.Payable, PayableQuantity: quantity.ToWire(m.PayableQuantity),
			QuantityDifference: quantity.ToWire(m.BilledQuantity.Sub(m.ReceivedQuantity)),
			Reasons:            m.Reasons(), ReceivedQuantity: quantity.ToWire(m.ReceivedQuantity),
		}
		if bp, ok := m.PriceBP(); ok {
			line.PriceDifferenceBp = &bp
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

func differenceToProto(d *PriceDifference) *procurementv1.PriceDifference {
	p := &procurementv1.PriceDifference{
		Difference: d.Received - d.Ordered, ItemId: d.ItemID, Ordered: d.Ordered, Quantity: quantity.ToWire(d.Quantity), Received: d.Received,
		SupplierId: d.SupplierID, SupplierName: d.SupplierName, ItemName: d.ItemName, BaseUnit: d.BaseUnit,
	}
	if bp, ok := money.Bp(d.Received-d.Ordered, d.Ordered); ok {
		p.DifferenceBp = &bp
	}
	return p
}
