-- name: OrganisationDirectory :many
-- An organisation's settings beside each of its branches; one row with empty branch columns if it has none.
SELECT o.org_id, o.name AS org_name, o.currency, o.day_cutoff_minutes, o.weight_revenue, o.weight_margin, o.weight_waste,
  o.weight_service, o.waste_cap_bp, o.royalty_base, o.royalty_rate_bp, o.royalty_floor, o.ad_fund_rate_bp, o.promotion_mode,
  b.id AS branch_id, b.name AS branch_name, b.time_zone, b.service_target_seconds, b.opened_on
FROM organisations o
LEFT JOIN branches b ON b.org_id = o.org_id
WHERE o.org_id = @org_id
ORDER BY b.id;

-- name: OrganisationUpdate :one
-- Replaces what is given and returns what stands.
UPDATE organisations SET
  name = coalesce(sqlc.narg(name), name),
  day_cutoff_minutes = coalesce(sqlc.narg(day_cutoff_minutes), day_cutoff_minutes),
  weight_revenue = coalesce(sqlc.narg(weight_revenue), weight_revenue),
  weight_margin = coalesce(sqlc.narg(weight_margin), weight_margin),
  weight_waste = coalesce(sqlc.narg(weight_waste), weight_waste),
  weight_service = coalesce(sqlc.narg(weight_service), weight_service),
  waste_cap_bp = coalesce(sqlc.narg(waste_cap_bp), waste_cap_bp),
  royalty_base = coalesce(sqlc.narg(royalty_base), royalty_base),
  royalty_rate_bp = coalesce(sqlc.narg(royalty_rate_bp), royalty_rate_bp),
  royalty_floor = coalesce(sqlc.narg(royalty_floor), royalty_floor),
  ad_fund_rate_bp = coalesce(sqlc.narg(ad_fund_rate_bp), ad_fund_rate_bp),
  promotion_mode = coalesce(sqlc.narg(promotion_mode), promotion_mode)
WHERE org_id = @org_id
RETURNING name, currency, day_cutoff_minutes, weight_revenue, weight_margin, weight_waste, weight_service, waste_cap_bp,
  royalty_base, royalty_rate_bp, royalty_floor, ad_fund_rate_bp, promotion_mode;

-- name: BranchUpsert :one
-- Without an opening date, a new branch opens on the date given as default and an old one keeps its own.
INSERT INTO branches AS b (org_id, id, name, time_zone, service_target_seconds, opened_on, created_at)
VALUES (@org_id, @id, @name, @time_zone, @service_target_seconds, coalesce(sqlc.narg(opened_on)::date, @default_opened_on::date), @created_at)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name,
  time_zone = excluded.time_zone,
  service_target_seconds = excluded.service_target_seconds,
  opened_on = coalesce(sqlc.narg(opened_on)::date, b.opened_on)
RETURNING opened_on;

-- name: BranchDaySum :many
-- Sums spans of branch days, each span by a range scan of the primary key: OFFSET 0 keeps the planner from joining the
-- organisation's whole history by hash instead. Day by day figures come as arrays beside the sums, so that each branch day
-- is read once.
SELECT s.span_no::integer AS span_no, d.days, d.foreign_currency, d.orders, d.covers, d.gross, d.discounts, d.comps, d.refunds,
  d.tax, d.cogs, d.waste_cost, d.tickets, d.tickets_on_time, d.voids, d.voids_value, d.purchases,
  d.dates, d.net_by_date, d.orders_by_date, d.cogs_by_date
FROM (
  SELECT unnest(@span_nos::integer[]) AS span_no,
    unnest(@branch_ids::text[]) AS branch_id,
    unnest(@from_dates::date[]) AS from_date,
    unnest(@to_dates::date[]) AS to_date,
    unnest(@by_date::boolean[]) AS by_date
) AS s
CROSS JOIN LATERAL (
  SELECT count(*) AS days,
    coalesce(bool_or(b.currency <> @currency), false)::boolean AS foreign_currency,
    coalesce(sum(b.orders), 0)::bigint AS orders,
    coalesce(sum(b.covers), 0)::bigint AS covers,
    coalesce(sum(b.gross), 0)::bigint AS gross,
    coalesce(sum(b.discounts), 0)::bigint AS discounts,
    coalesce(sum(b.comps), 0)::bigint AS comps,
    coalesce(sum(b.refunds), 0)::bigint AS refunds,
    coalesce(sum(b.tax), 0)::bigint AS tax,
    coalesce(sum(b.cogs), 0)::bigint AS cogs,
    coalesce(sum(b.waste_cost), 0)::bigint AS waste_cost,
    coalesce(sum(b.tickets), 0)::bigint AS tickets,
    coalesce(sum(b.tickets_on_time), 0)::bigint AS tickets_on_time,
    coalesce(sum(b.voids), 0)::bigint AS voids,
    coalesce(sum(b.voids_value), 0)::bigint AS voids_value,
    coalesce(sum(b.purchases), 0)::bigint AS purchases,
    array_agg(b.business_date) FILTER (WHERE s.by_date)::date[] AS dates,
    array_agg(b.gross - b.discounts - b.comps - b.refunds) FILTER (WHERE s.by_date)::bigint[] AS net_by_date,
    array_agg(b.orders) FILTER (WHERE s.by_date)::bigint[] AS orders_by_date,
    array_agg(b.cogs) FILTER (WHERE s.by_date)::bigint[] AS cogs_by_date
  FROM branch_day_sales b
  WHERE b.org_id = @org_id AND b.branch_id = s.branch_id AND b.business_date BETWEEN s.from_date AND s.to_date
  OFFSET 0
) d;

-- name: BudgetActuals :many
-- Sums spans of branch days by weekday (ISO: 1 is Monday). days counts the dates on which anything was booked.
SELECT s.span_no::integer AS span_no, d.weekday, d.days, d.foreign_currency, d.net, d.cogs, d.waste
FROM (
  SELECT unnest(@span_nos::integer[]) AS span_no,
    unnest(@branch_ids::text[]) AS branch_id,
    unnest(@from_dates::date[]) AS from_date,
    unnest(@to_dates::date[]) AS to_date
) AS s
CROSS JOIN LATERAL (
  SELECT extract(isodow FROM b.business_date)::integer AS weekday,
    count(*) AS days,
    bool_or(b.currency <> @currency)::boolean AS foreign_currency,
    sum(b.gross - b.discounts - b.comps - b.refunds)::bigint AS net,
    sum(b.cogs)::bigint AS cogs,
    sum(b.waste_cost)::bigint AS waste
  FROM branch_day_sales b
  WHERE b.org_id = @org_id AND b.branch_id = s.branch_id AND b.business_date BETWEEN s.from_date AND s.to_date
  GROUP BY 1
  OFFSET 0
) d;

-- name: BudgetList :many
SELECT branch_id, revenue, cogs, waste, weekday_weights
FROM branch_budgets
WHERE org_id = @org_id AND period = @period
ORDER BY branch_id;

-- name: BudgetUpsert :exec
-- Sorted, so that two calls about the same budgets queue instead of deadlocking. Weights come as array literals: unnest
-- would flatten an array of arrays.
INSERT INTO branch_budgets (org_id, branch_id, period, revenue, cogs, waste, weekday_weights, updated_by, updated_at)
SELECT @org_id, t.branch_id, t.period, t.revenue, t.cogs, t.waste, t.weekday_weights::integer[], @updated_by, @updated_at
FROM (
  SELECT unnest(@branch_ids::text[]) AS branch_id,
    unnest(@periods::text[]) AS period,
    unnest(@revenue::bigint[]) AS revenue,
    unnest(@cogs::bigint[]) AS cogs,
    unnest(@waste::bigint[]) AS waste,
    unnest(@weekday_weights::text[]) AS weekday_weights
) AS t
ORDER BY t.branch_id, t.period
ON CONFLICT (org_id, branch_id, period) DO UPDATE SET
  revenue = excluded.revenue,
  cogs = excluded.cogs,
  waste = excluded.waste,
  weekday_weights = excluded.weekday_weights,
  updated_by = excluded.updated_by,
  updated_at = excluded.updated_at;

-- name: RankList :many
-- The stored rankings of a month.
SELECT branch_id, rank, score, partial, movement, net_sales, gross_margin_bp, waste_of_sales_bp, service_level_bp,
  weight_revenue, weight_margin, weight_waste, weight_service, currency, computed_at
FROM franchise_ranks
WHERE org_id = @org_id AND period = @period
ORDER BY rank, net_sales DESC, branch_id;

-- name: RankReplace :exec
-- Stores the rankings of a month in place of those before; branches that are no longer ranked go. What is
-- absent comes as an empty text: arrays of nullable numbers have no type in the generated code.
WITH dropped AS (
  DELETE FROM franchise_ranks f
  WHERE f.org_id = @org_id AND f.period = @period AND f.branch_id <> ALL (@branch_ids::text[])
)
INSERT INTO franchise_ranks (
  org_id, period, branch_id, rank, score, partial, movement, net_sales, gross_margin_bp, waste_of_sales_bp, service_level_bp,
  weight_revenue, weight_margin, weight_waste, weight_service, currency, computed_at
)
SELECT @org_id, @period, r.branch_id, r.rank, r.score, r.partial, nullif(r.movement, '')::integer, r.net_sales,
  nullif(r.gross_margin_bp, '')::bigint, nullif(r.waste_of_sales_bp, '')::bigint, nullif(r.service_level_bp, '')::bigint,
  @weight_revenue, @weight_margin, @weight_waste, @weight_service, @currency, @computed_at
FROM (
  SELECT unnest(@branch_ids::text[]) AS branch_id,
    unnest(@ranks::integer[]) AS rank,
    unnest(@scores::numeric[]) AS score,
    unnest(@partial::boolean[]) AS partial,
    unnest(@movements::text[]) AS movement,
    unnest(@net_sales::bigint[]) AS net_sales,
    unnest(@gross_margin_bp::text[]) AS gross_margin_bp,
    unnest(@waste_of_sales_bp::text[]) AS waste_of_sales_bp,
    unnest(@service_level_bp::text[]) AS service_level_bp
) AS r
ORDER BY r.branch_id
ON CONFLICT (org_id, period, branch_id) DO UPDATE SET
  rank = excluded.rank,
  score = excluded.score,
  partial = excluded.partial,
  movement = excluded.movement,
  net_sales = excluded.net_sales,
  gross_margin_bp = excluded.gross_margin_bp,
  waste_of_sales_bp = excluded.waste_of_sales_bp,
  service_level_bp = excluded.service_level_bp,
  weight_revenue = excluded.weight_revenue,
  weight_margin = excluded.weight_margin,
  weight_waste = excluded.weight_waste,
  weight_service = excluded.weight_service,
  currency = excluded.currency,
  computed_at = excluded.computed_at;
