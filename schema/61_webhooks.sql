-- What providers have sent. Neither table is a tenant's: whom an event is for stands in its body, if it does.
CREATE TABLE webhook_deliveries (
  -- SHA-256 of what was signed, so that nothing that is signed is taken twice.
  digest bytea NOT NULL,
  -- Of the sender; null where the scheme has none.
  request_id text,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (digest)
);

CREATE UNIQUE INDEX webhook_deliveries_request ON webhook_deliveries (request_id);
CREATE INDEX idx_webhook_delivery_received ON webhook_deliveries USING brin (received_at);
COMMENT ON INDEX idx_webhook_delivery_received IS 'Serves WebhookDeliveryPrune. BRIN, which costs the intake next to nothing.';

CREATE TABLE webhook_events (
  id text NOT NULL,
  -- Empty: the event names no organisation.
  org_id text NOT NULL DEFAULT '',
  type text NOT NULL,
  state text NOT NULL,
  -- Why the event is ignored or dead, or what went wrong last.
  note text NOT NULL DEFAULT '',
  attempts integer NOT NULL DEFAULT 0,
  body bytea NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  processed_at timestamptz,
  PRIMARY KEY (id),
  CONSTRAINT webhook_events_state CHECK (state IN ('RECEIVED', 'PROCESSED', 'IGNORED', 'DEAD'))
);

CREATE INDEX idx_webhook_event_received ON webhook_events (received_at DESC, id DESC);
COMMENT ON INDEX idx_webhook_event_received IS 'Serves WebhookEventList and WebhookEventPrune.';
CREATE INDEX idx_webhook_event_dead ON webhook_events (received_at DESC, id DESC) WHERE state = 'DEAD';
COMMENT ON INDEX idx_webhook_event_dead IS 'Serves WebhookEventList of dead letters.';
CREATE INDEX idx_webhook_event_org ON webhook_events (org_id, received_at DESC, id DESC);
COMMENT ON INDEX idx_webhook_event_org IS 'Serves WebhookEventListByOrganisation and WebhookEventListLost.';
