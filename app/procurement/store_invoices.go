package procurement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// billed returns what an order's invoices but one are paid for, by item.
func (s store) billed(ctx context.Context, q postgres.Querier, orgID, orderID, exceptID string) (map[string]decimal.Decimal, error) {
	rows, err := s.queries.SupplierInvoiceBilledList(ctx, q, &sqlc.SupplierInvoiceBilledListParams{OrgID: orgID, PoID: orderID, ExceptID: exceptID})
	if err != nil {
		return nil, fmt.Errorf("list what was billed: %w", err)
	}
	billed := make(map[string]decimal.Decimal, len(rows))
	for _, r := range rows {
		billed[r.ItemID] = r.Quantity
	}
	return billed, nil
}

// insertInvoice returns false if the supplier's number is known.
func (s store) insertInvoice(ctx context.Context, tx postgres.Querier, orgID string, v *Invoice) (bool, error) {
	inserted, err := s.queries.SupplierInvoiceInsert(ctx, tx, &sqlc.SupplierInvoiceInsertParams{
		OrgID: orgID, ID: v.ID, PoID: v.OrderID, SupplierID: v.SupplierID, BranchID: v.BranchID, InvoiceNumber: v.Number, Status: string(v.Status),
		PriceToleranceBp: v.Tolerances.PriceBP, QuantityToleranceBp: v.Tolerances.QuantityBP, Billed: v.Billed, Payable: v.Payable,
		RecordedBy: v.RecordedBy, RecordedAt: v.RecordedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert invoice: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	return true, s.insertInvoiceLines(ctx, tx, orgID, v)
}

func (s store) insertInvoiceLines(ctx context.Context, tx postgres.Querier, orgID string, v *Invoice) error {
	p := &sqlc.SupplierInvoiceLineInsertParams{OrgID: orgID, InvoiceID: v.ID}
	for i, m := range v.Lines {
		p.LineNos = append(p.LineNos, int32(i)+1)
		p.ItemIds = append(p.ItemIds, m.ItemID)
		p.OrderedQtys = append(p.OrderedQtys, m.OrderedQuantity)
		p.ReceivedQtys = append(p.ReceivedQtys, m.ReceivedQuantity)
		p.BilledQtys = append(p.BilledQtys, m.BilledQuantity)
		p.PayableQtys = append(p.PayableQtys, m.PayableQuantity)
		p.OrderedCosts = append(p.OrderedCosts, m.OrderedCost)
		p.BilledCosts = append(p.BilledCosts, m.BilledCost)
		p.Payables = append(p.Payables, m.Payable)
		p.DisputedQuantities = append(p.DisputedQuantities, m.DisputedQuantity)
		p.DisputedPrices = append(p.DisputedPrices, m.DisputedPrice)
	}
	if err := s.queries.SupplierInvoiceLineInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert invoice lines: %w", err)
	}
	return nil
}

// updateMatch saves what came of comparing an invoice again.
func (s store) updateMatch(ctx context.Context, tx postgres.Querier, orgID string, v *Invoice) error {
	err := s.queries.SupplierInvoiceSetMatch(ctx, tx, &sqlc.SupplierInvoiceSetMatchParams{
		OrgID: orgID, ID: v.ID, Status: string(v.Status), PriceToleranceBp: v.Tolerances.PriceBP, QuantityToleranceBp: v.Tolerances.QuantityBP,
		Payable: v.Payable, MatchedBy: v.MatchedBy, MatchedAt: v.MatchedAt,
	})
	if err != nil {
		return fmt.Errorf("update invoice: %w", err)
	}
	if err := s.queries.SupplierInvoiceLineDelete(ctx, tx, &sqlc.SupplierInvoiceLineDeleteParams{OrgID: orgID, InvoiceID: v.ID}); err != nil {
		return fmt.Errorf("delete invoice lines: %w", err)
	}
	return s.insertInvoiceLines(ctx, tx, orgID, v)
}

// invoiceCursor is the last row of a page of invoices.
type invoiceCursor struct {
	ID         string    `json:"id"`
	RecordedAt time.Time `json:"at"`
}

func (s store) getInvoice(ctx context.Context, q postgres.Querier, orgID, id string) (Invoice, error) {
	row, err := s.queries.SupplierInvoiceGet(ctx, q, &sqlc.SupplierInvoiceGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Invoice{}, fault.NotFound("supplier invoice", id)
	}
	if err != nil {
		return Invoice{}, fmt.Errorf("get invoice: %w", err)
	}
	invoices, err := s.withInvoiceLines(ctx, q, orgID, []*sqlc.SupplierInvoice{row})
	if err != nil {
		return Invoice{}, err
	}
	return invoices[0], nil
}

// listInvoices reads invoices with their lines by the index that fits, newest first.
func (s store) listInvoices(ctx context.Context, q postgres.Querier, orgID string, f InvoiceFilter, before invoiceCursor, size int32) ([]Invoice, error) {
	var rows []*sqlc.SupplierInvoice
	var err error
	switch {
	case f.OrderID != "":
		rows, err = s.queries.SupplierInvoiceListByOrder(ctx, q, &sqlc.SupplierInvoiceListByOrderParams{
			OrgID: orgID, PoID: f.OrderID, BranchID: f.BranchID, Status: string(f.Status), SupplierID: f.SupplierID,
			BeforeRecordedAt: before.RecordedAt, BeforeID: before.ID, PageSize: size,
		})
	case f.BranchID != "":
		rows, err = s.queries.SupplierInvoiceListByBranch(ctx, q, &sqlc.SupplierInvoiceListByBranchParams{
			OrgID: orgID, BranchID: f.BranchID, Status: string(f.Status), SupplierID: f.SupplierID, BeforeRecordedAt: before.RecordedAt,
			BeforeID: before.ID, PageSize: size,
		})
	default:
		rows, err = s.queries.SupplierInvoiceListByOrg(ctx, q, &sqlc.SupplierInvoiceListByOrgParams{
			OrgID: orgID, Status: string(f.Status), SupplierID: f.SupplierID, BeforeRecordedAt: before.RecordedAt, BeforeID: before.ID, PageSize: size,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list invoices: %w", err)
	}
	return s.withInvoiceLines(ctx, q, orgID, rows)
}

// withInvoiceLines reads the lines of all invoices at once.
func (s store) withInvoiceLines(ctx context.Context, q postgres.Querier, orgID string, rows []*sqlc.SupplierInvoice) ([]Invoice, error) {
	invoices, ids, places := make([]Invoice, len(rows)), make([]string, len(rows)), make(map[string]int, len(rows))
	for i, r := range rows {
		ids[i], places[r.ID] = r.ID, i
		invoices[i] = Invoice{
			Billed: r.Billed, BranchID: r.BranchID, ID: r.ID, MatchedAt: r.MatchedAt, MatchedBy: r.MatchedBy, Number: r.InvoiceNumber, OrderID: r.PoID,
			Payable: r.Payable, RecordedAt: r.RecordedAt, RecordedBy: r.RecordedBy, Status: MatchStatus(r.Status), SupplierID: r.SupplierID,
			Tolerances: Tolerances{PriceBP: r.PriceToleranceBp, QuantityBP: r.QuantityToleranceBp},
		}
	}
	lines, err := s.queries.SupplierInvoiceLineList(ctx, q, &sqlc.SupplierInvoiceLineListParams{OrgID: orgID, InvoiceIds: ids})
	if err != nil {
		return nil, fmt.Errorf("list invoice lines: %w", err)
	}
	for _, l := range lines {
		v := &invoices[places[l.InvoiceID]]
		v.Lines = append(v.Lines, Match{
			BilledCost: l.BilledCost, BilledQuantity: l.BilledQty, DisputedPrice: l.DisputedPrice, DisputedQuantity: l.DisputedQuantity, ItemID: l.ItemID,
			OrderedCost: l.OrderedCost, OrderedQuantity: l.OrderedQty, Payable: l.Payable, PayableQuantity: l.PayableQty, ReceivedQuantity: l.ReceivedQty,
			Tolerances: v.Tolerances,
		})
	}
	return invoices, nil
}

func (s store) priceDifferences(
	ctx context.Context, q postgres.Querier, orgID string, branchIDs []string, supplierID string, from, to civil.Date, after differenceCursor, size int32,
) ([]PriceDifference, error) {
	rows, err := s.queries.PriceDifferenceList(ctx, q, &sqlc.PriceDifferenceListParams{
		OrgID: orgID, BranchIds: branchIDs, SupplierID: supplierID, StartDate: from, EndDate: to, AfterSupplierID: after.SupplierID,
		AfterItemID: after.ItemID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list price differences: %w", err)
	}
	differences := make([]PriceDifference, len(rows))
	for i, r := range rows {
		differences[i] = PriceDifference{
			BaseUnit: r.BaseUnit, ItemID: r.ItemID, ItemName: r.ItemName, Ordered: r.Ordered, Quantity: r.Quantity, Received: r.Received,
			SupplierID: r.SupplierID, SupplierName: r.SupplierName,
		}
	}
	return differences, nil
}
