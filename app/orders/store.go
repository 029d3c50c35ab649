package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes orders. Only it knows tables.
type store struct{ queries *sqlc.Queries }

// insert writes a new order with everything in it. It returns false if the id is taken.
func (s store) insert(ctx context.Context, tx postgres.Querier, o *Order) (bool, error) {
	inserted, err := s.queries.OrderInsert(ctx, tx, &sqlc.OrderInsertParams{
		OrgID: o.OrgID, ID: o.ID, BranchID: o.BranchID, Status: string(o.Status), Channel: o.Channel, OrderType: o.OrderType,
		Covers: o.Covers, Currency: o.Currency, BusinessDate: nullDate(o.BusinessDate), Gross: o.Gross, Discount: o.Discount,
		Comp: o.Comp, Refunded: o.Refunded, Tax: o.Tax, Cogs: o.COGS, StockShort: o.StockShort, OpenedBy: o.OpenedBy,
		ContentHash: o.ContentHash, OpenedAt: o.OpenedAt, ClosedAt: nullTime(o.ClosedAt), VoidedAt: nullTime(o.VoidedAt),
		VoidReason: nullText(o.VoidReason), VoidedBy: nullText(o.VoidedBy), UpdatedAt: o.UpdatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert order: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	return true, s.insertParts(ctx, tx, o, o.Lines, o.Adjustments, o.Tickets)
}

// get reads an order whole; lock keeps others from changing it until the transaction ends.
func (s store) get(ctx context.Context, q postgres.Querier, orgID, id string, lock bool) (*Order, error) {
	var row *sqlc.Order
	var err error
	if lock {
		row, err = s.queries.OrderLock(ctx, q, &sqlc.OrderLockParams{OrgID: orgID, ID: id})
	} else {
		row, err = s.queries.OrderGet(ctx, q, &sqlc.OrderGetParams{OrgID: orgID, ID: id})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFound("order", id)
	}
	if err != nil {
		return nil, fmt.Errorf("get order: %w", err)
	}
	o := orderFromRow(row)
	lines, err := s.queries.OrderLineList(ctx, q, &sqlc.OrderLineListParams{OrgID: orgID, OrderID: id})
	if err != nil {
		return nil, fmt.Errorf("list order lines: %w", err)
	}
	for _, l := range lines {
		line, err := lineFromRow(l)
		if err != nil {
			return nil, err
		}
		o.Lines = append(o.Lines, line)
	}
	adjustments, err := s.queries.OrderAdjustmentList(ctx, q, &sqlc.OrderAdjustmentListParams{OrgID: orgID, OrderID: id})
	if err != nil {
		return nil, fmt.Errorf("list order adjustments: %w", err)
	}
	for _, a := range adjustments {
		o.Adjustments = append(o.Adjustments, Adjustment{
			Amount: a.Amount, BusinessDate: value(a.BusinessDate), CreatedAt: a.CreatedAt, CreatedBy: a.CreatedBy, ID: a.ID,
			Kind: AdjustmentKind(a.Kind), LineNo: value(a.LineNo), Reason: a.Reason, RestockedCOGS: a.RestockedCogs, Tax: a.Tax,
		})
	}
	tickets, err := s.queries.OrderTicketList(ctx, q, &sqlc.OrderTicketListParams{OrgID: orgID, OrderID: id})
	if err != nil {
		return nil, fmt.Errorf("list order tickets: %w", err)
	}
	for _, t := range tickets {
		o.Tickets = append(o.Tickets, Ticket{
			No: t.TicketNo, ReadyAt: value(t.ReadyAt), SentAt: t.SentAt, Target: time.Duration(t.TargetSeconds) * time.Second,
		})
	}
	if o.PromotionDiscount > 0 {
		return o, s.addPromotions(ctx, q, o)
	}
	return o, nil
}

// addPromotions reads what promotions took off.
func (s store) addPromotions(ctx context.Context, q postgres.Querier, o *Order) error {
	rows, err := s.queries.OrderLinePromotionList(ctx, q, &sqlc.OrderLinePromotionListParams{OrgID: o.OrgID, OrderID: o.ID})
	if err != nil {
		return fmt.Errorf("list promotions of order lines: %w", err)
	}
	for _, r := range rows {
		last := len(o.Promotions) - 1
		if last < 0 || o.Promotions[last].PromotionID != r.PromotionID || o.Promotions[last].CouponCode != r.CouponCode {
			o.Promotions = append(o.Promotions, AppliedPromotion{CouponCode: r.CouponCode, Name: r.Name, PromotionID: r.PromotionID})
			last++
		}
		o.Promotions[last].Amount += r.Amount
		o.Promotions[last].Lines = append(o.Promotions[last].Lines, pricing.LineDiscount{Amount: r.Amount, LineNo: r.LineNo})
		o.Lines[r.LineNo-1].PromotionDiscount += r.Amount
	}
	return nil
}

// hash returns the content hash of an order, nil if it wasn't ingested, and whether the order exists.
func (s store) hash(ctx context.Context, q postgres.Querier, orgID, id string) (hash []byte, exists bool, err error) {
	row, err := s.queries.OrderGet(ctx, q, &sqlc.OrderGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("get order: %w", err)
	}
	return row.ContentHash, true, nil
}

// save writes what a change made of an order; before is the order as it was read.
func (s store) save(ctx context.Context, tx postgres.Querier, before, after *Order) error {
	err := s.queries.OrderUpdate(ctx, tx, &sqlc.OrderUpdateParams{
		OrgID: after.OrgID, ID: after.ID, Status: string(after.Status), Covers: after.Covers, BusinessDate: nullDate(after.BusinessDate),
		Gross: after.Gross, Discount: after.Discount, PromotionDiscount: after.PromotionDiscount, Comp: after.Comp, Refunded: after.Refunded, Tax: after.Tax, Cogs: after.COGS,
		StockShort: after.StockShort, ClosedAt: nullTime(after.ClosedAt), VoidedAt: nullTime(after.VoidedAt),
		VoidReason: nullText(after.VoidReason), VoidedBy: nullText(after.VoidedBy), UpdatedAt: after.UpdatedAt,
	})
	if err != nil {
		return fmt.Errorf("update order: %w", err)
	}
	if err := s.saveLines(ctx, tx, before, after); err != nil {
		return err
	}
	if err := s.saveReady(ctx, tx, before, after); err != nil {
		return err
	}
	return s.insertParts(ctx, tx, after,
		after.Lines[len(before.Lines):], after.Adjustments[len(before.Adjustments):], after.Tickets[len(before.Tickets):])
}

func (s store) saveLines(ctx context.Context, tx postgres.Querier, before, after *Order) error {
	p := &sqlc.OrderLineUpdateParams{OrgID: after.OrgID, OrderID: after.ID}
	for i := range before.Lines {
		was, is := &before.Lines[i], &after.Lines[i]
		if was.VoidedAt.IsZero() && !is.VoidedAt.IsZero() {
			err := s.queries.OrderLineVoid(ctx, tx, &sqlc.OrderLineVoidParams{
				OrgID: after.OrgID, OrderID: after.ID, LineNo: is.No, VoidedAt: &is.VoidedAt, VoidReason: &is.VoidReason,
			})
			if err != nil {
				return fmt.Errorf("void order line: %w", err)
			}
		}
		if was.Discount == is.Discount && was.Comp == is.Comp && was.Tax == is.Tax && was.COGS == is.COGS && was.TicketNo == is.TicketNo {
			continue
		}
		p.LineNos = append(p.LineNos, is.No)
		p.Discounts = append(p.Discounts, is.Discount)
		p.Comps = append(p.Comps, is.Comp)
		p.Taxes = append(p.Taxes, is.Tax)
		p.Cogs = append(p.Cogs, is.COGS)
		p.TicketNos = append(p.TicketNos, is.TicketNo)
	}
	if len(p.LineNos) == 0 {
		return nil
	}
	if err := s.queries.OrderLineUpdate(ctx, tx, p); err != nil {
		return fmt.Errorf("update order lines: %w", err)
	}
	return nil
}

func (s store) saveReady(ctx context.Context, tx postgres.Querier, before, after *Order) error {
	p := &sqlc.OrderTicketReadyParams{OrgID: after.OrgID, OrderID: after.ID}
	for i := range before.Tickets {
		if before.Tickets[i].ReadyAt.IsZero() && !after.Tickets[i].ReadyAt.IsZero() {
			p.TicketNos = append(p.TicketNos, after.Tickets[i].No)
			p.ReadyAt = &after.Tickets[i].ReadyAt
		}
	}
	if len(p.TicketNos) == 0 {
		return nil
	}
	if err := s.queries.OrderTicketReady(ctx, tx, p); err != nil {
		return fmt.Errorf("mark order tickets ready: %w", err)
	}
	return nil
}

func (s store) insertParts(ctx context.Context, tx postgres.Querier, o *Order, lines []Line, adjustments []Adjustment, tickets []Ticket) error {
	if len(lines) > 0 {
		p, err := lineParams(o, lines)
		if err != nil {
			return err
		}
		if err := s.queries.OrderLineInsert(ctx, tx, p); err != nil {
			return fmt.Errorf("insert order lines: %w", err)
		}
	}
	if len(adjustments) > 0 {
		p := &sqlc.OrderAdjustmentInsertParams{OrgID: o.OrgID, OrderID: o.ID, BranchID: o.BranchID, CreatedBy: adjustments[0].CreatedBy}
		for _, a := range adjustments {
			p.Ids = append(p.Ids, a.ID)
			p.Kinds = append(p.Kinds, string(a.Kind))
			p.LineNos = append(p.LineNos, a.LineNo)
			p.Amounts = append(p.Amounts, a.Amount)
			p.Taxes = append(p.Taxes, a.Tax)
			p.Reasons = append(p.Reasons, a.Reason)
			p.CreatedAt = append(p.CreatedAt, a.CreatedAt)
			p.BusinessDates = append(p.BusinessDates, a.BusinessDate)
			p.RestockedCogs = append(p.RestockedCogs, a.RestockedCOGS)
		}
		if err := s.queries.OrderAdjustmentInsert(ctx, tx, p); err != nil {
			return fmt.Errorf("insert order adjustments: %w", err)
		}
	}
	if len(tickets) > 0 {
		p := &sqlc.OrderTicketInsertParams{
			OrgID: o.OrgID, OrderID: o.ID, TargetSeconds: int32(tickets[0].Target / time.Second),
		}
		for _, t := range tickets {
			p.TicketNos = append(p.TicketNos, t.No)
			p.SentAt = append(p.SentAt, t.SentAt)
			p.ReadyAt = append(p.ReadyAt, t.ReadyAt)
		}
		if err := s.queries.OrderTicketInsert(ctx, tx, p); err != nil {
			return fmt.Errorf("insert order tickets: %w", err)
		}
	}
	return nil
}

// cursor is the last order of a page.
type cursor struct {
	ID        string    `json:"id"`
	UpdatedAt time.Time `json:"at"`
}

// list returns orders of a branch without their lines, last changed first, after the cursor. An empty status means any.
func (s store) list(ctx context.Context, q postgres.Querier, orgID, branchID string, status Status, after cursor, size int32) ([]*Order, error) {
	var rows []*sqlc.Order
	var err error
	switch status {
	case StatusClosed:
		rows, err = s.queries.OrderListClosed(ctx, q, &sqlc.OrderListClosedParams{
			OrgID: orgID, BranchID: branchID, BeforeUpdatedAt: after.UpdatedAt, BeforeID: after.ID, PageSize: size,
		})
	case "":
		rows, err = s.queries.OrderListAny(ctx, q, &sqlc.OrderListAnyParams{
			OrgID: orgID, BranchID: branchID, BeforeUpdatedAt: after.UpdatedAt, BeforeID: after.ID, PageSize: size,
		})
	default:
		rows, err = s.queries.OrderListActive(ctx, q, &sqlc.OrderListActiveParams{
			OrgID: orgID, BranchID: branchID, Status: string(status), BeforeUpdatedAt: after.UpdatedAt, BeforeID: after.ID, PageSize: size,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	orders := make([]*Order, len(rows))
	for i, row := range rows {
		orders[i] = orderFromRow(row)
	}
	return orders, nil
}
