package procurement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes suppliers, purchase orders and receipts. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// cursor is the last row of a page of orders.
type cursor struct {
	CreatedAt time.Time
	ID        string
}

// insert writes a new order with its lines. It returns false if the id is taken.
func (s store) insert(ctx context.Context, tx postgres.Querier, o *Order) (bool, error) {
	inserted, err := s.queries.PurchaseOrderInsert(ctx, tx, &sqlc.PurchaseOrderInsertParams{
		OrgID: o.OrgID, ID: o.ID, BranchID: o.BranchID, SupplierID: o.SupplierID, Status: string(o.Status), Currency: o.Currency,
		ToleranceBp: o.ToleranceBP, Total: o.Total, CreatedBy: o.CreatedBy, CreatedAt: o.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert purchase order: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	return true, s.insertLines(ctx, tx, o)
}

func (s store) insertLines(ctx context.Context, tx postgres.Querier, o *Order) error {
	p := &sqlc.PurchaseOrderLineInsertParams{OrgID: o.OrgID, PoID: o.ID}
	for i := range o.Lines {
		l := &o.Lines[i]
		p.LineNos = append(p.LineNos, l.No)
		p.ItemIds = append(p.ItemIds, l.ItemID)
		p.Quantities = append(p.Quantities, l.Quantity)
		p.UnitCosts = append(p.UnitCosts, l.UnitCost)
		p.Amounts = append(p.Amounts, l.Amount)
	}
	if err := s.queries.PurchaseOrderLineInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert purchase order lines: %w", err)
	}
	return nil
}

// get reads an order with its lines; lock keeps others from changing it until the transaction ends.
func (s store) get(ctx context.Context, q postgres.Querier, orgID, id string, lock bool) (*Order, error) {
	var row *sqlc.PurchaseOrder
	var err error
	if lock {
		row, err = s.queries.PurchaseOrderLock(ctx, q, &sqlc.PurchaseOrderLockParams{OrgID: orgID, ID: id})
	} else {
		row, err = s.queries.PurchaseOrderGet(ctx, q, &sqlc.PurchaseOrderGetParams{OrgID: orgID, ID: id})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound(id)
	}
	if err != nil {
		return nil, fmt.Errorf("get purchase order: %w", err)
	}
	orders, err := s.withLines(ctx, q, orgID, []*sqlc.PurchaseOrder{row})
	if err != nil {
		return nil, err
	}
	return orders[0], nil
}

// update saves an order without its lines.
func (s store) update(ctx context.Context, tx postgres.Querier, o *Order) error {
	err := s.queries.PurchaseOrderUpdate(ctx, tx, &sqlc.PurchaseOrderUpdateParams{
		OrgID: o.OrgID, ID: o.ID, Status: string(o.Status), Total: o.Total, UpdatedBy: pointer(o.UpdatedBy),
		UpdatedAt: pointer(o.UpdatedAt), ToleranceBp: o.ToleranceBP, ApprovedBy: pointer(o.ApprovedBy), CancelReason: pointer(o.CancelReason),
		SubmittedAt: pointer(o.SubmittedAt), ApprovedAt: pointer(o.ApprovedAt), PlacedAt: pointer(o.PlacedAt), ClosedAt: pointer(o.ClosedAt),
	})
	if err != nil {
		return fmt.Errorf("update purchase order: %w", err)
	}
	return nil
}

// list reads orders by the index that fits: of a branch, of a supplier, or of the organisation.
func (s store) list(ctx context.Context, q postgres.Querier, orgID string, f Filter, before cursor, size int32) ([]*Order, error) {
	var rows []*sqlc.PurchaseOrder
	var err error
	switch {
	case f.BranchID != "":
		rows, err = s.queries.PurchaseOrderListByBranch(ctx, q, &sqlc.PurchaseOrderListByBranchParams{
			OrgID: orgID, BranchID: f.BranchID, Status: string(f.Status), SupplierID: f.SupplierID, CreatedFrom: f.CreatedFrom,
			BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: size,
		})
	case f.SupplierID != "":
		rows, err = s.queries.PurchaseOrderListBySupplier(ctx, q, &sqlc.PurchaseOrderListBySupplierParams{
			OrgID: orgID, SupplierID: f.SupplierID, Status: string(f.Status), CreatedFrom: f.CreatedFrom,
			BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: size,
		})
	default:
		rows, err = s.queries.PurchaseOrderListByOrg(ctx, q, &sqlc.PurchaseOrderListByOrgParams{
			OrgID: orgID, Status: string(f.Status), CreatedFrom: f.CreatedFrom,
			BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: size,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list purchase orders: %w", err)
	}
	return s.withLines(ctx, q, orgID, rows)
}

// withLines reads the lines of all orders at once.
func (s store) withLines(ctx context.Context, q postgres.Querier, orgID string, rows []*sqlc.PurchaseOrder) ([]*Order, error) {
	orders := make([]*Order, len(rows))
	byID := make(map[string]*Order, len(rows))
	poIDs := make([]string, len(rows))
	for i, r := range rows {
		orders[i] = orderFromRow(r)
		byID[r.ID], poIDs[i] = orders[i], r.ID
	}
	lines, err := s.queries.PurchaseOrderLineListByOrders(ctx, q, &sqlc.PurchaseOrderLineListByOrdersParams{OrgID: orgID, PoIds: poIDs})
	if err != nil {
		return nil, fmt.Errorf("list purchase order lines: %w", err)
	}
	for _, l := range lines {
		o := byID[l.PoID]
		o.Lines = append(o.Lines, Line{
			Amount: l.Amount, ItemID: l.ItemID, No: l.LineNo, Quantity: l.Quantity, Received: l.ReceivedQty, UnitCost: l.UnitCost,
		})
	}
	return orders, nil
}

func orderFromRow(r *sqlc.PurchaseOrder) *Order {
	return &Order{
		ApprovedAt: value(r.ApprovedAt), ApprovedBy: value(r.ApprovedBy), BranchID: r.BranchID, CancelReason: value(r.CancelReason),
		ClosedAt: value(r.ClosedAt), CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, Currency: r.Currency, GeneratedFor: value(r.GeneratedFor), ID: r.ID,
		OrgID:    r.OrgID,
		PlacedAt: value(r.PlacedAt), Status: Status(r.Status), SubmittedAt: value(r.SubmittedAt), SupplierID: r.SupplierID,
		ToleranceBP: r.ToleranceBp, Total: r.Total, UpdatedAt: value(r.UpdatedAt), UpdatedBy: value(r.UpdatedBy),
	}
}

// insertEvents adds the same step to the history of orders.
func (s store) insertEvents(ctx context.Context, tx postgres.Querier, orgID string, poIDs []string, e Event) error {
	err := s.queries.PurchaseOrderEventInsert(ctx, tx, &sqlc.PurchaseOrderEventInsertParams{
		OrgID: orgID, PoIds: poIDs, Action: string(e.Action), Status: string(e.Status), Actor: e.Actor, Note: e.Note, OccurredAt: e.At,
	})
	if err != nil {
		return fmt.Errorf("insert purchase order event: %w", err)
	}
	return nil
}

// events reads what happened to an order, oldest first.
func (s store) events(ctx context.Context, q postgres.Querier, orgID, poID string) ([]Event, error) {
	rows, err := s.queries.PurchaseOrderEventList(ctx, q, &sqlc.PurchaseOrderEventListParams{OrgID: orgID, PoID: poID})
	if err != nil {
		return nil, fmt.Errorf("list purchase order events: %w", err)
	}
	events := make([]Event, len(rows))
	for i, r := range rows {
		events[i] = Event{Action: Action(r.Action), Actor: r.Actor, At: r.OccurredAt, Note: r.Note, Status: Status(r.Status)}
	}
	return events, nil
}

// pointer returns nil, SQL's NULL, for the zero value.
func pointer[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
