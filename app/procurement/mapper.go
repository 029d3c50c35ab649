package procurement

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

var statusToProto = map[Status]procurementv1.PurchaseOrderStatus{
	StatusApproved:          procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_APPROVED,
	StatusCancelled:         procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_CANCELLED,
	StatusClosedShort:       procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_CLOSED_SHORT,
	StatusDraft:             procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_DRAFT,
	StatusPartiallyReceived: procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_PARTIALLY_RECEIVED,
	StatusPlaced:            procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_PLACED,
	StatusReceived:          procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_RECEIVED,
	StatusSubmitted:         procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_SUBMITTED,
}

var actionToProto = map[Action]procurementv1.PurchaseOrderAction{
	ActionApproved:    procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_APPROVED,
	ActionCancelled:   procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_CANCELLED,
	ActionClosedShort: procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_CLOSED_SHORT,
	ActionCreated:     procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_CREATED,
	ActionPlaced:      procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_PLACED,
	ActionReceived:    procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_RECEIVED,
	ActionSubmitted:   procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_SUBMITTED,
	ActionUpdated:     procurementv1.PurchaseOrderAction_PURCHASE_ORDER_ACTION_UPDATED,
}

// statusFromProto returns the empty status, which as a filter means any, for UNSPECIFIED.
func statusFromProto(p procurementv1.PurchaseOrderStatus) Status {
	for status, known := range statusToProto {
		if known == p {
			return status
		}
	}
	return ""
}

// What a supplier has where nothing else is said.
const (
	defaultPriceToleranceBP = 200
	defaultReviewPeriodDays = 1
)

func supplierFromProto(p *procurementv1.Supplier) Supplier {
	s := Supplier{
		Email: p.GetEmail(), ID: p.GetId(), LeadTimeDays: p.GetLeadTimeDays(), Name: p.GetName(), PriceToleranceBP: defaultPriceToleranceBP,
		QuantityToleranceBP: p.GetQuantityToleranceBp(), ReviewPeriodDays: defaultReviewPeriodDays, Terms: p.GetTerms(),
	}
	if p.PriceToleranceBp != nil {
		s.PriceToleranceBP = p.GetPriceToleranceBp()
	}
	if p.ReviewPeriodDays != nil {
		s.ReviewPeriodDays = p.GetReviewPeriodDays()
	}
	return s
}

func supplierToProto(s Supplier) *procurementv1.Supplier {
	return &procurementv1.Supplier{
		Id: s.ID, Name: s.Name, Email: s.Email, LeadTimeDays: s.LeadTimeDays, PriceToleranceBp: &s.PriceToleranceBP, ReviewPeriodDays: &s.ReviewPeriodDays,
		Terms: s.Terms, QuantityToleranceBp: s.QuantityToleranceBP,
	}
}

func newOrderFromProto(r *procurementv1.CreatePurchaseOrderRequest) (NewOrder, error) {
	n := NewOrder{
		BranchID:    r.GetBranchId(),
		Currency:    r.GetCurrency(),
		ID:          r.GetPoId(),
		SupplierID:  r.GetSupplierId(),
		ToleranceBP: r.GetToleranceBp(),
	}
	var err error
	n.Lines, err = linesFromProto(r.GetLines())
	return n, err
}

func linesFromProto(wire []*procurementv1.NewPurchaseOrderLine) ([]NewLine, error) {
	var lines []NewLine
	for i, l := range wire {
		ordered, err := quantity.FromWire(fmt.Sprintf("lines[%d].quantity", i), l.GetQuantity())
		if err != nil {
			return nil, err
		}
		unitCost, err := quantity.CostFromWire(fmt.Sprintf("lines[%d].unit_cost", i), l.GetUnitCost())
		if err != nil {
			return nil, err
		}
		lines = append(lines, NewLine{ItemID: l.GetItemId(), Quantity: ordered, UnitCost: unitCost})
	}
	return lines, nil
}

func deliveredFromProto(items []*procurementv1.ReceivedItem) ([]Delivered, error) {
	delivered := make([]Delivered, len(items))
	for i, item := range items {
		received, err := quantity.FromWire(fmt.Sprintf("items[%d].quantity", i), item.GetQuantity())
		if err != nil {
			return nil, err
		}
		d := Delivered{ItemID: item.GetItemId(), Quantity: received}
		if item.GetUnitCost() != "" {
			unitCost, err := quantity.CostFromWire(fmt.Sprintf("items[%d].unit_cost", i), item.GetUnitCost())
			if err != nil {
				return nil, err
			}
			d.UnitCost = &unitCost
		}
		if err := d.ExpiresOn.UnmarshalText([]byte(item.GetExpiresOn())); err != nil {
			return nil, fault.Invalid(fmt.Sprintf("items[%d].expires_on", i), "must be a date of the form YYYY-MM-DD")
		}
		delivered[i] = d
	}
	return delivered, nil
}

func orderToProto(o *Order) *procurementv1.PurchaseOrder {
	p := &procurementv1.PurchaseOrder{
		Id:          o.ID,
		BranchId:    o.BranchID,
		SupplierId:  o.SupplierID,
		Status:      statusToProto[o.Status],
		ToleranceBp: o.ToleranceBP,
		Total:       o.Total,
		Currency:    o.Currency,
		CreatedBy:   o.CreatedBy,
		ApprovedBy:  o.ApprovedBy,
		CreatedAt:   timeToProto(o.CreatedAt),
		PlacedAt:    timeToProto(o.PlacedAt),

		ApprovedAt:   timeToProto(o.ApprovedAt),
		CancelReason: o.CancelReason,
		ClosedAt:     timeToProto(o.ClosedAt),
		GeneratedFor: o.GeneratedFor.String(),
		SubmittedAt:  timeToProto(o.SubmittedAt),
		UpdatedAt:    timeToProto(o.UpdatedAt),
		UpdatedBy:    o.UpdatedBy,
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		p.Lines = append(p.Lines, &procurementv1.PurchaseOrderLine{
			ItemId:           l.ItemID,
			Quantity:         quantity.ToWire(l.Quantity),
			UnitCost:         quantity.CostToWire(l.UnitCost),
			ReceivedQuantity: quantity.ToWire(l.Received),
			Amount:           l.Amount,
		})
	}
	for i := range o.Receipts {
		p.Receipts = append(p.Receipts, receiptToProto(&o.Receipts[i]))
	}
	for _, e := range o.Events {
		p.History = append(p.History, &procurementv1.PurchaseOrderEvent{
			Action: actionToProto[e.Action], Status: statusToProto[e.Status], Actor: e.Actor, Note: e.Note, OccurredAt: timeToProto(e.At),
		})
	}
	return p
}

func receiptToProto(r *Receipt) *procurementv1.Receipt {
	p := &procurementv1.Receipt{
		Id:           r.ID,
		ReceivedBy:   r.ReceivedBy,
		ReceivedAt:   timeToProto(r.ReceivedAt),
		BusinessDate: r.BusinessDate.String(),
		Cost:         r.Cost,
	}
	for _, l := range r.Lines {
		p.Lines = append(p.Lines, &procurementv1.ReceiptLine{
			ItemId:   l.ItemID,
			Quantity: quantity.ToWire(l.Quantity),
			UnitCost: quantity.CostToWire(l.UnitCost),
			BatchId:  l.BatchID,
			Amount:   l.Amount,
		})
	}
	return p
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
