-- name: WebhookEventLock :one
SELECT * FROM webhook_events WHERE id = @id FOR UPDATE;

-- name: WebhookEventGet :one
SELECT * FROM webhook_events WHERE id = @id;

-- name: WebhookEventSetState :exec
UPDATE webhook_events SET state = @state, note = @note, attempts = @attempts, processed_at = sqlc.narg(processed_at) WHERE id = @id;

-- name: WebhookEventList :many
-- Over all organisations, for operators.
SELECT * FROM webhook_events
WHERE (@state::text = '' OR state = @state) AND (@type::text = '' OR type = @type)
  AND (received_at, id) < (@before_at::timestamptz, @before_id::text)
ORDER BY received_at DESC, id DESC
LIMIT @page_size;

-- name: WebhookEventListByOrganisation :many
SELECT * FROM webhook_events
WHERE org_id = @org_id AND (@state::text = '' OR state = @state) AND (@type::text = '' OR type = @type)
  AND (received_at, id) < (@before_at::timestamptz, @before_id::text)
ORDER BY received_at DESC, id DESC
LIMIT @page_size;

-- name: WebhookEventListLost :many
-- What was received so long ago that its task must have been lost, of the days that a daily job may have missed.
SELECT id FROM webhook_events
WHERE org_id = @org_id AND state = 'RECEIVED' AND received_at < @before AND received_at >= @after ORDER BY received_at, id LIMIT 1000;

-- name: WebhookDeliveryPrune :execrows
DELETE FROM webhook_deliveries WHERE received_at < @before;

-- name: WebhookEventPrune :execrows
DELETE FROM webhook_events WHERE received_at < @before AND state IN ('PROCESSED', 'IGNORED');
