-- Whom organisations want to be told of what happens, what happened, and how telling it went.
CREATE TABLE endpoints (
  org_id text NOT NULL,
  id text NOT NULL,
  url text NOT NULL,
  description text NOT NULL,
  -- Types of event, or '*' alone. What enabled endpoints want in all stands in organisations.webhook_events.
  events text[] NOT NULL,
  -- Empty for all branches.
  branch_ids text[] NOT NULL,
  state text NOT NULL,
  state_reason text NOT NULL DEFAULT '',
  state_since timestamptz NOT NULL,
  -- In clear, as each delivery is signed with it; empty once deleted.
  secret text NOT NULL,
  old_secret text NOT NULL DEFAULT '',
  old_secret_until timestamptz,
  -- The first failed attempt since the last one that succeeded.
  failing_since timestamptz,
  -- Deliveries given up in a row.
  exhausted integer NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT endpoints_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT endpoints_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT endpoints_state CHECK (state IN ('ENABLED', 'DISABLED')),
  CONSTRAINT endpoints_deleted CHECK (deleted_at IS NULL OR (state = 'DISABLED' AND secret = '' AND old_secret = '')),
  CONSTRAINT endpoints_exhausted CHECK (exhausted >= 0)
);

CREATE INDEX idx_endpoint_org_created ON endpoints (org_id, created_at, id) WHERE deleted_at IS NULL;
COMMENT ON INDEX idx_endpoint_org_created IS 'Serves EndpointList and EndpointListEnabled.';

-- Written in the transaction of what happened, once for all endpoints that want it.
CREATE TABLE endpoint_events (
  org_id text NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  -- Empty if it concerns the whole organisation.
  branch_id text NOT NULL,
  occurred_at timestamptz NOT NULL,
  -- json and not jsonb: what is signed stays as it was written, byte by byte.
  data json NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT endpoint_events_org FOREIGN KEY (org_id) REFERENCES organisations (org_id)
);

CREATE INDEX idx_endpoint_event_org_created ON endpoint_events (org_id, created_at);
COMMENT ON INDEX idx_endpoint_event_org_created IS 'Serves EndpointEventDeleteOld.';

-- One event on its way to one endpoint.
CREATE TABLE endpoint_deliveries (
  org_id text NOT NULL,
  id text NOT NULL,
  endpoint_id text NOT NULL,
  event_id text NOT NULL,
  event_type text NOT NULL,
  state text NOT NULL,
  -- Goes up with each replay, so that a task that was queued for the time before does nothing.
  run integer NOT NULL DEFAULT 1,
  -- Attempts of this run, by which the next is scheduled, and of all runs, by which they are numbered.
  tries integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  error text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  delivered_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT endpoint_deliveries_endpoint FOREIGN KEY (org_id, endpoint_id) REFERENCES endpoints (org_id, id),
  CONSTRAINT endpoint_deliveries_event FOREIGN KEY (org_id, event_id) REFERENCES endpoint_events (org_id, id) ON DELETE CASCADE,
  CONSTRAINT endpoint_deliveries_state CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED', 'HELD')),
  CONSTRAINT endpoint_deliveries_next CHECK ((state = 'PENDING') = (next_attempt_at IS NOT NULL))
);

CREATE INDEX idx_endpoint_delivery_org_created ON endpoint_deliveries (org_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_endpoint_delivery_org_created IS 'Serves EndpointDeliveryList.';
CREATE INDEX idx_endpoint_delivery_endpoint ON endpoint_deliveries (org_id, endpoint_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_endpoint_delivery_endpoint IS 'Serves EndpointDeliveryList of one endpoint and EndpointDeleteOld.';
CREATE INDEX idx_endpoint_delivery_waiting ON endpoint_deliveries (org_id, endpoint_id, state, created_at) WHERE state IN ('PENDING', 'HELD');
COMMENT ON INDEX idx_endpoint_delivery_waiting IS 'Serves EndpointDeliveryHold, EndpointDeliveryFail, EndpointDeliveryRelease and EndpointDeliveryRevive.';
CREATE INDEX idx_endpoint_delivery_event ON endpoint_deliveries (org_id, event_id);
COMMENT ON INDEX idx_endpoint_delivery_event IS 'Serves the foreign key, when EndpointEventDeleteOld deletes events.';

-- Each request that was sent, with the beginning of its answer.
CREATE TABLE endpoint_attempts (
  org_id text NOT NULL,
  delivery_id text NOT NULL,
  number integer NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms integer NOT NULL,
  -- 0 if there was no answer.
  status_code integer NOT NULL,
  error text NOT NULL,
  response text NOT NULL,
  PRIMARY KEY (org_id, delivery_id, number),
  CONSTRAINT endpoint_attempts_delivery FOREIGN KEY (org_id, delivery_id) REFERENCES endpoint_deliveries (org_id, id) ON DELETE CASCADE
);

-- Bounds of today's figures, with what they last told.
CREATE TABLE kpi_thresholds (
  org_id text NOT NULL,
  id text NOT NULL,
  metric text NOT NULL,
  direction text NOT NULL,
  value bigint NOT NULL,
  -- Empty for the whole organisation.
  branch_id text NOT NULL,
  crossed boolean NOT NULL DEFAULT false,
  told_on date,
  updated_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT kpi_thresholds_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT kpi_thresholds_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT kpi_thresholds_metric CHECK (metric IN ('NET_SALES', 'FOOD_COST_BP', 'WASTE_OF_SALES_BP', 'SERVICE_LEVEL_BP', 'AVERAGE_CHECK')),
  CONSTRAINT kpi_thresholds_direction CHECK (direction IN ('ABOVE', 'BELOW')),
  CONSTRAINT kpi_thresholds_value CHECK (value >= 0)
);

-- Targets of a month of which it was told that they are exceeded.
CREATE TABLE budget_alerts (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  period char(7) NOT NULL,
  metric text NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, branch_id, period, metric),
  CONSTRAINT budget_alerts_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT budget_alerts_metric CHECK (metric IN ('COGS', 'WASTE'))
);
