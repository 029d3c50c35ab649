package procurement

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// billed returns what earlier invoices of an order are paid for, by item.
func (s store) billed(ctx context.Context, q postgres.Querier, orgID, orderID string) (map[string]decimal.Decimal, error) {
	rows, err := s.queries.SupplierInvoiceBilledList(ctx, q, &sqlc.SupplierInvoiceBilledListParams{OrgID: orgID, PoID: orderID})
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
		OrgID: orgID, ID: v.ID, PoID: v.OrderID, SupplierID: v.SupplierID, InvoiceNumber: v.Number, Status: string(v.Status), Billed: v.Billed,
		Payable: v.Payable, RecordedBy: v.RecordedBy, RecordedAt: v.RecordedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert invoice: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
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
		return false, fmt.Errorf("insert invoice lines: %w", err)
	}
	return true, nil
}

// invoiceCursor is the last row of a page of invoices.
type invoiceCursor struct {
	ID         string    `json:"id"`
	RecordedAt time.Time `json:"at"`
}

// listInvoices reads invoices with their lines, newest first. Empty ids and statuses match all.
func (s store) listInvoices(ctx context.Context, q postgres.Querier, orgID, branchID, orderID string, status MatchStatus, before invoiceCursor, size int32) ([]Invoice, error) {
	rows, err := s.queries.SupplierInvoiceList(ctx, q, &sqlc.SupplierInvoiceListParams{
		OrgID: orgID, BranchID: branchID, PoID: orderID, Status: string(status), BeforeRecordedAt: before.RecordedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list invoices: %w", err)
	}
	invoices, ids, places := make([]Invoice, len(rows)), make([]string, len(rows)), make(map[string]int, len(rows))
	for i, r := range rows {
		ids[i], places[r.ID] = r.ID, i
		invoices[i] = Invoice{
			Billed: r.Billed, ID: r.ID, Number: r.InvoiceNumber, OrderID: r.PoID, Payable: r.Payable, RecordedAt: r.RecordedAt, RecordedBy: r.RecordedBy,
			Status: MatchStatus(r.Status), SupplierID: r.SupplierID,
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
		})
	}
	return invoices, nil
}

// PriceDifference sums the receipts of an item that cost more or less than ordered, in minor units.
type PriceDifference struct {
	ItemID     string
	Ordered    int64
	Quantity   decimal.Decimal
	Received   int64
	SupplierID string
}

func (s store) priceDifferences(ctx context.Context, q postgres.Querier, orgID string, branchIDs []string, from, to civil.Date) ([]PriceDifference, error) {
	rows, err := s.queries.PriceDifferenceList(ctx, q, &sqlc.PriceDifferenceListParams{OrgID: orgID, BranchIds: branchIDs, StartDate: from, EndDate: to})
	if err != nil {
		return nil, fmt.Errorf("list price differences: %w", err)
	}
	differences := make([]PriceDifference, len(rows))
	for i, r := range rows {
		differences[i] = PriceDifference{ItemID: r.ItemID, Ordered: r.Ordered, Quantity: r.Quantity, Received: r.Received, SupplierID: r.SupplierID}
	}
	return differences, nil
}
