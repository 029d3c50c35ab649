-- name: OrderInsert :execrows
-- An id that is taken inserts nothing; the caller then looks at what is there.
INSERT INTO orders (
  org_id, id, branch_id, status, channel, order_type, covers, currency, business_date, gross, discount, comp, refunded, tax,
  cogs, stock_short, opened_by, content_hash, opened_at, closed_at, voided_at, void_reason, voided_by, updated_at
) VALUES (
  @org_id, @id, @branch_id, @status, @channel, @order_type, @covers, @currency, sqlc.narg(business_date), @gross, @discount, @comp, @refunded, @tax,
  @cogs, @stock_short, @opened_by, sqlc.narg(content_hash), @opened_at, sqlc.narg(closed_at), sqlc.narg(voided_at), sqlc.narg(void_reason), sqlc.narg(voided_by), @updated_at
)
ON CONFLICT (org_id, id) DO NOTHING;

-- name: OrderGet :one
SELECT * FROM orders WHERE org_id = @org_id AND id = @id;

-- name: OrderLock :one
-- Every change of an order begins here, so that changes of one order queue up.
SELECT * FROM orders WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: OrderUpdate :exec
UPDATE orders SET
  status = @status, covers = @covers, business_date = sqlc.narg(business_date), gross = @gross, discount = @discount,
  promotion_discount = @promotion_discount, comp = @comp, refunded = @refunded, tax = @tax, cogs = @cogs, stock_short = @stock_short, closed_at = sqlc.narg(closed_at),
  voided_at = sqlc.narg(voided_at), void_reason = sqlc.narg(void_reason), voided_by = sqlc.narg(voided_by), updated_at = @updated_at
WHERE org_id = @org_id AND id = @id;

-- name: OrderListClosed :many
-- The status stands as a constant, so that the partial index fits whatever the plan cache does.
SELECT * FROM orders
WHERE org_id = @org_id AND branch_id = @branch_id AND status = 'CLOSED'
  AND (updated_at, id) < (@before_updated_at::timestamptz, @before_id::text)
ORDER BY updated_at DESC, id DESC
LIMIT @page_size;

-- name: OrderListActive :many
-- All that isn't closed; an empty status means any of those.
SELECT * FROM orders
WHERE org_id = @org_id AND branch_id = @branch_id AND status <> 'CLOSED' AND (@status::text = '' OR status = @status)
  AND (updated_at, id) < (@before_updated_at::timestamptz, @before_id::text)
ORDER BY updated_at DESC, id DESC
LIMIT @page_size;

-- name: OrderListAny :many
-- Both partial indexes, merged.
(SELECT * FROM orders c
 WHERE c.org_id = @org_id AND c.branch_id = @branch_id AND c.status = 'CLOSED'
   AND (c.updated_at, c.id) < (@before_updated_at::timestamptz, @before_id::text)
 ORDER BY c.updated_at DESC, c.id DESC LIMIT @page_size)
UNION ALL
(SELECT * FROM orders a
 WHERE a.org_id = @org_id AND a.branch_id = @branch_id AND a.status <> 'CLOSED'
   AND (a.updated_at, a.id) < (@before_updated_at::timestamptz, @before_id::text)
 ORDER BY a.updated_at DESC, a.id DESC LIMIT @page_size)
ORDER BY updated_at DESC, id DESC
LIMIT @page_size;

-- name: OrderLineInsert :exec
INSERT INTO order_lines (
  org_id, order_id, line_no, menu_item_id, name, quantity, unit_price, modifiers_price, modifiers, gross, discount, comp,
  tax_rate_bp, tax, cogs, ticket_no
)
SELECT @org_id, @order_id, l.line_no, l.menu_item_id, l.name, l.quantity, l.unit_price, l.modifiers_price, l.modifiers, l.gross,
  l.discount, l.comp, l.tax_rate_bp, l.tax, l.cogs, nullif(l.ticket_no, 0)
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@menu_item_ids::text[]) AS menu_item_id,
    unnest(@names::text[]) AS name,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@unit_prices::bigint[]) AS unit_price,
    unnest(@modifiers_prices::bigint[]) AS modifiers_price,
    unnest(@modifiers::jsonb[]) AS modifiers,
    unnest(@gross::bigint[]) AS gross,
    unnest(@discounts::bigint[]) AS discount,
    unnest(@comps::bigint[]) AS comp,
    unnest(@tax_rates_bp::integer[]) AS tax_rate_bp,
    unnest(@taxes::bigint[]) AS tax,
    unnest(@cogs::bigint[]) AS cogs,
    unnest(@ticket_nos::integer[]) AS ticket_no
) AS l;

-- name: OrderLineUpdate :exec
UPDATE order_lines t SET
  discount = l.discount, comp = l.comp, tax = l.tax, cogs = l.cogs, ticket_no = nullif(l.ticket_no, 0)
FROM (
  SELECT unnest(@line_nos::integer[]) AS line_no,
    unnest(@discounts::bigint[]) AS discount,
    unnest(@comps::bigint[]) AS comp,
    unnest(@taxes::bigint[]) AS tax,
    unnest(@cogs::bigint[]) AS cogs,
    unnest(@ticket_nos::integer[]) AS ticket_no
) AS l
WHERE t.org_id = @org_id AND t.order_id = @order_id AND t.line_no = l.line_no;

-- name: OrderLineVoid :exec
UPDATE order_lines SET voided_at = @voided_at, void_reason = @void_reason
WHERE org_id = @org_id AND order_id = @order_id AND line_no = @line_no;

-- name: OrderLineList :many
SELECT * FROM order_lines WHERE org_id = @org_id AND order_id = @order_id ORDER BY line_no;

-- name: OrderAdjustmentInsert :exec
INSERT INTO order_adjustments (
  org_id, order_id, id, kind, line_no, amount, tax, reason, created_by, created_at, branch_id, business_date, restocked_cogs
)
SELECT @org_id, @order_id, a.id, a.kind, nullif(a.line_no, 0), a.amount, a.tax, a.reason, @created_by, a.created_at, @branch_id,
  a.business_date, a.restocked_cogs
FROM (
  SELECT unnest(@ids::text[]) AS id,
    unnest(@kinds::text[]) AS kind,
    unnest(@line_nos::integer[]) AS line_no,
    unnest(@amounts::bigint[]) AS amount,
    unnest(@taxes::bigint[]) AS tax,
    unnest(@reasons::text[]) AS reason,
    unnest(@created_at::timestamptz[]) AS created_at,
    unnest(@business_dates::date[]) AS business_date,
    unnest(@restocked_cogs::bigint[]) AS restocked_cogs
) AS a;

-- name: OrderAdjustmentList :many
SELECT * FROM order_adjustments WHERE org_id = @org_id AND order_id = @order_id ORDER BY created_at, id;

-- name: OrderTicketInsert :exec
INSERT INTO order_tickets (org_id, order_id, ticket_no, sent_at, ready_at, target_seconds)
SELECT @org_id, @order_id, t.ticket_no, t.sent_at, nullif(t.ready_at, '0001-01-01 00:00:00+00'::timestamptz), @target_seconds
FROM (
  SELECT unnest(@ticket_nos::integer[]) AS ticket_no,
    unnest(@sent_at::timestamptz[]) AS sent_at,
    unnest(@ready_at::timestamptz[]) AS ready_at
) AS t;

-- name: OrderTicketReady :exec
UPDATE order_tickets SET ready_at = @ready_at
WHERE org_id = @org_id AND order_id = @order_id AND ticket_no = ANY (@ticket_nos::integer[]) AND ready_at IS NULL;

-- name: OrderTicketList :many
SELECT * FROM order_tickets WHERE org_id = @org_id AND order_id = @order_id ORDER BY ticket_no;
