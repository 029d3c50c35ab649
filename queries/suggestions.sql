-- name: SuggestionPositionList :many
-- What each branch has and will have of its items, in one statement, so that goods which arrive meanwhile count once. On hand is what
-- isn't expired on the branch's date, less what is owed. On order are drafts too, but for those that were generated and that nobody
-- touched: they follow from this and are made anew for the next date.
SELECT p.branch_id::text AS branch_id, p.item_id::text AS item_id, sum(p.on_hand)::numeric AS on_hand, sum(p.on_order)::numeric AS on_order,
  sum(p.in_transit)::numeric AS in_transit, sum(p.committed)::numeric AS committed
FROM (
  SELECT b.branch_id, b.item_id, b.remaining_qty AS on_hand, 0 AS on_order, 0 AS in_transit, 0 AS committed
  FROM (SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@today::date[]) AS today) AS asked
  JOIN stock_batches b ON b.org_id = @org_id AND b.branch_id = asked.branch_id AND b.remaining_qty > 0
    AND (b.expires_on IS NULL OR b.expires_on >= asked.today)
  UNION ALL
  SELECT f.branch_id, f.item_id, -f.open_qty, 0, 0, 0
  FROM stock_shortfalls f
  WHERE f.org_id = @org_id AND f.branch_id = ANY (@branch_ids::text[]) AND f.open_qty > 0
  UNION ALL
  SELECT o.branch_id, l.item_id, 0, greatest(l.quantity - l.received_qty, 0), 0, 0
  FROM purchase_orders o
  JOIN purchase_order_lines l ON l.org_id = @org_id AND l.po_id = o.id
  WHERE o.org_id = @org_id AND o.branch_id = ANY (@branch_ids::text[])
    AND o.status IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'PLACED', 'PARTIALLY_RECEIVED')
    AND (o.status <> 'DRAFT' OR o.generated_for IS NULL OR o.updated_by IS NOT NULL)
  UNION ALL
  SELECT t.to_branch_id, l.item_id, 0, 0, l.quantity - l.received_qty - l.lost_qty, 0
  FROM stock_transfers t
  JOIN stock_transfer_lines l ON l.org_id = @org_id AND l.transfer_id = t.id
  WHERE t.org_id = @org_id AND t.status = 'IN_TRANSIT' AND t.to_branch_id = ANY (@branch_ids::text[])
  UNION ALL
  SELECT t.from_branch_id, l.item_id, 0, 0, 0, l.quantity
  FROM stock_transfers t
  JOIN stock_transfer_lines l ON l.org_id = @org_id AND l.transfer_id = t.id
  WHERE t.org_id = @org_id AND t.status = 'APPROVED' AND t.from_branch_id = ANY (@branch_ids::text[])
) AS p
GROUP BY p.branch_id, p.item_id;

-- name: SuggestionUseList :many
-- How each item was used on the last open dates before the branch's date, those on which it was there at all. An open date is one with
-- sales; one without use of the item counts with 0. The days are read item by item, by their key: the history is long, and only
-- these few dates of it matter.
WITH spans AS MATERIALIZED (
  SELECT asked.branch_id, (
    SELECT array_agg(d.business_date) FROM (
      SELECT s.business_date FROM branch_day_sales s
      WHERE s.org_id = @org_id AND s.branch_id = asked.branch_id AND s.business_date < asked.today AND s.orders > 0
      ORDER BY s.business_date DESC
      LIMIT @days
    ) AS d
  ) AS dates
  FROM (SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@today::date[]) AS today) AS asked
)
SELECT spans.branch_id::text AS branch_id, i.id AS item_id,
  (SELECT count(*) FROM unnest(spans.dates) AS open_date WHERE open_date >= known.first_date)::bigint AS days,
  coalesce(used.total, 0)::numeric AS used, coalesce(used.squares, 0)::float8 AS squares
FROM spans
CROSS JOIN inventory_items i
CROSS JOIN LATERAL (
  SELECT f.business_date AS first_date FROM stock_days f
  WHERE f.org_id = @org_id AND f.branch_id = spans.branch_id AND f.item_id = i.id
  ORDER BY f.business_date
  LIMIT 1
) AS known
CROSS JOIN LATERAL (
  SELECT sum(u.used) AS total, sum(u.used * u.used) AS squares FROM stock_days u
  WHERE u.org_id = @org_id AND u.branch_id = spans.branch_id AND u.item_id = i.id AND u.business_date = ANY (spans.dates)
) AS used
WHERE i.org_id = @org_id AND i.is_active AND spans.dates[1] >= known.first_date;

-- name: SuggestionForecastList :many
-- What is foreseen for the dates to come.
SELECT f.branch_id, f.item_id, f.date, f.quantity
FROM (SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@today::date[]) AS today) AS asked
JOIN forecast_points f ON f.org_id = @org_id AND f.branch_id = asked.branch_id AND f.date >= asked.today AND f.date < asked.today + @days::integer;

-- name: SuggestionPolicyList :many
SELECT * FROM stock_policies WHERE org_id = @org_id AND branch_id = ANY (@branch_ids::text[]);

-- name: SuggestionSupplierList :many
-- Where each active item is bought: from the preferred supplier, else the cheapest, then by id. Items that nobody sells have no
-- supplier.
SELECT i.id AS item_id, i.name, i.base_unit, coalesce(b.supplier_name, '')::text AS supplier_name, coalesce(b.supplier_id, '')::text AS supplier_id, coalesce(b.unit_cost, 0)::numeric AS unit_cost,
  coalesce(b.pack_size, 1)::numeric AS pack_size, coalesce(b.min_order_qty, 0)::numeric AS min_order_qty, coalesce(b.shelf_days, 0)::integer AS shelf_days,
  coalesce(b.lead_time_days, 1)::integer AS lead_time_days, coalesce(b.review_period_days, 1)::integer AS review_period_days
FROM inventory_items i
LEFT JOIN LATERAL (
  SELECT s.supplier_id, p.name AS supplier_name, s.unit_cost, s.pack_size, s.min_order_qty, s.shelf_days, p.lead_time_days, p.review_period_days
  FROM supplier_items s
  JOIN suppliers p ON p.org_id = @org_id AND p.id = s.supplier_id
  WHERE s.org_id = @org_id AND s.item_id = i.id AND NOT s.discontinued
  ORDER BY s.preferred DESC, s.unit_cost, s.supplier_id
  LIMIT 1
) AS b ON true
WHERE i.org_id = @org_id AND i.is_active
ORDER BY i.id;
