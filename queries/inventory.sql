-- name: ItemInsert :execrows
-- An id that is taken inserts nothing; the caller then locks what is there.
INSERT INTO inventory_items (org_id, id, name, base_unit, is_active, created_at, updated_at)
VALUES (@org_id, @id, @name, @base_unit, @is_active, @now, @now)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: ItemLock :one
-- FOR UPDATE and not less: the first position of an item holds a KEY SHARE lock on it, so that a change of the base unit
-- waits for stock that is just coming in, and the other way round.
SELECT * FROM inventory_items WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: ItemHasHistory :one
-- Batches that were loaded in bulk have no position yet.
SELECT (
  EXISTS (SELECT 1 FROM stock_positions p WHERE p.org_id = @org_id AND p.item_id = @item_id)
  OR EXISTS (SELECT 1 FROM stock_batches b WHERE b.org_id = @org_id AND b.item_id = @item_id)
)::boolean AS used;

-- name: ItemUpdate :exec
UPDATE inventory_items SET name = @name, base_unit = @base_unit, is_active = @is_active, updated_at = @now
WHERE org_id = @org_id AND id = @id;

-- name: ItemList :many
SELECT * FROM inventory_items
WHERE org_id = @org_id AND id > @after_id
ORDER BY id
LIMIT @page_size;

-- name: ItemListByIDs :many
SELECT * FROM inventory_items WHERE org_id = @org_id AND id = ANY (@ids::text[]);

-- name: BatchList :many
-- Used-up batches too. An empty item means all.
SELECT * FROM stock_batches
WHERE org_id = @org_id AND branch_id = @branch_id AND (@item_id::text = '' OR item_id = @item_id)
  AND (item_id, received_at, id) > (@after_item_id::text, @after_received_at::timestamptz, @after_id::text)
ORDER BY item_id, received_at, id
LIMIT @page_size;

-- name: BatchListOpen :many
-- As BatchList; remaining_qty stands as a constant, so that the partial index fits.
SELECT * FROM stock_batches
WHERE org_id = @org_id AND branch_id = @branch_id AND (@item_id::text = '' OR item_id = @item_id) AND remaining_qty > 0
  AND (item_id, received_at, id) > (@after_item_id::text, @after_received_at::timestamptz, @after_id::text)
ORDER BY item_id, received_at, id
LIMIT @page_size;

-- name: StockLevelList :many
-- What is on hand is what the batches hold less what was sold before it was booked in.
SELECT s.item_id, i.name, i.base_unit, sum(s.quantity)::numeric AS on_hand, sum(s.value)::numeric AS value
FROM (
  SELECT b.org_id, b.item_id, b.remaining_qty AS quantity, b.remaining_qty * b.unit_cost AS value
  FROM stock_batches b
  WHERE b.org_id = @org_id AND b.branch_id = @branch_id AND b.remaining_qty > 0
  UNION ALL
  SELECT f.org_id, f.item_id, -f.open_qty, 0
  FROM stock_shortfalls f
  WHERE f.org_id = @org_id AND f.branch_id = @branch_id AND f.open_qty > 0
) AS s
JOIN inventory_items i ON i.org_id = s.org_id AND i.id = s.item_id
WHERE i.org_id = @org_id
GROUP BY s.item_id, i.name, i.base_unit
ORDER BY s.item_id;

-- name: WastageInsert :execrows
-- Claims the id before stock is touched: a resend at the same time waits here, then inserts nothing. The cost follows.
INSERT INTO wastage (org_id, id, branch_id, item_id, quantity, cost, reason, business_date, wasted_at, recorded_by, created_at)
VALUES (@org_id, @id, @branch_id, @item_id, @quantity, 0, @reason, @business_date, @wasted_at, @recorded_by, @created_at)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: WastageSetCost :exec
UPDATE wastage SET cost = @cost WHERE org_id = @org_id AND id = @id;

-- name: WastageGet :one
SELECT * FROM wastage WHERE org_id = @org_id AND id = @id;

-- name: WastageList :many
SELECT * FROM wastage
WHERE org_id = @org_id AND branch_id = @branch_id AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: WastageListByDate :many
-- As WastageList, of a range of business dates.
SELECT * FROM wastage
WHERE org_id = @org_id AND branch_id = @branch_id AND business_date BETWEEN @from_date AND @to_date
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: WastageSum :many
SELECT w.reason, w.item_id, i.name, i.base_unit, count(*) AS records, sum(w.quantity)::numeric AS quantity, sum(w.cost)::bigint AS cost
FROM wastage w
JOIN inventory_items i ON i.org_id = @org_id AND i.id = w.item_id
WHERE w.org_id = @org_id AND w.branch_id = @branch_id AND w.business_date BETWEEN @from_date AND @to_date
GROUP BY w.reason, w.item_id, i.name, i.base_unit
ORDER BY w.reason, w.item_id;

-- name: StockPolicyUpsert :exec
-- An empty safety stock is absent.
INSERT INTO stock_policies (org_id, branch_id, item_id, reorder_level, safety_stock, updated_by, updated_at)
SELECT @org_id, p.branch_id, p.item_id, p.reorder_level, nullif(p.safety_stock, '')::numeric, @updated_by, @updated_at
FROM (
  SELECT unnest(@branch_ids::text[]) AS branch_id,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@reorder_levels::numeric[]) AS reorder_level,
    unnest(@safety_stocks::text[]) AS safety_stock
) AS p
ORDER BY p.branch_id, p.item_id
ON CONFLICT (org_id, branch_id, item_id) DO UPDATE SET
  reorder_level = excluded.reorder_level, safety_stock = excluded.safety_stock, updated_by = excluded.updated_by, updated_at = excluded.updated_at;

-- name: StockPolicyList :many
SELECT * FROM stock_policies WHERE org_id = @org_id AND branch_id = @branch_id ORDER BY item_id;

-- name: StockAdjustmentInsert :exec
INSERT INTO stock_adjustments (org_id, id, branch_id, item_id, quantity, cost, reason, note, business_date, adjusted_by, adjusted_at)
VALUES (@org_id, @id, @branch_id, @item_id, @quantity, @cost, @reason, @note, @business_date, @adjusted_by, @adjusted_at);

-- name: StockAdjustmentList :many
SELECT * FROM stock_adjustments
WHERE org_id = @org_id AND branch_id = @branch_id AND (adjusted_at, id) < (@before_adjusted_at::timestamptz, @before_id::text)
ORDER BY adjusted_at DESC, id DESC
LIMIT @page_size;

-- name: StockCountInsert :execrows
INSERT INTO stock_counts (org_id, id, branch_id, status, note, opened_by, opened_at)
VALUES (@org_id, @id, @branch_id, 'OPEN', @note, @opened_by, @opened_at)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: StockCountLineInsert :exec
INSERT INTO stock_count_lines (org_id, count_id, item_id)
SELECT @org_id, @count_id, l.item_id
FROM (SELECT unnest(@item_ids::text[]) AS item_id) AS l;

-- name: StockCountLineInsertAll :exec
-- All that is bought still, and all that the branch has or owes.
INSERT INTO stock_count_lines (org_id, count_id, item_id)
SELECT @org_id, @count_id, wanted.item_id
FROM (
  SELECT i.id AS item_id FROM inventory_items i WHERE i.org_id = @org_id AND i.is_active
  UNION
  SELECT b.item_id FROM stock_batches b WHERE b.org_id = @org_id AND b.branch_id = @branch_id AND b.remaining_qty > 0
  UNION
  SELECT f.item_id FROM stock_shortfalls f WHERE f.org_id = @org_id AND f.branch_id = @branch_id AND f.open_qty > 0
) AS wanted;

-- name: StockCountGet :one
SELECT * FROM stock_counts WHERE org_id = @org_id AND id = @id;

-- name: StockCountLock :one
SELECT * FROM stock_counts WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: StockCountUpdate :exec
UPDATE stock_counts
SET status = @status, counted_by = sqlc.narg(counted_by), counted_at = sqlc.narg(counted_at), business_date = sqlc.narg(business_date)
WHERE org_id = @org_id AND id = @id;

-- name: StockCountLineUpdate :exec
-- An empty quantity is absent.
UPDATE stock_count_lines t
SET counted = nullif(l.counted, '')::numeric, expected = nullif(l.expected, '')::numeric, cost = l.cost
FROM (
  SELECT unnest(@item_ids::text[]) AS item_id,
    unnest(@counted::text[]) AS counted,
    unnest(@expected::text[]) AS expected,
    unnest(@costs::bigint[]) AS cost
) AS l
WHERE t.org_id = @org_id AND t.count_id = @count_id AND t.item_id = l.item_id;

-- name: StockCountLineList :many
SELECT * FROM stock_count_lines WHERE org_id = @org_id AND count_id = @count_id ORDER BY item_id;

-- name: StockCountList :many
SELECT * FROM stock_counts
WHERE org_id = @org_id AND branch_id = @branch_id AND (@status::text = '' OR status = @status)
  AND (opened_at, id) < (@before_opened_at::timestamptz, @before_id::text)
ORDER BY opened_at DESC, id DESC
LIMIT @page_size;

-- name: StockCountLatestList :many
-- The items that were counted after an instant, by counts that are booked.
SELECT l.item_id, max(c.counted_at)::timestamptz AS counted_at
FROM stock_counts c
JOIN stock_count_lines l ON l.org_id = @org_id AND l.count_id = c.id
WHERE c.org_id = @org_id AND c.branch_id = @branch_id AND c.status = 'COMMITTED' AND c.counted_at > @since
  AND l.item_id = ANY (@item_ids::text[]) AND l.counted IS NOT NULL
GROUP BY l.item_id
ORDER BY l.item_id;

-- name: StockTransferInsert :execrows
INSERT INTO stock_transfers (org_id, id, from_branch_id, to_branch_id, status, note, created_by, created_at)
VALUES (@org_id, @id, @from_branch_id, @to_branch_id, 'DRAFT', @note, @created_by, @created_at)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: StockTransferLineInsert :exec
INSERT INTO stock_transfer_lines (org_id, transfer_id, line_no, item_id, quantity)
SELECT @org_id, @transfer_id, l.line_no, l.item_id, l.quantity
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no, unnest(@item_ids::text[]) AS item_id, unnest(@quantities::numeric[]) AS quantity
) AS l;

-- name: StockTransferGet :one
SELECT * FROM stock_transfers WHERE org_id = @org_id AND id = @id;

-- name: StockTransferLock :one
SELECT * FROM stock_transfers WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: StockTransferUpdate :exec
UPDATE stock_transfers
SET status = @status, approved_by = sqlc.narg(approved_by), sent_by = sqlc.narg(sent_by), closed_by = sqlc.narg(closed_by),
  approved_at = sqlc.narg(approved_at), sent_at = sqlc.narg(sent_at), closed_at = sqlc.narg(closed_at)
WHERE org_id = @org_id AND id = @id;

-- name: StockTransferLineList :many
SELECT * FROM stock_transfer_lines WHERE org_id = @org_id AND transfer_id = @transfer_id ORDER BY line_no;

-- name: StockTransferLineUpdate :exec
UPDATE stock_transfer_lines t
SET received_qty = l.received_qty, lost_qty = l.lost_qty, cost = l.cost, lost_cost = l.lost_cost
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@received_qtys::numeric[]) AS received_qty,
    unnest(@lost_qtys::numeric[]) AS lost_qty,
    unnest(@costs::bigint[]) AS cost,
    unnest(@lost_costs::bigint[]) AS lost_cost
) AS l
WHERE t.org_id = @org_id AND t.transfer_id = @transfer_id AND t.line_no = l.line_no;

-- name: StockTransferParcelInsert :exec
INSERT INTO stock_transfer_parcels (org_id, transfer_id, line_no, parcel_no, quantity, unit_cost, received_at, expires_on)
SELECT @org_id, @transfer_id, p.line_no, p.parcel_no, p.quantity, p.unit_cost, p.received_at, p.expires_on
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@parcel_nos::integer[]) AS parcel_no,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@received_at::timestamptz[]) AS received_at,
    unnest(@expires_on::date[]) AS expires_on
) AS p;

-- name: StockTransferParcelList :many
-- First in, first out, as they were taken.
SELECT * FROM stock_transfer_parcels
WHERE org_id = @org_id AND transfer_id = @transfer_id AND received_qty < quantity
ORDER BY line_no, parcel_no;

-- name: StockTransferParcelReceive :exec
UPDATE stock_transfer_parcels t
SET received_qty = t.received_qty + p.quantity
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no, unnest(@parcel_nos::integer[]) AS parcel_no, unnest(@quantities::numeric[]) AS quantity
) AS p
WHERE t.org_id = @org_id AND t.transfer_id = @transfer_id AND t.line_no = p.line_no AND t.parcel_no = p.parcel_no;

-- name: StockTransferList :many
SELECT * FROM stock_transfers
WHERE org_id = @org_id
  AND (@branch_id::text = '' OR from_branch_id = @branch_id OR to_branch_id = @branch_id)
  AND (@status::text = '' OR status = @status)
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: StockRiskBatchList :many
-- Batches with something left that expire up to a date, by branch.
SELECT b.branch_id, b.item_id, i.name, i.base_unit, b.id, b.remaining_qty, b.unit_cost, b.expires_on
FROM (
  SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@until_dates::date[]) AS until_date
) AS asked
JOIN stock_batches b ON b.org_id = @org_id AND b.branch_id = asked.branch_id AND b.remaining_qty > 0 AND b.expires_on <= asked.until_date
JOIN inventory_items i ON i.org_id = @org_id AND i.id = b.item_id
ORDER BY b.branch_id, b.expires_on, b.item_id, b.id;

-- name: StockRiskLevelList :many
-- What is on hand and not expired on the branch's date, where it is owed or at or below the reorder level. An item of which there is
-- nothing, and that has no level, is no risk: it need not be looked at.
WITH asked AS (
  SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@today::date[]) AS today
), parts AS (
  SELECT b.branch_id, b.item_id, b.remaining_qty AS quantity, 0::numeric AS reorder_level
  FROM asked
  JOIN stock_batches b ON b.org_id = @org_id AND b.branch_id = asked.branch_id AND b.remaining_qty > 0
    AND (b.expires_on IS NULL OR b.expires_on >= asked.today)
  UNION ALL
  SELECT f.branch_id, f.item_id, -f.open_qty, 0
  FROM asked
  JOIN stock_shortfalls f ON f.org_id = @org_id AND f.branch_id = asked.branch_id AND f.open_qty > 0
  UNION ALL
  SELECT p.branch_id, p.item_id, 0, p.reorder_level
  FROM asked
  JOIN stock_policies p ON p.org_id = @org_id AND p.branch_id = asked.branch_id AND p.reorder_level > 0
), levels AS (
  SELECT parts.branch_id, parts.item_id, sum(parts.quantity) AS usable, sum(parts.reorder_level) AS reorder_level
  FROM parts
  GROUP BY parts.branch_id, parts.item_id
)
SELECT l.branch_id, l.item_id, i.name, i.base_unit, l.usable::numeric AS usable, l.reorder_level::numeric AS reorder_level
FROM levels l
JOIN inventory_items i ON i.org_id = @org_id AND i.id = l.item_id
WHERE l.usable < 0 OR (i.is_active AND l.reorder_level > 0 AND l.usable <= l.reorder_level)
ORDER BY l.branch_id, l.item_id;
