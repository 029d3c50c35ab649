-- Cache invalidations that Valkey could not be told; every node carries them out before it uses Valkey again.
CREATE TABLE cache_busts (
  org_id text NOT NULL,
  report text NOT NULL,
  noted_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, report)
);
