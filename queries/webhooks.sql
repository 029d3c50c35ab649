-- name: WebhookReceive :one
-- Takes a delivery once, by what was signed and by its request id, and its event once. Of those that come at the same time one takes
-- it and the others wait for what becomes of that.
WITH taken AS (
  INSERT INTO webhook_deliveries (digest, request_id, received_at)
  VALUES (@digest, sqlc.narg(request_id), @received_at)
  ON CONFLICT DO NOTHING
  RETURNING digest
), event AS (
  INSERT INTO webhook_events (id, org_id, type, state, note, body, occurred_at, received_at)
  SELECT @id, @org_id, @type, @state, @note, @body, @occurred_at, @received_at FROM taken
  ON CONFLICT (id) DO NOTHING
  RETURNING id
)
SELECT EXISTS (SELECT FROM taken) AS fresh, EXISTS (SELECT FROM event) AS first;

-- name: WebhookReceiveUnsigned :execrows
INSERT INTO webhook_events (id, org_id, type, state, note, body, occurred_at, received_at)
VALUES (@id, @org_id, @type, @state, @note, @body, @occurred_at, @received_at)
ON CONFLICT (id) DO NOTHING;

-- name: OrganisationExists :one
SELECT EXISTS (SELECT FROM organisations WHERE org_id = @org_id);

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
-- What was received so long ago that its task must have been lost.
SELECT id FROM webhook_events WHERE org_id = @org_id AND state = 'RECEIVED' AND received_at < @before ORDER BY received_at, id LIMIT 1000;

-- name: WebhookDeliveryPrune :execrows
DELETE FROM webhook_deliveries WHERE received_at < @before;

-- name: WebhookEventPrune :execrows
DELETE FROM webhook_events WHERE received_at < @before AND state IN ('PROCESSED', 'IGNORED');
