-- name: ForecastItemMissing :many
-- Those of the given ids that are no items of the organisation.
SELECT g.id::text AS id
FROM (
  SELECT unnest(@ids::text[]) AS id
) AS g
WHERE NOT EXISTS (SELECT FROM inventory_items i WHERE i.org_id = @org_id AND i.id = g.id)
ORDER BY g.id
LIMIT 1;

-- name: ForecastList :many
-- Expected use by item and date, summed over branches, beside what the same branches really used. Dates from completed_before on are
-- not over in every branch and have no actual use yet.
SELECT i.id AS item_id, i.name AS item_name, i.base_unit, p.date, p.branches, p.quantity, p.bounded, p.p025, p.p10, p.p90, p.p975,
  p.methods, p.used
FROM inventory_items i
CROSS JOIN LATERAL (
  SELECT f.date,
    count(*)::integer AS branches,
    sum(f.quantity)::numeric AS quantity,
    count(f.p10)::integer AS bounded,
    coalesce(sum(f.p025), 0)::numeric AS p025,
    coalesce(sum(f.p10), 0)::numeric AS p10,
    coalesce(sum(f.p90), 0)::numeric AS p90,
    coalesce(sum(f.p975), 0)::numeric AS p975,
    array_agg(DISTINCT f.method ORDER BY f.method)::text[] AS methods,
    coalesce(sum(u.used), 0)::numeric AS used
  FROM forecast_points f
  LEFT JOIN LATERAL (
    SELECT d.used
    FROM stock_days d
    WHERE d.org_id = @org_id AND d.branch_id = f.branch_id AND d.item_id = f.item_id AND d.business_date = f.date
      AND f.date < @completed_before
    OFFSET 0
  ) u ON true
  WHERE f.org_id = @org_id AND f.item_id = i.id AND f.date BETWEEN @from_date AND @to_date
    AND (@all_branches::boolean OR f.branch_id = ANY (@branch_ids::text[]))
  GROUP BY f.date
) p
WHERE i.org_id = @org_id AND (@all_items::boolean OR i.id = ANY (@item_ids::text[]))
ORDER BY p.date, i.id;

-- name: ForecastOpenDateList :many
-- The dates on which a branch sold something.
SELECT business_date FROM branch_day_sales
WHERE org_id = @org_id AND branch_id = @branch_id AND business_date BETWEEN @from_date AND @to_date AND orders > 0
ORDER BY business_date;

-- name: ForecastUseList :many
-- What moved of each item of a branch, by item and date; what moved before the first date is summed into one row, of the day
-- before it.
SELECT d.item_id, greatest(d.business_date, @day_before::date)::date AS business_date, sum(d.used)::float8 AS used, sum(d.moved)::float8 AS moved
FROM stock_days d
WHERE d.org_id = @org_id AND d.branch_id = @branch_id AND d.business_date <= @to_date
GROUP BY d.item_id, 2
ORDER BY d.item_id, 2;

-- name: ForecastBranchLock :exec
-- Keeps runs that overlap apart, branch by branch.
SELECT FROM branches WHERE org_id = @org_id AND id = @id FOR NO KEY UPDATE;

-- name: ForecastPointDelete :exec
-- What an earlier run foresaw from a date on. Points of dates before stay, to be compared with what was used.
DELETE FROM forecast_points WHERE org_id = @org_id AND branch_id = @branch_id AND (date >= @from_date OR date < @kept_from);

-- name: ForecastPointInsert :exec
INSERT INTO forecast_points (org_id, branch_id, item_id, date, quantity, p025, p10, p90, p975, method, generated_at)
SELECT @org_id, @branch_id, p.item_id, p.date, p.quantity, CASE WHEN p.bounded THEN p.p025 END, CASE WHEN p.bounded THEN p.p10 END,
  CASE WHEN p.bounded THEN p.p90 END, CASE WHEN p.bounded THEN p.p975 END, p.method, @generated_at
FROM (
  SELECT unnest(@item_ids::text[]) AS item_id,
    unnest(@dates::date[]) AS date,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@bounded::boolean[]) AS bounded,
    unnest(@p025s::numeric[]) AS p025,
    unnest(@p10s::numeric[]) AS p10,
    unnest(@p90s::numeric[]) AS p90,
    unnest(@p975s::numeric[]) AS p975,
    unnest(@methods::text[]) AS method
) AS p;

-- name: ForecastSeriesReplace :exec
WITH dropped AS (
  DELETE FROM forecast_series s WHERE s.org_id = @org_id AND s.branch_id = @branch_id AND s.item_id <> ALL (@item_ids::text[])
)
INSERT INTO forecast_series (
  org_id, branch_id, item_id, status, method, observations, origins, tested_days, absolute_error, error, actual, covered_80, covered_95,
  first_date, generated_at
)
SELECT @org_id, @branch_id, t.item_id, t.status, t.method, t.observations, t.origins, t.tested_days, t.absolute_error, t.error, t.actual, t.covered_80,
  t.covered_95, @first_date, @generated_at
FROM (
  SELECT unnest(@item_ids::text[]) AS item_id,
    unnest(@statuses::text[]) AS status,
    unnest(@methods::text[]) AS method,
    unnest(@observations::integer[]) AS observations,
    unnest(@origins::integer[]) AS origins,
    unnest(@tested_days::integer[]) AS tested_days,
    unnest(@absolute_errors::float8[]) AS absolute_error,
    unnest(@errors::float8[]) AS error,
    unnest(@actuals::float8[]) AS actual,
    unnest(@covered_80s::integer[]) AS covered_80,
    unnest(@covered_95s::integer[]) AS covered_95
) AS t
ON CONFLICT (org_id, branch_id, item_id) DO UPDATE SET
  status = excluded.status, method = excluded.method, observations = excluded.observations, origins = excluded.origins,
  tested_days = excluded.tested_days, absolute_error = excluded.absolute_error, error = excluded.error, actual = excluded.actual,
  covered_80 = excluded.covered_80, covered_95 = excluded.covered_95, first_date = excluded.first_date, generated_at = excluded.generated_at;

-- name: ForecastSeriesList :many
SELECT s.*, i.name AS item_name FROM forecast_series s
JOIN inventory_items i ON i.org_id = @org_id AND i.id = s.item_id
WHERE s.org_id = @org_id
  AND (@all_branches::boolean OR s.branch_id = ANY (@branch_ids::text[]))
  AND (@all_items::boolean OR s.item_id = ANY (@item_ids::text[]))
ORDER BY s.item_id, s.branch_id;

-- name: ForecastUpliftList :many
SELECT * FROM forecast_uplifts WHERE org_id = @org_id ORDER BY name;

-- name: ForecastUpliftDelete :exec
DELETE FROM forecast_uplifts WHERE org_id = @org_id;

-- name: ForecastUpliftInsert :exec
INSERT INTO forecast_uplifts (org_id, name, rate_bp, weekdays, days_of_month, month_end)
VALUES (@org_id, @name, @rate_bp, @weekdays, @days_of_month, @month_end);
