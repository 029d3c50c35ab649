-- name: KpiOpenOrderCount :many
SELECT branch_id, count(*) AS open_orders FROM orders
WHERE org_id = @org_id AND status IN ('OPEN', 'SENT', 'READY')
GROUP BY branch_id;

-- name: KpiStockAtRiskCount :many
-- How many rows StockRiskLevelList and StockRiskBatchList would have, by branch.
WITH asked AS (
  SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@today::date[]) AS today, unnest(@until_dates::date[]) AS until_date
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
), risks AS (
  SELECT l.branch_id FROM levels l
  JOIN inventory_items i ON i.org_id = @org_id AND i.id = l.item_id
  WHERE l.usable < 0 OR (i.is_active AND l.reorder_level > 0 AND l.usable <= l.reorder_level)
  UNION ALL
  SELECT b.branch_id FROM asked
  JOIN stock_batches b ON b.org_id = @org_id AND b.branch_id = asked.branch_id AND b.remaining_qty > 0 AND b.expires_on <= asked.until_date
)
SELECT branch_id, count(*) AS at_risk FROM risks GROUP BY branch_id;
