package orders

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
	"github.com/chefcloud/chefcloud/app/promotions"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
)

var statusToProto = map[Status]ordersv1.OrderStatus{
	StatusClosed: ordersv1.OrderStatus_ORDER_STATUS_CLOSED,
	StatusOpen:   ordersv1.OrderStatus_ORDER_STATUS_OPEN,
	StatusReady:  ordersv1.OrderStatus_ORDER_STATUS_READY,
	StatusSent:   ordersv1.OrderStatus_ORDER_STATUS_SENT,
	StatusVoided: ordersv1.OrderStatus_ORDER_STATUS_VOIDED,
}

// statusFromProto has no entry for UNSPECIFIED, which as a filter means any.
var statusFromProto = invert(statusToProto)

var kindToProto = map[AdjustmentKind]ordersv1.AdjustmentKind{
	KindComp:     ordersv1.AdjustmentKind_ADJUSTMENT_KIND_COMP,
	KindDiscount: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_DISCOUNT,
	KindRefund:   ordersv1.AdjustmentKind_ADJUSTMENT_KIND_REFUND,
}

var kindFromProto = invert(kindToProto)

func invert[K, V comparable](m map[K]V) map[V]K {
	inverted := make(map[V]K, len(m))
	for k, v := range m {
		inverted[v] = k
	}
	return inverted
}

func orderToProto(o *Order) *ordersv1.Order {
	p := &ordersv1.Order{
		Id:           o.ID,
		BranchId:     o.BranchID,
		Status:       statusToProto[o.Status],
		Channel:      o.Channel,
		OrderType:    o.OrderType,
		Covers:       o.Covers,
		Currency:     o.Currency,
		BusinessDate: o.BusinessDate.String(),
		Gross:        o.Gross,
		Discount:     o.Discount,
		Comp:         o.Comp,
		Refunded:     o.Refunded,
		Net:          o.Net(),
		Tax:          o.Tax,
		Due:          o.Due(),
		Cogs:         o.COGS,
		StockShort:   o.StockShort,
		OpenedAt:     timeToProto(o.OpenedAt),
		ClosedAt:     timeToProto(o.ClosedAt),
		VoidedAt:     timeToProto(o.VoidedAt),
		VoidReason:   o.VoidReason,

		PromotionDiscount: o.PromotionDiscount,
	}
	for _, a := range o.Promotions {
		p.Promotions = append(p.Promotions, &ordersv1.AppliedPromotion{
			Amount: a.Amount, CouponCode: a.CouponCode, Lines: promotions.LinesToProto(a.Lines), Name: a.Name, PromotionId: a.PromotionID,
		})
	}
	for i := range o.Lines {
		p.Lines = append(p.Lines, lineToProto(&o.Lines[i]))
	}
	for _, a := range o.Adjustments {
		p.Adjustments = append(p.Adjustments, &ordersv1.Adjustment{
			Id:           a.ID,
			Kind:         kindToProto[a.Kind],
			LineNo:       a.LineNo,
			Amount:       a.Amount,
			Tax:          a.Tax,
			Reason:       a.Reason,
			CreatedBy:    a.CreatedBy,
			CreatedAt:    timeToProto(a.CreatedAt),
			BusinessDate: a.BusinessDate.String(),
		})
	}
	for _, t := range o.Tickets {
		p.Tickets = append(p.Tickets, &ordersv1.Ticket{
			TicketNo:      t.No,
			SentAt:        timeToProto(t.SentAt),
			ReadyAt:       timeToProto(t.ReadyAt),
			TargetSeconds: int32(t.Target / time.Second),
		})
	}
	return p
}

func lineToProto(l *Line) *ordersv1.OrderLine {
	p := &ordersv1.OrderLine{
		PromotionDiscount: l.PromotionDiscount,

		LineNo:         l.No,
		MenuItemId:     l.MenuItemID,
		Name:           l.Name,
		Quantity:       quantity.ToWire(l.Quantity),
		UnitPrice:      l.UnitPrice,
		ModifiersPrice: l.ModifiersPrice,
		Gross:          l.Gross,
		Discount:       l.Discount,
		Comp:           l.Comp,
		TaxRateBp:      l.TaxRateBP,
		Tax:            l.Tax,
		Cogs:           l.COGS,
		TicketNo:       l.TicketNo,
		Voided:         !l.VoidedAt.IsZero(),
	}
	for _, m := range l.Modifiers {
		p.Modifiers = append(p.Modifiers, &ordersv1.Modifier{ModifierId: m.ID, Name: m.Name, Price: m.Price})
	}
	return p
}

func newLinesFromProto(lines []*ordersv1.NewLine) ([]NewLine, error) {
	mapped := make([]NewLine, len(lines))
	for i, l := range lines {
		portions, err := portions(i, l.GetQuantity())
		if err != nil {
			return nil, err
		}
		mapped[i] = NewLine{MenuItemID: l.GetMenuItemId(), Modifiers: modifiersFromProto(l.GetModifiers()), Quantity: portions}
	}
	return mapped, nil
}

func portions(line int, wire float64) (decimal.Decimal, error) {
	return quantity.FromWire(fmt.Sprintf("lines[%d].quantity", line), wire)
}

func modifiersFromProto(modifiers []*ordersv1.Modifier) []Modifier {
	var mapped []Modifier
	for _, m := range modifiers {
		mapped = append(mapped, Modifier{ID: m.GetModifierId(), Name: m.GetName(), Price: m.GetPrice()})
	}
	return mapped
}

func newOrderFromProto(r *ordersv1.OpenOrderRequest) (NewOrder, error) {
	lines, err := newLinesFromProto(r.GetLines())
	return NewOrder{
		BranchID:  r.GetBranchId(),
		Channel:   r.GetChannel(),
		Covers:    r.GetCovers(),
		Currency:  r.GetCurrency(),
		ID:        r.GetOrderId(),
		Lines:     lines,
		OrderType: r.GetOrderType(),
	}, err
}

func finishedFromProto(p *ordersv1.IngestOrder) (FinishedOrder, error) {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return FinishedOrder{}, fmt.Errorf("encode order: %w", err)
	}
	hash := sha256.Sum256(content)
	f := FinishedOrder{
		NewOrder: NewOrder{
			BranchID:  p.GetBranchId(),
			Channel:   p.GetChannel(),
			Covers:    p.GetCovers(),
			Currency:  p.GetCurrency(),
			ID:        p.GetOrderId(),
			OrderType: p.GetOrderType(),
		},
		ClosedAt:    timeFromProto(p.GetClosedAt()),
		ContentHash: hash[:],
		OpenedAt:    timeFromProto(p.GetOpenedAt()),
		VoidReason:  p.GetVoidReason(),
		VoidedAt:    timeFromProto(p.GetVoidedAt()),
	}
	for i, l := range p.GetLines() {
		portions, err := portions(i, l.GetQuantity())
		if err != nil {
			return FinishedOrder{}, err
		}
		f.Lines = append(f.Lines, NewLine{
			MenuItemID: l.GetMenuItemId(), Modifiers: modifiersFromProto(l.GetModifiers()), Quantity: portions,
			TaxRateBP: l.TaxRateBp, UnitPrice: l.UnitPrice,
		})
	}
	for _, a := range p.GetAdjustments() {
		f.Adjustments = append(f.Adjustments, FinishedAdjustment{
			Amount: a.GetAmount(), At: timeFromProto(a.GetAt()), Kind: kindFromProto[a.GetKind()], LineNo: a.GetLineNo(), Reason: a.GetReason(),
		})
	}
	for _, t := range p.GetTickets() {
		f.Tickets = append(f.Tickets, Ticket{ReadyAt: timeFromProto(t.GetReadyAt()), SentAt: timeFromProto(t.GetSentAt())})
	}
	return f, nil
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func timeFromProto(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return given(t.AsTime())
}

// given keeps Go's zero time, which a client may send too, from being taken for an absent one.
func given(t time.Time) time.Time {
	if t.IsZero() {
		return t.Add(time.Microsecond)
	}
	return t
}
