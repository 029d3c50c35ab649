package procurement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/fault"
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

func (s store) upsertSupplier(ctx context.Context, tx postgres.Querier, orgID string, supplier Supplier, now time.Time) error {
	err := s.queries.SupplierUpsert(ctx, tx, &sqlc.SupplierUpsertParams{
		OrgID: orgID, ID: supplier.ID, Name: supplier.Name, Email: supplier.Email, LeadTimeDays: supplier.LeadTimeDays,
		ReviewPeriodDays: supplier.ReviewPeriodDays, PriceToleranceBp: supplier.PriceToleranceBP, Terms: supplier.Terms, Now: now,
	})
	if err != nil {
		return fmt.Errorf("upsert supplier: %w", err)
	}
	return nil
}

func (s store) supplierExists(ctx context.Context, q postgres.Querier, orgID, id string) (bool, error) {
	exists, err := s.queries.SupplierExists(ctx, q, &sqlc.SupplierExistsParams{OrgID: orgID, ID: id})
	if err != nil {
		return false, fmt.Errorf("look for supplier: %w", err)
	}
	return exists, nil
}

func (s store) listSuppliers(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]Supplier, error) {
	rows, err := s.queries.SupplierList(ctx, q, &sqlc.SupplierListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list suppliers: %w", err)
	}
	suppliers := make([]Supplier, len(rows))
	for i, r := range rows {
		suppliers[i] = supplierFromRow(r)
	}
	return suppliers, nil
}

func (s store) getSupplier(ctx context.Context, q postgres.Querier, orgID, id string) (Supplier, error) {
	row, err := s.queries.SupplierGet(ctx, q, &sqlc.SupplierGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Supplier{}, fault.NotFound("supplier", id)
	}
	if err != nil {
		return Supplier{}, fmt.Errorf("get supplier: %w", err)
	}
	return supplierFromRow(row), nil
}

func supplierFromRow(r *sqlc.Supplier) Supplier {
	return Supplier{
		Email: r.Email, ID: r.ID, LeadTimeDays: r.LeadTimeDays, Name: r.Name, PriceToleranceBP: r.PriceToleranceBp, ReviewPeriodDays: r.ReviewPeriodDays,
		Terms: r.Terms,
	}
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

// update saves an order's state. Lines change by receipts only.
func (s store) update(ctx context.Context, tx postgres.Querier, o *Order) error {
	err := s.queries.PurchaseOrderUpdate(ctx, tx, &sqlc.PurchaseOrderUpdateParams{
		OrgID: o.OrgID, ID: o.ID, Status: string(o.Status), ApprovedBy: pointer(o.ApprovedBy), CancelReason: pointer(o.CancelReason),
		SubmittedAt: pointer(o.SubmittedAt), ApprovedAt: pointer(o.ApprovedAt), PlacedAt: pointer(o.PlacedAt), ClosedAt: pointer(o.ClosedAt),
	})
	if err != nil {
		return fmt.Errorf("update purchase order: %w", err)
	}
	return nil
}

// list reads orders of a branch, of the organisation if the filter has none.
func (s store) list(ctx context.Context, q postgres.Querier, orgID string, f Filter, before cursor, size int32) ([]*Order, error) {
	var rows []*sqlc.PurchaseOrder
	var err error
	if f.BranchID == "" {
		rows, err = s.queries.PurchaseOrderListByOrg(ctx, q, &sqlc.PurchaseOrderListByOrgParams{
			OrgID: orgID, Status: string(f.Status), SupplierID: f.SupplierID, CreatedFrom: f.CreatedFrom, BeforeCreatedAt: before.CreatedAt,
			BeforeID: before.ID, PageSize: size,
		})
	} else {
		rows, err = s.queries.PurchaseOrderListByBranch(ctx, q, &sqlc.PurchaseOrderListByBranchParams{
			OrgID: orgID, BranchID: f.BranchID, Status: string(f.Status), SupplierID: f.SupplierID, CreatedFrom: f.CreatedFrom,
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
		ToleranceBP: r.ToleranceBp, Total: r.Total,
	}
}

// insertReceipt writes a receipt and adds what came to the order's lines.
func (s store) insertReceipt(ctx context.Context, tx postgres.Querier, o *Order, r *Receipt) error {
	err := s.queries.PurchaseReceiptInsert(ctx, tx, &sqlc.PurchaseReceiptInsertParams{
		OrgID: o.OrgID, ID: r.ID, PoID: o.ID, BranchID: r.BranchID, ReceivedBy: r.ReceivedBy, RecordedBy: r.RecordedBy,
		BusinessDate: r.BusinessDate, ReceivedAt: r.ReceivedAt, Cost: r.Cost,
	})
	if err != nil {
		return fmt.Errorf("insert receipt: %w", err)
	}
	numbers := make(map[string]int32, len(o.Lines))
	for i := range o.Lines {
		numbers[o.Lines[i].ItemID] = o.Lines[i].No
	}
	lines := &sqlc.PurchaseReceiptLineInsertParams{OrgID: o.OrgID, ReceiptID: r.ID}
	received := &sqlc.PurchaseOrderLineReceiveParams{OrgID: o.OrgID, PoID: o.ID}
	for _, l := range r.Lines {
		lines.LineNos = append(lines.LineNos, l.No)
		lines.ItemIds = append(lines.ItemIds, l.ItemID)
		lines.Quantities = append(lines.Quantities, l.Quantity)
		lines.UnitCosts = append(lines.UnitCosts, l.UnitCost)
		lines.BatchIds = append(lines.BatchIds, l.BatchID)
		lines.Amounts = append(lines.Amounts, l.Amount)
		received.LineNos = append(received.LineNos, numbers[l.ItemID])
		received.Quantities = append(received.Quantities, l.Quantity)
	}
	if err := s.queries.PurchaseReceiptLineInsert(ctx, tx, lines); err != nil {
		return fmt.Errorf("insert receipt lines: %w", err)
	}
	if err := s.queries.PurchaseOrderLineReceive(ctx, tx, received); err != nil {
		return fmt.Errorf("add to purchase order lines: %w", err)
	}
	return nil
}

// receipts reads the receipts of an order with their lines, oldest first.
func (s store) receipts(ctx context.Context, q postgres.Querier, orgID, poID string) ([]Receipt, error) {
	rows, err := s.queries.PurchaseReceiptList(ctx, q, &sqlc.PurchaseReceiptListParams{OrgID: orgID, PoID: poID})
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	receipts := make([]Receipt, len(rows))
	index := make(map[string]int, len(rows))
	for i, r := range rows {
		index[r.ID] = i
		receipts[i] = Receipt{
			BranchID: r.BranchID, BusinessDate: r.BusinessDate, Cost: r.Cost, ID: r.ID, ReceivedAt: r.ReceivedAt, ReceivedBy: r.ReceivedBy,
			RecordedBy: r.RecordedBy,
		}
	}
	lines, err := s.queries.PurchaseReceiptLineList(ctx, q, &sqlc.PurchaseReceiptLineListParams{OrgID: orgID, PoID: poID})
	if err != nil {
		return nil, fmt.Errorf("list receipt lines: %w", err)
	}
	for _, l := range lines {
		r := &receipts[index[l.ReceiptID]]
		r.Lines = append(r.Lines, ReceiptLine{
			Amount: l.Amount, BatchID: l.BatchID, ItemID: l.ItemID, No: l.LineNo, Quantity: l.Quantity, UnitCost: l.UnitCost,
		})
	}
	return receipts, nil
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
