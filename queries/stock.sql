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
SELECT id, item_id, remaining_qty, unit_cost, received_at, expires_on FROM stock_batches
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
WHERE org_id = @org_id AND source_id = @order_id AND kind IN ('SALE', 'SHORTFALL', 'RESTOCK', 'VOID')
ORDER BY id;

-- name: StockBatchInsert :exec
-- A batch starts empty; the movement that brings it in fills it.
INSERT INTO stock_batches (
  org_id, id, branch_id, item_id, received_qty, remaining_qty, unit_cost, received_at, expires_on, source, source_id, business_date, settled_cogs
)
SELECT @org_id, b.id, @branch_id, b.item_id, b.received_qty, 0, b.unit_cost, b.received_at, b.expires_on, @source, @source_id, @business_date, b.settled_cogs
FROM (
  SELECT unnest(@ids::text[]) AS id,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@received_qtys::numeric[]) AS received_qty,
    unnest(@unit_costs::numeric[]) AS unit_cost,
    unnest(@received_at::timestamptz[]) AS received_at,
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
), days AS (
  INSERT INTO stock_days AS d (org_id, branch_id, item_id, business_date, used, moved)
  SELECT @org_id, @branch_id, m.item_id, @business_date, coalesce(-sum(m.quantity) FILTER (WHERE m.kind IN ('SALE', 'SHORTFALL', 'VOID')), 0), sum(m.quantity)
  FROM booked AS m
  GROUP BY m.item_id
  ORDER BY m.item_id
  ON CONFLICT (org_id, branch_id, item_id, business_date) DO UPDATE SET used = d.used + excluded.used, moved = d.moved + excluded.moved
)
INSERT INTO stock_movements (
  org_id, branch_id, item_id, batch_id, shortfall_id, kind, quantity, unit_cost, source_id, line_no, business_date, occurred_at
)
SELECT @org_id, @branch_id, m.item_id, nullif(m.batch_id, ''), nullif(m.shortfall_id, ''), m.kind, m.quantity, m.unit_cost, @source_id, m.line_no,
  @business_date, @occurred_at
FROM booked AS m;

-- name: StockLedgerCheck :many
-- Batches and shortfalls that aren't the sum of their movements, and movements of none, by branch. There must never be a row.
WITH held AS (
  SELECT b.id, b.branch_id, b.item_id, b.remaining_qty AS quantity FROM stock_batches b WHERE b.org_id = @org_id
  UNION ALL
  SELECT s.id, s.branch_id, s.item_id, -s.open_qty FROM stock_shortfalls s WHERE s.org_id = @org_id
), ledger AS (
  SELECT coalesce(m.batch_id, m.shortfall_id) AS id, m.branch_id, m.item_id, sum(m.quantity) AS quantity
  FROM stock_movements m
  WHERE m.org_id = @org_id
  GROUP BY 1, 2, 3
)
SELECT coalesce(held.branch_id, ledger.branch_id)::text AS branch_id, coalesce(held.item_id, ledger.item_id)::text AS item_id,
  coalesce(held.id, ledger.id)::text AS id, coalesce(held.quantity, 0)::numeric AS held, coalesce(ledger.quantity, 0)::numeric AS ledger
FROM held
FULL JOIN ledger ON ledger.id = held.id AND ledger.branch_id = held.branch_id AND ledger.item_id = held.item_id
WHERE held.id IS NULL OR held.quantity <> coalesce(ledger.quantity, 0)
ORDER BY 1, 2, 3;

-- name: StockDayCheck :many
-- Days that aren't the sums of the ledger, of one branch or of all. There must never be a row.
WITH kept AS (
  SELECT d.branch_id, d.item_id, d.business_date, d.used, d.moved FROM stock_days d
  WHERE d.org_id = @org_id AND (@branch_id::text = '' OR d.branch_id = @branch_id) AND d.business_date BETWEEN @from_date AND @to_date
), ledger AS (
  SELECT m.branch_id, m.item_id, m.business_date,
    coalesce(-sum(m.quantity) FILTER (WHERE m.kind IN ('SALE', 'SHORTFALL', 'VOID')), 0) AS used, sum(m.quantity) AS moved
  FROM stock_movements m
  WHERE m.org_id = @org_id AND (@branch_id::text = '' OR m.branch_id = @branch_id) AND m.business_date BETWEEN @from_date AND @to_date
  GROUP BY 1, 2, 3
)
SELECT coalesce(kept.branch_id, ledger.branch_id)::text AS branch_id, coalesce(kept.item_id, ledger.item_id)::text AS item_id,
  coalesce(kept.business_date, ledger.business_date)::date AS business_date,
  coalesce(kept.used, 0)::numeric AS kept_used, coalesce(ledger.used, 0)::numeric AS ledger_used,
  coalesce(kept.moved, 0)::numeric AS kept_moved, coalesce(ledger.moved, 0)::numeric AS ledger_moved
FROM kept
FULL JOIN ledger ON ledger.branch_id = kept.branch_id AND ledger.item_id = kept.item_id AND ledger.business_date = kept.business_date
WHERE coalesce(kept.used, 0) <> coalesce(ledger.used, 0) OR coalesce(kept.moved, 0) <> coalesce(ledger.moved, 0)
ORDER BY 1, 3, 2;

-- name: StockPositionLockBranch :exec
-- Locks all that a branch ever had, in the order in which all lock. What was loaded in bulk has no position before.
INSERT INTO stock_positions (org_id, item_id, branch_id)
SELECT @org_id, held.item_id, @branch_id
FROM (
  SELECT b.item_id FROM stock_batches b WHERE b.org_id = @org_id AND b.branch_id = @branch_id
  UNION
  SELECT s.item_id FROM stock_shortfalls s WHERE s.org_id = @org_id AND s.branch_id = @branch_id
) AS held
ORDER BY held.item_id
ON CONFLICT (org_id, item_id, branch_id) DO UPDATE SET branch_id = excluded.branch_id WHERE false;

-- name: StockBatchRebuild :execrows
-- A batch that nothing ever moved is empty.
UPDATE stock_batches b
SET remaining_qty = l.quantity
FROM (
  SELECT held.id, coalesce(sum(m.quantity), 0) AS quantity
  FROM stock_batches held
  LEFT JOIN stock_movements m ON m.org_id = @org_id AND m.branch_id = @branch_id AND m.batch_id = held.id
  WHERE held.org_id = @org_id AND held.branch_id = @branch_id
  GROUP BY held.id
) AS l
WHERE b.org_id = @org_id AND b.id = l.id AND b.remaining_qty <> l.quantity;

-- name: StockShortfallRebuild :execrows
UPDATE stock_shortfalls s
SET open_qty = -l.quantity
FROM (
  SELECT owed.id, coalesce(sum(m.quantity), 0) AS quantity
  FROM stock_shortfalls owed
  LEFT JOIN stock_movements m ON m.org_id = @org_id AND m.branch_id = @branch_id AND m.shortfall_id = owed.id
  WHERE owed.org_id = @org_id AND owed.branch_id = @branch_id
  GROUP BY owed.id
) AS l
WHERE s.org_id = @org_id AND s.id = l.id AND s.open_qty <> -l.quantity;

-- name: StockDayDelete :exec
DELETE FROM stock_days WHERE org_id = @org_id AND branch_id = @branch_id;

-- name: StockDayRebuild :exec
-- An item that the branch had for the first time since its days were deleted has its day already.
INSERT INTO stock_days (org_id, branch_id, item_id, business_date, used, moved)
SELECT @org_id, @branch_id, m.item_id, m.business_date,
  coalesce(-sum(m.quantity) FILTER (WHERE m.kind IN ('SALE', 'SHORTFALL', 'VOID')), 0), sum(m.quantity)
FROM stock_movements m
WHERE m.org_id = @org_id AND m.branch_id = @branch_id
GROUP BY m.item_id, m.business_date
ON CONFLICT (org_id, branch_id, item_id, business_date) DO UPDATE SET used = excluded.used, moved = excluded.moved;

-- name: StockMovementSum :many
-- A branch's movements of a range of dates by item and kind.
SELECT m.item_id, m.kind, sum(m.quantity)::numeric AS quantity
FROM stock_movements m
WHERE m.org_id = @org_id AND m.branch_id = @branch_id AND m.business_date BETWEEN @from_date AND @to_date
  AND (@all_items::boolean OR m.item_id = ANY (@item_ids::text[]))
GROUP BY m.item_id, m.kind
ORDER BY m.item_id, m.kind;

-- name: StockDayOpening :many
-- What was on hand before a date, by item, what is owed being negative.
SELECT d.item_id, sum(d.moved)::numeric AS quantity
FROM stock_days d
WHERE d.org_id = @org_id AND d.branch_id = @branch_id AND d.business_date < @before
  AND (@all_items::boolean OR d.item_id = ANY (@item_ids::text[]))
GROUP BY d.item_id
ORDER BY d.item_id;

-- name: StockOnHandList :many
-- What the ledger had of items in a branch at an instant: what is there now less what moved since. What happened after the instant
-- stands on no date before since_date.
SELECT wanted.item_id::text AS item_id,
  (coalesce(held.quantity, 0) - coalesce(owed.quantity, 0) - coalesce(since.quantity, 0))::numeric AS quantity
FROM (SELECT unnest(@item_ids::text[]) AS item_id) AS wanted
LEFT JOIN (
  SELECT b.item_id, sum(b.remaining_qty) AS quantity FROM stock_batches b
  WHERE b.org_id = @org_id AND b.branch_id = @branch_id AND b.item_id = ANY (@item_ids::text[]) AND b.remaining_qty > 0
  GROUP BY b.item_id
) AS held ON held.item_id = wanted.item_id
LEFT JOIN (
  SELECT f.item_id, sum(f.open_qty) AS quantity FROM stock_shortfalls f
  WHERE f.org_id = @org_id AND f.branch_id = @branch_id AND f.item_id = ANY (@item_ids::text[]) AND f.open_qty > 0
  GROUP BY f.item_id
) AS owed ON owed.item_id = wanted.item_id
LEFT JOIN (
  SELECT m.item_id, sum(m.quantity) AS quantity FROM stock_movements m
  WHERE m.org_id = @org_id AND m.branch_id = @branch_id AND m.item_id = ANY (@item_ids::text[])
    AND m.business_date >= @since_date AND m.occurred_at > @at
  GROUP BY m.item_id
) AS since ON since.item_id = wanted.item_id
ORDER BY wanted.item_id;
