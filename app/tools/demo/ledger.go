package demo

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chefcloud/chefcloud/app/tools/demo/copyto"
)

// ledger collects rows of the tables that branches fill day by day.
type ledger struct {
	adjustments   *copyto.Buffer
	batches       *copyto.Buffer
	days          *copyto.Buffer
	lines         *copyto.Buffer
	movements     *copyto.Buffer
	orders        *copyto.Buffer
	purchaseLines *copyto.Buffer
	purchases     *copyto.Buffer
	receiptLines  *copyto.Buffer
	receipts      *copyto.Buffer
	stockDays     *copyto.Buffer
	tickets       *copyto.Buffer
	wastage       *copyto.Buffer
}

func newLedger() *ledger {
	return &ledger{
		adjustments: copyto.NewBuffer("order_adjustments", "org_id", "order_id", "id", "kind", "line_no", "amount", "tax", "reason",
			"created_by", "created_at", "branch_id", "business_date"),
		batches: copyto.NewBuffer("stock_batches", "org_id", "id", "branch_id", "item_id", "received_qty", "remaining_qty", "unit_cost",
			"received_at", "expires_on", "source", "source_id", "business_date"),
		days: copyto.NewBuffer("branch_day_sales", "org_id", "branch_id", "business_date", "currency", "orders", "covers", "gross",
			"discounts", "comps", "refunds", "tax", "cogs", "waste_cost", "tickets", "tickets_on_time", "voids", "voids_value", "purchases"),
		lines: copyto.NewBuffer("order_lines", "org_id", "order_id", "line_no", "menu_item_id", "name", "quantity", "unit_price",
			"modifiers_price", "modifiers", "gross", "discount", "comp", "tax_rate_bp", "tax", "cogs", "ticket_no", "voided_at", "void_reason"),
		movements: copyto.NewBuffer("stock_movements", "org_id", "branch_id", "item_id", "batch_id", "kind", "quantity", "unit_cost",
			"source_id", "line_no", "business_date", "occurred_at"),
		orders: copyto.NewBuffer("orders", "org_id", "id", "branch_id", "status", "channel", "order_type", "covers", "currency",
			"business_date", "gross", "discount", "comp", "refunded", "tax", "cogs", "opened_by", "opened_at", "closed_at", "voided_at",
			"void_reason", "voided_by", "updated_at"),
		purchaseLines: copyto.NewBuffer("purchase_order_lines", "org_id", "po_id", "line_no", "item_id", "quantity", "unit_cost",
			"received_qty", "amount"),
		purchases: copyto.NewBuffer("purchase_orders", "org_id", "id", "branch_id", "supplier_id", "status", "currency", "total",
			"created_by", "approved_by", "cancel_reason", "created_at", "submitted_at", "approved_at", "placed_at", "closed_at"),
		receiptLines: copyto.NewBuffer("purchase_receipt_lines", "org_id", "receipt_id", "line_no", "item_id", "quantity", "unit_cost",
			"batch_id", "amount"),
		receipts: copyto.NewBuffer("purchase_receipts", "org_id", "id", "po_id", "branch_id", "received_by", "recorded_by",
			"business_date", "received_at", "cost"),
		stockDays: copyto.NewBuffer("stock_days", "org_id", "branch_id", "item_id", "business_date", "used", "moved"),
		tickets:   copyto.NewBuffer("order_tickets", "org_id", "order_id", "ticket_no", "sent_at", "ready_at", "target_seconds"),
		wastage: copyto.NewBuffer("wastage", "org_id", "id", "branch_id", "item_id", "quantity", "cost", "reason", "business_date",
			"wasted_at", "recorded_by", "created_at"),
	}
}

// lanes are the ledger's tables in groups that can be sent at the same time, the two largest by themselves. A group refers only
// to itself and to those before it.
func (l *ledger) lanes() [laneCount][]*copyto.Buffer {
	return [laneCount][]*copyto.Buffer{
		{l.orders},
		{l.lines},
		{
			l.adjustments, l.tickets, l.purchases, l.purchaseLines, l.receipts, l.receiptLines, l.batches, l.movements, l.stockDays,
			l.wastage, l.days,
		},
	}
}

// laneCount is the number of groups.
const laneCount = 3

// all returns every table.
func (l *ledger) all() []*copyto.Buffer {
	var all []*copyto.Buffer
	for _, lane := range l.lanes() {
		all = append(all, lane...)
	}
	return all
}

// send copies all rows into the database, those that others refer to first, and empties the ledger.
func (l *ledger) send(ctx context.Context, conn *pgconn.PgConn) error {
	return sendAll(ctx, conn, l.all())
}

// sendLane copies the rows of one group into the database.
func (l *ledger) sendLane(ctx context.Context, conn *pgconn.PgConn, lane int) error {
	return sendAll(ctx, conn, l.lanes()[lane])
}

// sendAll copies the rows of buffers into the database, one after the other.
func sendAll(ctx context.Context, conn *pgconn.PgConn, buffers []*copyto.Buffer) error {
	for _, buffer := range buffers {
		if err := buffer.Send(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}
