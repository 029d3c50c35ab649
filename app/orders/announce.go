package orders

import (
	"context"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
)

// announce writes the events that somebody listens to. Where nobody does, the branch has told so and nothing is asked.
func (s *Service) announce(ctx context.Context, tx postgres.Querier, b branch.Branch, events ...outgoing.Event) error {
	events = slices.DeleteFunc(events, func(e outgoing.Event) bool { return !outgoing.Wanted(b.WebhookEvents, e.Type) })
	return s.emitter.Emit(ctx, tx, b.OrgID, events...)
}

func closedEvent(o *Order) outgoing.Event {
	return outgoing.Event{At: o.ClosedAt, BranchID: o.BranchID, Data: orderToEvent(o), Type: outgoing.TypeOrderClosed}
}

func voidedEvent(o *Order) outgoing.Event {
	return outgoing.Event{At: o.VoidedAt, BranchID: o.BranchID, Data: orderToEvent(o), Type: outgoing.TypeOrderVoided}
}

func refundedEvent(o *Order, a Adjustment) outgoing.Event {
	return outgoing.Event{At: a.CreatedAt, BranchID: o.BranchID, Type: outgoing.TypeOrderRefunded, Data: outgoing.Refund{
		OrderID: o.ID, RefundID: a.ID, BranchID: o.BranchID, BusinessDate: a.BusinessDate, Currency: o.Currency, Amount: a.Amount, Tax: a.Tax,
		Refunded: o.Refunded, Net: o.Net(), Reason: a.Reason, RefundedAt: a.CreatedAt.UTC(),
	}}
}

// ingestedEvents are what happened to an order before a terminal handed it over. They tell how the order is now.
func ingestedEvents(o *Order) []outgoing.Event {
	var events []outgoing.Event
	if !o.ClosedAt.IsZero() {
		events = append(events, closedEvent(o))
	}
	for _, a := range o.Adjustments {
		if a.Kind == KindRefund {
			events = append(events, refundedEvent(o, a))
		}
	}
	if !o.VoidedAt.IsZero() {
		events = append(events, voidedEvent(o))
	}
	return events
}

func orderToEvent(o *Order) outgoing.Order {
	e := outgoing.Order{
		OrderID: o.ID, BranchID: o.BranchID, BusinessDate: o.BusinessDate, Status: string(o.Status), Channel: o.Channel, OrderType: o.OrderType,
		Covers: o.Covers, Currency: o.Currency, Gross: o.Gross, Discount: o.Discount, Comp: o.Comp, Refunded: o.Refunded, Net: o.Net(), Tax: o.Tax,
		Due: o.Due(), COGS: o.COGS, OpenedAt: o.OpenedAt.UTC(), ClosedAt: instant(o.ClosedAt), VoidedAt: instant(o.VoidedAt), VoidReason: o.VoidReason,
		Lines: []outgoing.OrderLine{},
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.VoidedAt.IsZero() {
			e.Lines = append(e.Lines, outgoing.OrderLine{
				LineNo: l.No, MenuItemID: l.MenuItemID, Name: l.Name, Quantity: l.Quantity, UnitPrice: l.UnitPrice, Gross: l.Gross, Discount: l.Discount,
				Comp: l.Comp, Tax: l.Tax,
			})
		}
	}
	return e
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
