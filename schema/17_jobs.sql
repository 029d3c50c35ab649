-- Work that is done outside of calls: what was asked for, how far it is, and what came of it. River holds the queue, in a
-- PostgreSQL schema of its own, and points here.
CREATE TABLE jobs (
  org_id text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  -- Of jobs with the same key only one is ever done, for example the nightly forecast of a date. Empty: as often as asked.
  key text NOT NULL DEFAULT '',
  status text NOT NULL,
  args jsonb NOT NULL,
  done bigint NOT NULL DEFAULT 0,
  total bigint NOT NULL DEFAULT 0,
  summary jsonb,
  error text NOT NULL DEFAULT '',
  attempt integer NOT NULL DEFAULT 0,
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT jobs_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT jobs_status CHECK (status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  CONSTRAINT jobs_progress CHECK (done >= 0 AND total >= 0)
);

CREATE UNIQUE INDEX jobs_key ON jobs (org_id, kind, key) WHERE key <> '' AND status NOT IN ('FAILED', 'CANCELLED');
COMMENT ON INDEX jobs_key IS 'Serves JobInsert and JobGetByKey.';
CREATE INDEX idx_job_org_created ON jobs (org_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_job_org_created IS 'Serves JobList and JobDeleteOld.';
