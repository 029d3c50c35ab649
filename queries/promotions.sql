-- name: PromotionInsert :execrows
INSERT INTO promotions (
  org_id, id, status, terms, name, priority, starts_at, ends_at, limit_total, revision, author, created_at, updated_at
)
VALUES (
  @org_id, @id, 'DRAFT', @terms, @name, @priority, sqlc.narg(starts_at), sqlc.narg(ends_at), @limit_total, 1, @author, @now, @now
)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: PromotionLock :one
-- Waits for orders that are redeeming the promotion: their rows refer to it.
SELECT * FROM promotions WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: PromotionUpdate :exec
-- What was redeemed so far counts against a bound that comes later.
UPDATE promotions p
SET status = @status, terms = @terms, name = @name, priority = @priority, starts_at = sqlc.narg(starts_at), ends_at = sqlc.narg(ends_at),
  limit_total = @limit_total, revision = @revision, author = @author, approved_by = sqlc.narg(approved_by), updated_at = @updated_at,
  redeemed = CASE WHEN @limit_total::bigint = 0 THEN 0 ELSE (
    SELECT count(*) FROM promotion_redemptions r WHERE r.org_id = p.org_id AND r.promotion_id = p.id AND r.released_at IS NULL AND r.org_id = @org_id
  ) END
WHERE p.org_id = @org_id AND p.id = @id;

-- name: PromotionSetStatus :exec
UPDATE promotions
SET status = @status, revision = @revision, approved_by = sqlc.narg(approved_by), updated_at = @updated_at
WHERE org_id = @org_id AND id = @id;

-- name: PromotionGet :one
SELECT p.*, (
  SELECT count(*) FROM promotion_redemptions r WHERE r.org_id = @org_id AND r.promotion_id = p.id AND r.released_at IS NULL
)::bigint AS redemptions
FROM promotions p
WHERE p.org_id = @org_id AND p.id = @id;

-- name: PromotionList :many
-- Redemptions are counted up to a bound: a happy hour has millions.
SELECT p.*, (
  SELECT count(*) FROM (
    SELECT FROM promotion_redemptions r WHERE r.org_id = @org_id AND r.promotion_id = p.id AND r.released_at IS NULL LIMIT 10000
  ) AS counted
)::bigint AS redemptions
FROM promotions p
WHERE p.org_id = @org_id
  AND (cardinality(@statuses::text[]) = 0 OR p.status = ANY (@statuses::text[]))
  AND (@branch_id::text = '' OR NOT p.terms -> 'scope' ? 'branch_ids' OR p.terms -> 'scope' -> 'branch_ids' ? @branch_id)
  AND (@coupon_code::text = '' OR EXISTS (
    SELECT FROM promotion_coupons c WHERE c.org_id = @org_id AND c.promotion_id = p.id AND c.code = upper(@coupon_code)
  ))
  AND (sqlc.narg(holds_at)::timestamptz IS NULL OR (
    coalesce(p.starts_at, '-infinity') <= sqlc.narg(holds_at) AND sqlc.narg(holds_at) < coalesce(p.ends_at, 'infinity')
  ))
  AND strpos(lower(p.name), lower(@name_contains::text)) > 0
  AND (-p.priority, p.created_at, p.id) > (@after_rank::integer, @after_created_at::timestamptz, @after_id::text)
ORDER BY p.priority DESC, p.created_at, p.id
LIMIT @page_size;

-- name: PromotionListActive :many
SELECT id, terms, created_at FROM promotions WHERE org_id = @org_id AND status = 'ACTIVE';

-- name: PromotionListExclusive :many
-- Exclusive promotions that may come to hold, for warnings.
SELECT id, terms FROM promotions
WHERE org_id = @org_id AND id <> @id AND status <> 'ARCHIVED' AND (terms ->> 'exclusive')::boolean;

-- name: PromotionEventInsert :exec
INSERT INTO promotion_events (org_id, promotion_id, revision, action, actor, note, terms, occurred_at)
VALUES (@org_id, @promotion_id, @revision, @action, @actor, @note, sqlc.narg(terms), @occurred_at);

-- name: PromotionEventList :many
SELECT * FROM promotion_events WHERE org_id = @org_id AND promotion_id = @promotion_id ORDER BY revision;

-- name: PromotionCouponUpsert :exec
-- What was redeemed of a code so far counts against a bound that comes later.
INSERT INTO promotion_coupons (org_id, promotion_id, code, limit_each, redeemed)
SELECT @org_id, @promotion_id, t.code, @limit_each, coalesce(counted.redeemed, 0)
FROM (SELECT unnest(@codes::text[]) AS code) AS t
LEFT JOIN (
  SELECT r.coupon_code, count(*) AS redeemed FROM promotion_redemptions r
  WHERE r.org_id = @org_id AND r.promotion_id = @promotion_id AND r.released_at IS NULL AND @limit_each::bigint <> 0
  GROUP BY r.coupon_code
) AS counted ON counted.coupon_code = t.code
ORDER BY t.code
ON CONFLICT (org_id, promotion_id, code) DO UPDATE SET limit_each = excluded.limit_each, redeemed = excluded.redeemed;

-- name: PromotionCouponDeleteOthers :exec
DELETE FROM promotion_coupons WHERE org_id = @org_id AND promotion_id = @promotion_id AND code <> ALL (@codes::text[]);

-- name: PromotionVersionBump :exec
-- Every node prices by the new state from the commit on. It also keeps changes of an organisation's promotions apart.
UPDATE organisations SET promotions_version = promotions_version + 1 WHERE org_id = @org_id;

-- name: PromotionLimitLock :many
-- Bounded promotions with something left, locked in one order for all. After waiting for another order the condition is
-- looked at again, so what is returned is really left.
SELECT id, (limit_total - redeemed)::bigint AS available
FROM promotions
WHERE org_id = @org_id AND id = ANY (@ids::text[]) AND limit_total > redeemed
ORDER BY id
FOR NO KEY UPDATE;

-- name: PromotionLimitList :many
SELECT id, (limit_total - redeemed)::bigint AS available FROM promotions WHERE org_id = @org_id AND id = ANY (@ids::text[]) AND limit_total > redeemed;

-- name: PromotionCouponLock :many
SELECT c.promotion_id, c.code
FROM promotion_coupons c
WHERE c.org_id = @org_id AND c.promotion_id = ANY (@promotion_ids::text[]) AND c.code = ANY (@codes::text[]) AND c.limit_each > c.redeemed
ORDER BY c.promotion_id, c.code
FOR NO KEY UPDATE;

-- name: PromotionCouponList :many
SELECT c.promotion_id, c.code
FROM promotion_coupons c
WHERE c.org_id = @org_id AND c.promotion_id = ANY (@promotion_ids::text[]) AND c.code = ANY (@codes::text[]) AND c.limit_each > c.redeemed;

-- name: PromotionRedeem :exec
-- Counts redemptions against their bounds and writes them down.
WITH given AS (
  SELECT unnest(@promotion_ids::text[]) AS promotion_id,
    unnest(@coupon_codes::text[]) AS coupon_code,
    unnest(@amounts::bigint[]) AS amount
), bounded AS (
  UPDATE promotions p
  SET redeemed = p.redeemed + g.times
  FROM (SELECT promotion_id, count(*) AS times FROM given GROUP BY promotion_id) AS g
  WHERE p.org_id = @org_id AND p.id = g.promotion_id AND p.limit_total > 0
), coupons AS (
  UPDATE promotion_coupons c
  SET redeemed = c.redeemed + 1
  FROM given g
  WHERE c.org_id = @org_id AND c.promotion_id = g.promotion_id AND c.code = g.coupon_code AND c.limit_each > 0
)
INSERT INTO promotion_redemptions (org_id, promotion_id, order_id, coupon_code, branch_id, business_date, amount, redeemed_at)
SELECT @org_id, g.promotion_id, @order_id, g.coupon_code, @branch_id, @business_date, g.amount, @redeemed_at
FROM given g;

-- name: PromotionRedemptionRelease :exec
-- Gives back what a voided order redeemed.
WITH released AS (
  UPDATE promotion_redemptions r
  SET released_at = @released_at
  WHERE r.org_id = @org_id AND r.order_id = @order_id AND r.released_at IS NULL
  RETURNING r.promotion_id, r.coupon_code
), bounded AS (
  UPDATE promotions p
  SET redeemed = p.redeemed - g.times
  FROM (SELECT promotion_id, count(*) AS times FROM released GROUP BY promotion_id) AS g
  WHERE p.org_id = @org_id AND p.id = g.promotion_id AND p.limit_total > 0
)
UPDATE promotion_coupons c
SET redeemed = c.redeemed - 1
FROM released g
WHERE c.org_id = @org_id AND c.promotion_id = g.promotion_id AND c.code = g.coupon_code AND c.limit_each > 0;

-- name: PromotionRedemptionLock :exec
-- Before a release, in the order in which closing orders lock.
SELECT p.id FROM promotions p
WHERE p.org_id = @org_id AND p.limit_total > 0 AND p.id IN (
  SELECT r.promotion_id FROM promotion_redemptions r WHERE r.org_id = @org_id AND r.order_id = @order_id AND r.released_at IS NULL
)
ORDER BY p.id
FOR NO KEY UPDATE;

-- name: PromotionCouponRedemptionLock :exec
-- The same of coupons.
SELECT c.code FROM promotion_coupons c
WHERE c.org_id = @org_id AND c.limit_each > 0 AND (c.promotion_id, c.code) IN (
  SELECT r.promotion_id, r.coupon_code FROM promotion_redemptions r WHERE r.org_id = @org_id AND r.order_id = @order_id AND r.released_at IS NULL
)
ORDER BY c.promotion_id, c.code
FOR NO KEY UPDATE;

-- name: PromotionCouponCountList :many
SELECT coupon_code, count(*)::bigint AS redeemed
FROM promotion_redemptions
WHERE org_id = @org_id AND promotion_id = @promotion_id AND coupon_code <> '' AND released_at IS NULL
GROUP BY coupon_code
ORDER BY coupon_code;

-- name: PromotionResultList :many
SELECT r.promotion_id, p.name, count(*)::bigint AS redemptions, sum(r.amount)::bigint AS discount,
  sum(r.gross)::bigint AS gross, sum(r.net)::bigint AS net
FROM (
  SELECT d.promotion_id, sum(d.amount)::bigint AS amount, o.gross, o.gross - o.discount - o.comp - o.refunded AS net
  FROM promotion_redemptions d
  JOIN orders o ON o.org_id = @org_id AND o.id = d.order_id
  WHERE d.org_id = @org_id AND d.business_date BETWEEN @start_date AND @end_date AND d.released_at IS NULL
    AND (@branch_id::text = '' OR d.branch_id = @branch_id)
    AND (@promotion_id::text = '' OR d.promotion_id = @promotion_id)
  GROUP BY d.promotion_id, o.org_id, o.id
) AS r
JOIN promotions p ON p.org_id = @org_id AND p.id = r.promotion_id
GROUP BY r.promotion_id, p.name
ORDER BY discount DESC, r.promotion_id;

-- name: OrderLinePromotionInsert :exec
INSERT INTO order_line_promotions (org_id, order_id, line_no, promotion_id, coupon_code, amount)
SELECT @org_id, @order_id, t.line_no, t.promotion_id, t.coupon_code, t.amount
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@promotion_ids::text[]) AS promotion_id,
    unnest(@coupon_codes::text[]) AS coupon_code,
    unnest(@amounts::bigint[]) AS amount
) AS t;

-- name: OrderLinePromotionList :many
SELECT l.line_no, l.promotion_id, l.coupon_code, l.amount, p.name
FROM order_line_promotions l
JOIN promotions p ON p.org_id = @org_id AND p.id = l.promotion_id
WHERE l.org_id = @org_id AND l.order_id = @order_id
ORDER BY p.priority DESC, p.created_at, p.id, l.coupon_code, l.line_no;

-- name: PromotionCategoryMissing :many
-- Those of the given categories that no dish has.
SELECT g.category::text AS category
FROM (SELECT unnest(@categories::text[]) AS category) AS g
WHERE NOT EXISTS (SELECT FROM menu_items m WHERE m.org_id = @org_id AND m.category = g.category)
ORDER BY g.category;

-- name: OrganisationCurrencyGet :one
SELECT currency FROM organisations WHERE org_id = @org_id;
