-- name: IdempotencyKeyClaim :execrows
-- A key that is in work elsewhere blocks here until that transaction ends; a key that is taken inserts nothing.
INSERT INTO idempotency_keys (org_id, key, procedure, request_hash)
VALUES (@org_id, @key, @procedure, @request_hash)
ON CONFLICT (org_id, key) DO NOTHING;

-- name: IdempotencyKeyGet :one
SELECT * FROM idempotency_keys WHERE org_id = @org_id AND key = @key;

-- name: IdempotencyKeySetResponse :exec
UPDATE idempotency_keys SET response = @response WHERE org_id = @org_id AND key = @key;

-- name: IdempotencyKeyDeleteExpired :execrows
DELETE FROM idempotency_keys WHERE org_id = @org_id AND created_at < @before;
