-- name: EndpointOrganisationLock :one
-- Every change of an organisation's endpoints begins here, so that they queue: their number is bounded, and together they say what
-- organisations.webhook_events is.
SELECT org_id FROM organisations WHERE org_id = @org_id FOR NO KEY UPDATE;

-- name: EndpointOrganisationUpdate :exec
-- What enabled endpoints want in all.
UPDATE organisations o
SET webhook_events = (
  SELECT coalesce(array_agg(DISTINCT w.event ORDER BY w.event), '{}')
  FROM endpoints e, unnest(e.events) AS w (event)
  WHERE e.org_id = @org_id AND e.state = 'ENABLED' AND e.deleted_at IS NULL
)
WHERE o.org_id = @org_id;

-- name: EndpointWantedList :one
SELECT webhook_events FROM organisations WHERE org_id = @org_id;

-- name: EndpointInsert :exec
INSERT INTO endpoints (org_id, id, url, description, events, branch_ids, state, state_since, secret, created_by, created_at, updated_at)
VALUES (@org_id, @id, @url, @description, @events, @branch_ids, 'ENABLED', @now, @secret, @created_by, @now, @now);

-- name: EndpointGet :one
SELECT * FROM endpoints WHERE org_id = @org_id AND id = @id AND deleted_at IS NULL;

-- name: EndpointLock :one
SELECT * FROM endpoints WHERE org_id = @org_id AND id = @id AND deleted_at IS NULL FOR NO KEY UPDATE;

-- name: EndpointList :many
SELECT * FROM endpoints WHERE org_id = @org_id AND deleted_at IS NULL ORDER BY created_at, id;

-- name: EndpointListEnabled :many
-- All of them: they are few, and who gets what is decided in one place.
SELECT id, events, branch_ids FROM endpoints WHERE org_id = @org_id AND deleted_at IS NULL AND state = 'ENABLED' ORDER BY created_at, id;

-- name: EndpointUpdate :exec
UPDATE endpoints
SET url = @url, description = @description, events = @events, branch_ids = @branch_ids, state = @state, state_reason = @state_reason,
  state_since = @state_since, secret = @secret, old_secret = @old_secret, old_secret_until = sqlc.narg(old_secret_until),
  failing_since = sqlc.narg(failing_since), exhausted = @exhausted, updated_at = @updated_at, deleted_at = sqlc.narg(deleted_at)
WHERE org_id = @org_id AND id = @id;

-- name: EndpointEventInsert :exec
-- Events with all of their deliveries.
WITH events AS (
  INSERT INTO endpoint_events (org_id, id, type, branch_id, occurred_at, data, created_at)
  SELECT @org_id, t.id, t.type, t.branch_id, t.occurred_at, t.data, @now::timestamptz
  FROM (
    SELECT unnest(@ids::text[]) AS id,
      unnest(@types::text[]) AS type,
      unnest(@branch_ids::text[]) AS branch_id,
      unnest(@occurred_at::timestamptz[]) AS occurred_at,
      unnest(@data::json[]) AS data
  ) AS t
)
INSERT INTO endpoint_deliveries (org_id, id, endpoint_id, event_id, event_type, state, next_attempt_at, created_at)
SELECT @org_id, d.id, d.endpoint_id, d.event_id, d.event_type, 'PENDING', @now::timestamptz, @now::timestamptz
FROM (
  SELECT unnest(@delivery_ids::text[]) AS id,
    unnest(@endpoint_ids::text[]) AS endpoint_id,
    unnest(@event_ids::text[]) AS event_id,
    unnest(@event_types::text[]) AS event_type
) AS d;

-- name: EndpointDeliveryLoad :one
-- All that an attempt needs.
SELECT d.state, d.run, d.tries, d.attempts, d.next_attempt_at, e.url, e.state AS endpoint_state, e.deleted_at, e.secret, e.old_secret,
  e.old_secret_until, v.id AS event_id, v.type, v.occurred_at, v.data
FROM endpoint_deliveries d
JOIN endpoints e ON e.org_id = d.org_id AND e.id = d.endpoint_id AND e.org_id = @org_id
JOIN endpoint_events v ON v.org_id = d.org_id AND v.id = d.event_id AND v.org_id = @org_id
WHERE d.org_id = @org_id AND d.id = @id;

-- name: EndpointDeliveryRecord :execrows
-- What came of an attempt; nothing if the delivery was replayed meanwhile or the attempt was written down before. One that was held
-- meanwhile stays so, unless it was delivered.
WITH delivery AS (
  UPDATE endpoint_deliveries d
  SET state = CASE WHEN d.state = 'HELD' AND NOT @delivered::boolean THEN 'HELD' ELSE @state::text END,
    next_attempt_at = CASE WHEN d.state = 'PENDING' THEN sqlc.narg(next_attempt_at)::timestamptz END,
    tries = d.tries + 1, attempts = d.attempts + 1, error = @error,
    delivered_at = CASE WHEN @delivered THEN @started_at::timestamptz END
  WHERE d.org_id = @org_id AND d.id = @id AND d.state IN ('PENDING', 'HELD') AND d.run = @run AND d.attempts + 1 = @number
  RETURNING d.id
)
INSERT INTO endpoint_attempts (org_id, delivery_id, number, started_at, duration_ms, status_code, error, response)
SELECT @org_id, delivery.id, @number, @started_at::timestamptz, @duration_ms, @status_code, @error, @response
FROM delivery;

-- name: EndpointRecordSuccess :exec
-- Writes nothing on an endpoint that works, so that its deliveries don't queue on its row.
UPDATE endpoints SET failing_since = NULL, exhausted = 0
WHERE org_id = @org_id AND id = @id AND (failing_since IS NOT NULL OR exhausted > 0);

-- name: EndpointRecordFailure :one
UPDATE endpoints e
SET failing_since = coalesce(e.failing_since, @now::timestamptz), exhausted = e.exhausted + @exhausted::integer
WHERE e.org_id = @org_id AND e.id = @id
RETURNING e.failing_since::timestamptz AS failing_since, e.exhausted;

-- name: EndpointDeliveryHoldOne :exec
UPDATE endpoint_deliveries SET state = 'HELD', next_attempt_at = NULL
WHERE org_id = @org_id AND id = @id AND state = 'PENDING' AND run = @run;

-- name: EndpointDeliveryHold :execrows
UPDATE endpoint_deliveries SET state = 'HELD', next_attempt_at = NULL
WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND state = 'PENDING';

-- name: EndpointDeliveryFail :execrows
UPDATE endpoint_deliveries SET state = 'FAILED', next_attempt_at = NULL, error = @error
WHERE org_id = @org_id AND endpoint_id = @endpoint_id AND state IN ('PENDING', 'HELD');

-- name: EndpointDeliveryRelease :many
-- The oldest of those that were held back.
UPDATE endpoint_deliveries d
SET state = 'PENDING', run = d.run + 1, tries = 0, next_attempt_at = @now::timestamptz, error = ''
WHERE d.org_id = @org_id AND d.id IN (
  SELECT h.id FROM endpoint_deliveries h
  WHERE h.org_id = @org_id AND h.endpoint_id = @endpoint_id AND h.state = 'HELD'
  ORDER BY h.created_at
  LIMIT @most
)
RETURNING d.id, d.run;

-- name: EndpointDeliveryReplay :one
UPDATE endpoint_deliveries
SET state = 'PENDING', run = run + 1, tries = 0, next_attempt_at = @now::timestamptz, error = '', delivered_at = NULL
WHERE org_id = @org_id AND id = @id
RETURNING *;

-- name: EndpointDeliveryRevive :many
-- Those that the queue lost: their time came long ago.
UPDATE endpoint_deliveries d
SET run = d.run + 1, next_attempt_at = @now::timestamptz
WHERE d.org_id = @org_id AND d.state = 'PENDING' AND d.next_attempt_at < @before::timestamptz
RETURNING d.id, d.endpoint_id, d.run;

-- name: EndpointDeliveryGet :one
SELECT d.*, v.occurred_at, v.data
FROM endpoint_deliveries d
JOIN endpoint_events v ON v.org_id = @org_id AND v.id = d.event_id
WHERE d.org_id = @org_id AND d.id = @id;

-- name: EndpointDeliveryList :many
SELECT * FROM endpoint_deliveries
WHERE org_id = @org_id
  AND (@endpoint_id::text = '' OR endpoint_id = @endpoint_id)
  AND (@state::text = '' OR state = @state)
  AND (@event_type::text = '' OR event_type = @event_type)
  AND (created_at, id) < (@before_created_at::timestamptz, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: EndpointAttemptList :many
SELECT * FROM endpoint_attempts WHERE org_id = @org_id AND delivery_id = @delivery_id ORDER BY number;

-- name: EndpointEventDeleteOld :execrows
-- With their deliveries and attempts. A bounded number at a time, so that no transaction lasts long.
DELETE FROM endpoint_events v
WHERE v.org_id = @org_id AND v.id IN (
  SELECT o.id FROM endpoint_events o WHERE o.org_id = @org_id AND o.created_at < @before ORDER BY o.created_at LIMIT @most
);

-- name: EndpointDeleteOld :execrows
-- Deleted endpoints of which the log says nothing any more.
DELETE FROM endpoints e
WHERE e.org_id = @org_id AND e.deleted_at < @before::timestamptz
  AND NOT EXISTS (SELECT FROM endpoint_deliveries d WHERE d.org_id = @org_id AND d.endpoint_id = e.id);
