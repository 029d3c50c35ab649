package procurement

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

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
