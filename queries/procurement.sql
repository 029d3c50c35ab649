-- name: SupplierUpsert :exec
INSERT INTO suppliers (org_id, id, name, email, lead_time_days, created_at, updated_at)
VALUES (@org_id, @id, @name, @email, @lead_time_days, @now, @now)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name, email = excluded.email, lead_time_days = excluded.lead_time_days, updated_at = excluded.updated_at;

-- name: SupplierExists :one
SELECT EXISTS (SELECT 1 FROM suppliers WHERE org_id = @org_id AND id = @id);

-- name: SupplierList :many
SELECT * FROM suppliers WHERE org_id = @org_id AND id > @after_id ORDER BY id LIMIT @page_size;

-- name: PurchaseOrderInsert :execrows
INSERT INTO purchase_orders (org_id, id, branch_id, supplier_id, status, currency, tolerance_bp, total, created_by, created_at)
VALUES (@org_id, @id, @branch_id, @supplier_id, @status, @currency, @tolerance_bp, @total, @created_by, @created_at)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: PurchaseOrderLineInsert :exec
INSERT INTO purchase_order_lines (org_id, po_id, line_no, item_id, quantity, unit_cost, amount)
SELECT @org_id, @po_id, l.line_no, l.item_id, l.quantity, l.unit_cost, l.amount
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@amounts::bigint[]) AS amount
) AS l;

-- name: PurchaseOrderGet :one
SELECT * FROM purchase_orders WHERE org_id = @org_id AND id = @id;

-- name: PurchaseOrderLock :one
-- Every change of a purchase order begins here, so that changes of one order queue up.
SELECT * FROM purchase_orders WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: PurchaseOrderUpdate :exec
UPDATE purchase_orders SET
  status = @status, approved_by = sqlc.narg(approved_by), cancel_reason = sqlc.narg(cancel_reason), submitted_at = sqlc.narg(submitted_at),
  approved_at = sqlc.narg(approved_at), placed_at = sqlc.narg(placed_at), closed_at = sqlc.narg(closed_at)
WHERE org_id = @org_id AND id = @id;

-- name: PurchaseOrderLineReceive :exec
UPDATE purchase_order_lines AS l SET received_qty = l.received_qty + r.quantity
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@quantities::numeric[]) AS quantity
) AS r
WHERE l.org_id = @org_id AND l.po_id = @po_id AND l.line_no = r.line_no;

-- name: PurchaseOrderLineListByOrders :many
SELECT * FROM purchase_order_lines WHERE org_id = @org_id AND po_id = ANY (@po_ids::text[]) ORDER BY po_id, line_no;

-- name: PurchaseOrderListByBranch :many
-- An empty status means any.
SELECT * FROM purchase_orders
WHERE org_id = @org_id AND branch_id = @branch_id AND (@status::text = '' OR status = @status)
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: PurchaseOrderListByOrg :many
-- An empty status means any.
SELECT * FROM purchase_orders
WHERE org_id = @org_id AND (@status::text = '' OR status = @status)
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: PurchaseReceiptInsert :exec
INSERT INTO purchase_receipts (org_id, id, po_id, branch_id, received_by, recorded_by, business_date, received_at, cost)
VALUES (@org_id, @id, @po_id, @branch_id, @received_by, @recorded_by, @business_date, @received_at, @cost);

-- name: PurchaseReceiptLineInsert :exec
INSERT INTO purchase_receipt_lines (org_id, receipt_id, line_no, item_id, quantity, unit_cost, batch_id, amount)
SELECT @org_id, @receipt_id, l.line_no, l.item_id, l.quantity, l.unit_cost, l.batch_id, l.amount
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@batch_ids::text[]) AS batch_id,
    unnest(@amounts::bigint[]) AS amount
) AS l;

-- name: PurchaseReceiptList :many
SELECT * FROM purchase_receipts WHERE org_id = @org_id AND po_id = @po_id ORDER BY received_at, id;

-- name: PurchaseReceiptLineList :many
SELECT l.* FROM purchase_receipt_lines l
JOIN purchase_receipts r ON r.org_id = l.org_id AND r.id = l.receipt_id
WHERE l.org_id = @org_id AND r.org_id = @org_id AND r.po_id = @po_id
ORDER BY l.receipt_id, l.line_no;
