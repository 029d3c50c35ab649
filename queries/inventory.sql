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
