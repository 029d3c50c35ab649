-- name: StockPositionLock :exec
-- Locks what the items are in the branch, and creates it where the branch never had the item. The update never happens:
-- its WHERE is evaluated after the row was locked, and locking is all that is wanted. No item may be named twice.
INSERT INTO stock_positions (org_id, item_id, branch_id)
SELECT @org_id, wanted.item_id, @branch_id
FROM (SELECT unnest(@item_ids::text[]) AS item_id) AS wanted
ORDER BY wanted.item_id
ON CONFLICT (org_id, item_id, branch_id) DO UPDATE SET branch_id = excluded.branch_id WHERE false;

-- name: StockBatchListOpen :many
-- First in, first out, item by item.
SELECT id, item_id, remaining_qty, unit_cost FROM stock_batches
WHERE org_id = @org_id AND branch_id = @branch_id AND item_id = ANY (@item_ids::text[]) AND remaining_qty > 0
ORDER BY item_id, received_at, id;

-- name: StockShortfallListOpen :many
-- Oldest first, item by item.
SELECT id, item_id, open_qty, unit_cost FROM stock_shortfalls
WHERE org_id = @org_id AND branch_id = @branch_id AND item_id = ANY (@item_ids::text[]) AND open_qty > 0
ORDER BY item_id, booked_at, id;

-- name: StockShortfallListByIDs :many
SELECT id, item_id, quantity, open_qty, unit_cost FROM stock_shortfalls
WHERE org_id = @org_id AND id = ANY (@ids::text[])
ORDER BY item_id, booked_at, id;

-- name: StockLastCostList :many
-- The cost of the newest batch of each item: the branch's, else that of any branch, else 0. The other branches are read
-- only if this one never had the item.
SELECT wanted.item_id::text AS item_id, coalesce(
  (SELECT own.unit_cost FROM stock_batches own
   WHERE own.org_id = @org_id AND own.item_id = wanted.item_id AND own.branch_id = @branch_id
   ORDER BY own.received_at DESC, own.id DESC LIMIT 1),
  (SELECT any_branch.unit_cost FROM stock_batches any_branch
   WHERE any_branch.org_id = @org_id AND any_branch.item_id = wanted.item_id
   ORDER BY any_branch.received_at DESC, any_branch.id DESC LIMIT 1),
  0
)::numeric AS unit_cost
FROM (SELECT unnest(@item_ids::text[]) AS item_id) AS wanted;

-- name: StockMovementListByOrder :many
-- What closing an order moved, and whether it was put back already. Wastage and receipts have ids of their own, which may
-- be the same text.
SELECT branch_id, item_id, coalesce(batch_id, '') AS batch_id, coalesce(shortfall_id, '') AS shortfall_id, kind, quantity, unit_cost, line_no
FROM stock_movements
WHERE org_id = @org_id AND source_id = @order_id AND kind IN ('SALE', 'SHORTFALL', 'RESTOCK')
ORDER BY id;

-- name: StockBatchInsert :exec
-- A batch starts empty; the movement that brings it in fills it.
INSERT INTO stock_batches (
  org_id, id, branch_id, item_id, received_qty, remaining_qty, unit_cost, received_at, expires_on, source, source_id, business_date, settled_cogs
)
SELECT @org_id, b.id, @branch_id, b.item_id, b.received_qty, 0, b.unit_cost, @received_at, b.expires_on, @source, @source_id, @business_date, b.settled_cogs
FROM (
  SELECT unnest(@ids::text[]) AS id,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@received_qtys::numeric[]) AS received_qty,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@expires_on::date[]) AS expires_on,
    unnest(@settled_cogs::bigint[]) AS settled_cogs
) AS b;

-- name: StockShortfallInsert :exec
-- A shortfall starts settled; the movement that books it opens it.
INSERT INTO stock_shortfalls (org_id, id, branch_id, item_id, order_id, line_no, quantity, open_qty, unit_cost, booked_at)
SELECT @org_id, s.id, @branch_id, s.item_id, @order_id, s.line_no, s.quantity, 0, s.unit_cost, @booked_at
FROM (
  SELECT unnest(@ids::text[]) AS id,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@line_nos::integer[]) AS line_no,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@unit_costs::numeric[]) AS unit_cost
) AS s;

-- name: StockMovementBook :exec
-- Writes to the ledger and brings batches and shortfalls along in the same statement: they can't come apart.
WITH booked AS (
  SELECT unnest(@item_ids::text[]) AS item_id,
    unnest(@batch_ids::text[]) AS batch_id,
    unnest(@shortfall_ids::text[]) AS shortfall_id,
    unnest(@kinds::text[]) AS kind,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@line_nos::integer[]) AS line_no
), batches AS (
  UPDATE stock_batches AS b SET remaining_qty = b.remaining_qty + moved.quantity
  FROM (SELECT m.batch_id, sum(m.quantity) AS quantity FROM booked AS m WHERE m.batch_id <> '' GROUP BY m.batch_id) AS moved
  WHERE b.org_id = @org_id AND b.id = moved.batch_id
), shortfalls AS (
  UPDATE stock_shortfalls AS s SET open_qty = s.open_qty - moved.quantity
  FROM (SELECT m.shortfall_id, sum(m.quantity) AS quantity FROM booked AS m WHERE m.shortfall_id <> '' GROUP BY m.shortfall_id) AS moved
  WHERE s.org_id = @org_id AND s.id = moved.shortfall_id
)
INSERT INTO stock_movements (
  org_id, branch_id, item_id, batch_id, shortfall_id, kind, quantity, unit_cost, source_id, line_no, business_date, occurred_at
)
SELECT @org_id, @branch_id, m.item_id, nullif(m.batch_id, ''), nullif(m.shortfall_id, ''), m.kind, m.quantity, m.unit_cost, @source_id, m.line_no,
  @business_date, @occurred_at
FROM booked AS m;

-- name: StockLedgerCheck :many
-- Batches and shortfalls that aren't the sum of their movements, and movements of none. There must never be a row.
WITH held AS (
  SELECT b.id, b.remaining_qty AS quantity FROM stock_batches b WHERE b.org_id = @org_id
  UNION ALL
  SELECT s.id, -s.open_qty FROM stock_shortfalls s WHERE s.org_id = @org_id
), ledger AS (
  SELECT coalesce(m.batch_id, m.shortfall_id) AS id, sum(m.quantity) AS quantity FROM stock_movements m WHERE m.org_id = @org_id GROUP BY 1
)
SELECT coalesce(held.id, ledger.id)::text AS id, coalesce(held.quantity, 0)::numeric AS held, coalesce(ledger.quantity, 0)::numeric AS ledger
FROM held
FULL JOIN ledger ON ledger.id = held.id
WHERE held.quantity IS DISTINCT FROM ledger.quantity
ORDER BY 1;
