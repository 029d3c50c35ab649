-- name: DaySalesAdd :exec
-- Adds to a branch day, in the transaction of what changed it. One statement, so that concurrent writers queue on the row.
INSERT INTO branch_day_sales AS d (
  org_id, branch_id, business_date, currency, orders, covers, gross, discounts, comps, refunds, tax, cogs, waste_cost,
  tickets, tickets_on_time, voids, voids_value, purchases
) VALUES (
  @org_id, @branch_id, @business_date, @currency, @orders, @covers, @gross, @discounts, @comps, @refunds, @tax, @cogs, @waste_cost,
  @tickets, @tickets_on_time, @voids, @voids_value, @purchases
)
ON CONFLICT (org_id, branch_id, business_date) DO UPDATE SET
  orders = d.orders + excluded.orders,
  covers = d.covers + excluded.covers,
  gross = d.gross + excluded.gross,
  discounts = d.discounts + excluded.discounts,
  comps = d.comps + excluded.comps,
  refunds = d.refunds + excluded.refunds,
  tax = d.tax + excluded.tax,
  cogs = d.cogs + excluded.cogs,
  waste_cost = d.waste_cost + excluded.waste_cost,
  tickets = d.tickets + excluded.tickets,
  tickets_on_time = d.tickets_on_time + excluded.tickets_on_time,
  voids = d.voids + excluded.voids,
  voids_value = d.voids_value + excluded.voids_value,
  purchases = d.purchases + excluded.purchases;

-- name: DaySalesList :many
SELECT * FROM branch_day_sales
WHERE org_id = @org_id AND business_date BETWEEN @from_date::date AND @to_date::date
ORDER BY branch_id, business_date;

-- name: DaySalesRecompute :many
-- The same figures from the raw rows: what branch_day_sales must equal, always.
WITH parts AS (
  SELECT o.branch_id, o.business_date,
    count(*) FILTER (WHERE o.status = 'CLOSED') AS orders,
    coalesce(sum(o.covers) FILTER (WHERE o.status = 'CLOSED'), 0) AS covers,
    coalesce(sum(o.gross) FILTER (WHERE o.status = 'CLOSED'), 0) AS gross,
    coalesce(sum(o.discount) FILTER (WHERE o.status = 'CLOSED'), 0) AS discounts,
    coalesce(sum(o.comp) FILTER (WHERE o.status = 'CLOSED'), 0) AS comps,
    0 AS refunds,
    coalesce(sum(o.tax) FILTER (WHERE o.status = 'CLOSED'), 0) AS tax,
    -- A void after closing keeps its cost unless it was restocked; the order's own cogs says which.
    coalesce(sum(o.cogs), 0) AS cogs,
    0 AS waste_cost, 0 AS tickets, 0 AS tickets_on_time,
    count(*) FILTER (WHERE o.status = 'VOIDED') AS voids,
    coalesce(sum(o.gross) FILTER (WHERE o.status = 'VOIDED'), 0) AS voids_value,
    0 AS purchases
  FROM orders o
  WHERE o.org_id = @org_id AND o.business_date BETWEEN @from_date::date AND @to_date::date
  GROUP BY o.branch_id, o.business_date
  UNION ALL
  SELECT o.branch_id, o.business_date, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(*),
    count(*) FILTER (WHERE t.ready_at - t.sent_at <= make_interval(secs => t.target_seconds)), 0, 0, 0
  FROM orders o
  JOIN order_tickets t ON t.org_id = o.org_id AND t.order_id = o.id
  WHERE o.org_id = @org_id AND o.business_date BETWEEN @from_date::date AND @to_date::date
    AND o.status = 'CLOSED' AND t.ready_at IS NOT NULL
  GROUP BY o.branch_id, o.business_date
  UNION ALL
  SELECT a.branch_id, a.business_date, 0, 0, 0, 0, 0, sum(a.amount), -sum(a.tax), -sum(a.restocked_cogs), 0, 0, 0, 0, 0, 0
  FROM order_adjustments a
  WHERE a.org_id = @org_id AND a.kind = 'REFUND' AND a.business_date BETWEEN @from_date::date AND @to_date::date
  GROUP BY a.branch_id, a.business_date
  UNION ALL
  SELECT w.branch_id, w.business_date, 0, 0, 0, 0, 0, 0, 0, 0, sum(w.cost), 0, 0, 0, 0, 0
  FROM wastage w
  WHERE w.org_id = @org_id AND w.business_date BETWEEN @from_date::date AND @to_date::date
  GROUP BY w.branch_id, w.business_date
  UNION ALL
  SELECT b.branch_id, b.business_date, 0, 0, 0, 0, 0, 0, 0, sum(b.settled_cogs), 0, 0, 0, 0, 0, 0
  FROM stock_batches b
  WHERE b.org_id = @org_id AND b.settled_cogs <> 0 AND b.business_date BETWEEN @from_date::date AND @to_date::date
  GROUP BY b.branch_id, b.business_date
  UNION ALL
  SELECT r.branch_id, r.business_date, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sum(r.cost)
  FROM purchase_receipts r
  WHERE r.org_id = @org_id AND r.business_date BETWEEN @from_date::date AND @to_date::date
  GROUP BY r.branch_id, r.business_date
)
SELECT branch_id, business_date::date AS business_date,
  sum(orders)::bigint AS orders, sum(covers)::bigint AS covers, sum(gross)::bigint AS gross, sum(discounts)::bigint AS discounts,
  sum(comps)::bigint AS comps, sum(refunds)::bigint AS refunds, sum(tax)::bigint AS tax, sum(cogs)::bigint AS cogs,
  sum(waste_cost)::bigint AS waste_cost, sum(tickets)::bigint AS tickets, sum(tickets_on_time)::bigint AS tickets_on_time,
  sum(voids)::bigint AS voids, sum(voids_value)::bigint AS voids_value, sum(purchases)::bigint AS purchases
FROM parts
GROUP BY branch_id, business_date
ORDER BY branch_id, business_date;
