-- The first answer to each Idempotency-Key, written in the transaction that it describes.
CREATE TABLE idempotency_keys (
  org_id text NOT NULL,
  key text NOT NULL,
  procedure text NOT NULL,
  request_hash bytea NOT NULL,
  response bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, key)
);

CREATE INDEX idx_idempotency_key_org_created ON idempotency_keys (org_id, created_at);
COMMENT ON INDEX idx_idempotency_key_org_created IS 'Serves IdempotencyKeyDeleteExpired.';
