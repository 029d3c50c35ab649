package orders

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

func lineParams(o *Order, lines []Line) (*sqlc.OrderLineInsertParams, error) {
	p := &sqlc.OrderLineInsertParams{OrgID: o.OrgID, OrderID: o.ID}
	for i := range lines {
		l := &lines[i]
		var modifiers []byte
		if len(l.Modifiers) > 0 {
			var err error
			if modifiers, err = json.Marshal(l.Modifiers); err != nil {
				return nil, fmt.Errorf("encode modifiers: %w", err)
			}
		}
		p.LineNos = append(p.LineNos, l.No)
		p.MenuItemIds = append(p.MenuItemIds, l.MenuItemID)
		p.Names = append(p.Names, l.Name)
		p.Quantities = append(p.Quantities, l.Quantity)
		p.UnitPrices = append(p.UnitPrices, l.UnitPrice)
		p.ModifiersPrices = append(p.ModifiersPrices, l.ModifiersPrice)
		p.Modifiers = append(p.Modifiers, modifiers)
		p.Gross = append(p.Gross, l.Gross)
		p.Discounts = append(p.Discounts, l.Discount)
		p.Comps = append(p.Comps, l.Comp)
		p.TaxRatesBp = append(p.TaxRatesBp, l.TaxRateBP)
		p.Taxes = append(p.Taxes, l.Tax)
		p.Cogs = append(p.Cogs, l.COGS)
		p.TicketNos = append(p.TicketNos, l.TicketNo)
	}
	return p, nil
}

func orderFromRow(r *sqlc.Order) *Order {
	return &Order{
		BranchID: r.BranchID, BusinessDate: value(r.BusinessDate), COGS: r.Cogs, Channel: r.Channel, ClosedAt: value(r.ClosedAt),
		Comp: r.Comp, ContentHash: bytes.Clone(r.ContentHash), Covers: r.Covers, Currency: r.Currency, Discount: r.Discount,
		Gross: r.Gross, ID: r.ID, OpenedAt: r.OpenedAt, OpenedBy: r.OpenedBy, OrderType: r.OrderType, OrgID: r.OrgID, PromotionDiscount: r.PromotionDiscount,
		Refunded: r.Refunded, Status: Status(r.Status), StockShort: r.StockShort, Tax: r.Tax, UpdatedAt: r.UpdatedAt,
		VoidReason: value(r.VoidReason), VoidedAt: value(r.VoidedAt), VoidedBy: value(r.VoidedBy),
	}
}

func lineFromRow(r *sqlc.OrderLine) (Line, error) {
	l := Line{
		COGS: r.Cogs, Comp: r.Comp, Discount: r.Discount, Gross: r.Gross, MenuItemID: r.MenuItemID, ModifiersPrice: r.ModifiersPrice,
		Name: r.Name, No: r.LineNo, Quantity: r.Quantity, Tax: r.Tax, TaxRateBP: r.TaxRateBp, TicketNo: value(r.TicketNo),
		UnitPrice: r.UnitPrice, VoidReason: value(r.VoidReason), VoidedAt: value(r.VoidedAt),
	}
	if r.Modifiers != nil {
		if err := json.Unmarshal(r.Modifiers, &l.Modifiers); err != nil {
			return Line{}, fmt.Errorf("decode modifiers of line %d: %w", r.LineNo, err)
		}
	}
	return l, nil
}

func nullDate(d civil.Date) *civil.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// value returns what p points at, the zero value for nil.
func value[T civil.Date | decimal.Decimal | int32 | string | time.Time](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
