-- name: SupplierUpsert :exec
INSERT INTO suppliers (org_id, id, name, email, lead_time_days, review_period_days, price_tolerance_bp, quantity_tolerance_bp, terms,
  created_at, updated_at)
VALUES (@org_id, @id, @name, @email, @lead_time_days, @review_period_days, @price_tolerance_bp, @quantity_tolerance_bp, @terms, @now, @now)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name, email = excluded.email, lead_time_days = excluded.lead_time_days, review_period_days = excluded.review_period_days,
  price_tolerance_bp = excluded.price_tolerance_bp, quantity_tolerance_bp = excluded.quantity_tolerance_bp, terms = excluded.terms,
  updated_at = excluded.updated_at;

-- name: SupplierGet :one
SELECT * FROM suppliers WHERE org_id = @org_id AND id = @id;

-- name: SupplierItemLock :exec
-- Price lists that name the same items queue up here, in the order of the ids, so that an item never gets two preferred suppliers.
SELECT id FROM inventory_items WHERE org_id = @org_id AND id = ANY (@item_ids::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: SupplierItemUnprefer :exec
-- Whoever was preferred for the items until now.
UPDATE supplier_items SET preferred = false, updated_at = @updated_at
WHERE org_id = @org_id AND supplier_id <> @supplier_id AND item_id = ANY (@item_ids::text[]) AND preferred;

-- name: SupplierItemUpsert :exec
INSERT INTO supplier_items (org_id, supplier_id, item_id, unit_cost, pack_size, min_order_qty, preferred, shelf_days, discontinued, updated_at)
SELECT @org_id, @supplier_id, i.item_id, i.unit_cost, i.pack_size, i.min_order_qty, i.preferred, i.shelf_days, i.discontinued, @updated_at
FROM (
  SELECT unnest(@item_ids::text[]) AS item_id,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@pack_sizes::numeric[]) AS pack_size,
    unnest(@min_order_qtys::numeric[]) AS min_order_qty,
    unnest(@preferred::boolean[]) AS preferred,
    unnest(@shelf_days::integer[]) AS shelf_days,
    unnest(@discontinued::boolean[]) AS discontinued
) AS i
ORDER BY i.item_id
ON CONFLICT (org_id, supplier_id, item_id) DO UPDATE SET
  unit_cost = excluded.unit_cost, pack_size = excluded.pack_size, min_order_qty = excluded.min_order_qty, preferred = excluded.preferred,
  shelf_days = excluded.shelf_days, discontinued = excluded.discontinued, updated_at = excluded.updated_at;

-- name: SupplierItemListBySupplier :many
-- An empty item means all.
SELECT * FROM supplier_items
WHERE org_id = @org_id AND supplier_id = @supplier_id AND (@item_id::text = '' OR item_id = @item_id) AND item_id > @after_item_id
ORDER BY item_id
LIMIT @page_size;

-- name: SupplierItemListByItem :many
-- An empty item means all.
SELECT * FROM supplier_items
WHERE org_id = @org_id AND (@item_id::text = '' OR item_id = @item_id)
  AND (item_id, supplier_id) > (@after_item_id::text, @after_supplier_id::text)
ORDER BY item_id, supplier_id
LIMIT @page_size;

-- name: SupplierItemPackList :many
-- What is in a pack of each of the items that the supplier sells.
SELECT item_id, pack_size FROM supplier_items WHERE org_id = @org_id AND supplier_id = @supplier_id AND item_id = ANY (@item_ids::text[]);

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
  status = @status, tolerance_bp = @tolerance_bp, total = @total, updated_by = sqlc.narg(updated_by), updated_at = sqlc.narg(updated_at), approved_by = sqlc.narg(approved_by), cancel_reason = sqlc.narg(cancel_reason), submitted_at = sqlc.narg(submitted_at),
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
  AND (@supplier_id::text = '' OR supplier_id = @supplier_id)
  AND created_at >= @created_from
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: PurchaseOrderListBySupplier :many
-- An empty status means any.
SELECT * FROM purchase_orders
WHERE org_id = @org_id AND supplier_id = @supplier_id AND (@status::text = '' OR status = @status)
  AND created_at >= @created_from
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: PurchaseOrderListByOrg :many
-- An empty status means any.
SELECT * FROM purchase_orders
WHERE org_id = @org_id AND (@status::text = '' OR status = @status)
  AND created_at >= @created_from
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

-- name: PurchaseOrderGenerate :execrows
-- At most one draft of a branch and supplier for a date; whoever comes second waits and then writes nothing.
INSERT INTO purchase_orders (org_id, id, branch_id, supplier_id, status, currency, total, created_by, generated_for, created_at)
VALUES (@org_id, @id, @branch_id, @supplier_id, 'DRAFT', @currency, @total, @created_by, @generated_for, @created_at)
ON CONFLICT (org_id, branch_id, supplier_id, generated_for) WHERE generated_for IS NOT NULL DO NOTHING;

-- name: PurchaseOrderListGenerated :many
-- What was drafted from suggestions for a branch and date, whatever became of it.
SELECT id FROM purchase_orders WHERE org_id = @org_id AND branch_id = @branch_id AND generated_for = @generated_for ORDER BY supplier_id;

-- name: PurchaseOrderSupersede :many
-- Drafts that were generated for a date before and that nobody submitted or changed.
UPDATE purchase_orders
SET status = 'CANCELLED', cancel_reason = @reason, closed_at = @closed_at
WHERE org_id = @org_id AND branch_id = @branch_id AND generated_for < @generated_for::date AND status = 'DRAFT' AND updated_by IS NULL
RETURNING id;

-- name: PurchaseOrderEventInsert :exec
-- One step of each of the orders, which are locked or new: numbers are given one after the other.
INSERT INTO purchase_order_events (org_id, po_id, event_no, action, status, actor, note, occurred_at)
SELECT @org_id, o.po_id, 1 + coalesce((SELECT max(e.event_no) FROM purchase_order_events e WHERE e.org_id = @org_id AND e.po_id = o.po_id), 0),
  @action, @status, @actor, @note, @occurred_at
FROM (SELECT unnest(@po_ids::text[]) AS po_id) AS o;

-- name: PurchaseOrderEventList :many
SELECT * FROM purchase_order_events WHERE org_id = @org_id AND po_id = @po_id ORDER BY event_no;

-- name: PurchaseOrderLineDelete :exec
DELETE FROM purchase_order_lines WHERE org_id = @org_id AND po_id = @po_id;

-- name: SupplierInvoiceInsert :execrows
INSERT INTO supplier_invoices (
  org_id, id, po_id, supplier_id, branch_id, invoice_number, status, price_tolerance_bp, quantity_tolerance_bp, billed, payable, recorded_by,
  recorded_at, matched_by, matched_at
)
VALUES (
  @org_id, @id, @po_id, @supplier_id, @branch_id, @invoice_number, @status, @price_tolerance_bp, @quantity_tolerance_bp, @billed, @payable,
  @recorded_by, @recorded_at, @recorded_by, @recorded_at
)
ON CONFLICT (org_id, supplier_id, invoice_number) DO NOTHING;

-- name: SupplierInvoiceGet :one
SELECT * FROM supplier_invoices WHERE org_id = @org_id AND id = @id;

-- name: SupplierInvoiceSetMatch :exec
UPDATE supplier_invoices SET
  status = @status, price_tolerance_bp = @price_tolerance_bp, quantity_tolerance_bp = @quantity_tolerance_bp, payable = @payable,
  matched_by = @matched_by, matched_at = @matched_at
WHERE org_id = @org_id AND id = @id;

-- name: SupplierInvoiceLineDelete :exec
-- Only to write them anew, compared with what is there by now.
DELETE FROM supplier_invoice_lines WHERE org_id = @org_id AND invoice_id = @invoice_id;

-- name: SupplierInvoiceLineInsert :exec
INSERT INTO supplier_invoice_lines (
  org_id, invoice_id, line_no, item_id, ordered_qty, received_qty, billed_qty, payable_qty, ordered_cost, billed_cost, payable,
  disputed_quantity, disputed_price
)
SELECT @org_id, @invoice_id, l.line_no, l.item_id, l.ordered_qty, l.received_qty, l.billed_qty, l.payable_qty, l.ordered_cost, l.billed_cost,
  l.payable, l.disputed_quantity, l.disputed_price
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@ordered_qtys::numeric[]) AS ordered_qty,
    unnest(@received_qtys::numeric[]) AS received_qty,
    unnest(@billed_qtys::numeric[]) AS billed_qty,
    unnest(@payable_qtys::numeric[]) AS payable_qty,
    unnest(@ordered_costs::numeric[]) AS ordered_cost,
    unnest(@billed_costs::numeric[]) AS billed_cost,
    unnest(@payables::bigint[]) AS payable,
    unnest(@disputed_quantities::bigint[]) AS disputed_quantity,
    unnest(@disputed_prices::bigint[]) AS disputed_price
) AS l;

-- name: SupplierInvoiceBilledList :many
-- What an order's other invoices are paid for, by item.
SELECT l.item_id, sum(l.payable_qty)::numeric AS quantity
FROM supplier_invoices i
JOIN supplier_invoice_lines l ON l.org_id = @org_id AND l.invoice_id = i.id
WHERE i.org_id = @org_id AND i.po_id = @po_id AND i.id <> @except_id
GROUP BY l.item_id
ORDER BY l.item_id;

-- name: SupplierInvoiceListByOrder :many
-- An empty branch, status or supplier means any.
SELECT * FROM supplier_invoices
WHERE org_id = @org_id AND po_id = @po_id AND (@branch_id::text = '' OR branch_id = @branch_id) AND (@status::text = '' OR status = @status)
  AND (@supplier_id::text = '' OR supplier_id = @supplier_id)
  AND (recorded_at, id) < (@before_recorded_at::timestamptz, @before_id::text)
ORDER BY recorded_at DESC, id DESC
LIMIT @page_size;

-- name: SupplierInvoiceListByBranch :many
-- An empty status or supplier means any.
SELECT * FROM supplier_invoices
WHERE org_id = @org_id AND branch_id = @branch_id AND (@status::text = '' OR status = @status)
  AND (@supplier_id::text = '' OR supplier_id = @supplier_id)
  AND (recorded_at, id) < (@before_recorded_at::timestamptz, @before_id::text)
ORDER BY recorded_at DESC, id DESC
LIMIT @page_size;

-- name: SupplierInvoiceListByOrg :many
-- An empty status or supplier means any.
SELECT * FROM supplier_invoices
WHERE org_id = @org_id AND (@status::text = '' OR status = @status) AND (@supplier_id::text = '' OR supplier_id = @supplier_id)
  AND (recorded_at, id) < (@before_recorded_at::timestamptz, @before_id::text)
ORDER BY recorded_at DESC, id DESC
LIMIT @page_size;

-- name: SupplierInvoiceLineList :many
SELECT * FROM supplier_invoice_lines WHERE org_id = @org_id AND invoice_id = ANY (@invoice_ids::text[]) ORDER BY invoice_id, line_no;

-- name: PriceDifferenceList :many
-- What was received at another cost than ordered, by supplier and item. An empty supplier means any.
SELECT o.supplier_id, s.name AS supplier_name, l.item_id, i.name AS item_name, i.base_unit, sum(l.quantity)::numeric AS quantity,
  sum(round(l.quantity * p.unit_cost))::bigint AS ordered, sum(l.amount)::bigint AS received
FROM purchase_receipts r
JOIN purchase_receipt_lines l ON l.org_id = @org_id AND l.receipt_id = r.id
JOIN purchase_orders o ON o.org_id = @org_id AND o.id = r.po_id
JOIN purchase_order_lines p ON p.org_id = @org_id AND p.po_id = r.po_id AND p.item_id = l.item_id
JOIN suppliers s ON s.org_id = @org_id AND s.id = o.supplier_id
JOIN inventory_items i ON i.org_id = @org_id AND i.id = l.item_id
WHERE r.org_id = @org_id AND r.business_date BETWEEN @start_date AND @end_date AND r.branch_id = ANY (@branch_ids::text[])
  AND l.unit_cost <> p.unit_cost
  AND (@supplier_id::text = '' OR o.supplier_id = @supplier_id)
  AND (o.supplier_id, l.item_id) > (@after_supplier_id::text, @after_item_id::text)
GROUP BY o.supplier_id, s.name, l.item_id, i.name, i.base_unit
ORDER BY o.supplier_id, l.item_id
LIMIT @page_size;
