-- Who may call. Passwords are argon2id, API keys and refresh tokens are stored as SHA-256 of their random secrets.
CREATE TABLE users (
  org_id text NOT NULL,
  id text NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  branch_id text,
  password_hash text NOT NULL,
  session_version integer NOT NULL DEFAULT 1,
  disabled_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT users_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT users_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT users_role CHECK (role IN ('STAFF', 'SUPERVISOR', 'MANAGER', 'OWNER')),
  CONSTRAINT users_branch_needed CHECK (branch_id IS NOT NULL OR role IN ('MANAGER', 'OWNER'))
);

CREATE UNIQUE INDEX users_email ON users (org_id, email);

-- Not a tenant table: the directory that finds the organisation of an email address at login.
CREATE TABLE user_logins (
  email text NOT NULL,
  org_id text NOT NULL,
  user_id text NOT NULL,
  PRIMARY KEY (email)
);

CREATE TABLE sessions (
  org_id text NOT NULL,
  id text NOT NULL,
  user_id text NOT NULL,
  session_version integer NOT NULL,
  address text NOT NULL,
  user_agent text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_reason text,
  PRIMARY KEY (org_id, id),
  CONSTRAINT sessions_user FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);

COMMENT ON COLUMN sessions.session_version IS 'The user''s session_version that the session stands on; once they differ, it is over.';

CREATE INDEX idx_session_org_user ON sessions (org_id, user_id);
COMMENT ON INDEX idx_session_org_user IS 'Serves SessionRevokeByUser, SessionPrune.';

CREATE TABLE refresh_tokens (
  org_id text NOT NULL,
  session_id text NOT NULL,
  token_hash bytea NOT NULL,
  issued_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (org_id, session_id, token_hash),
  CONSTRAINT refresh_tokens_session FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id)
);

CREATE TABLE api_keys (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  secret_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  branch_id text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT api_keys_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT api_keys_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id)
);

-- One-time credentials of streams, which browsers open without an Authorization header.
CREATE TABLE stream_tickets (
  org_id text NOT NULL,
  id text NOT NULL,
  secret_hash bytea NOT NULL,
  session_id text NOT NULL,
  -- When the access token that the ticket was made with expires, and with it the stream.
  access_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stream_tickets_session FOREIGN KEY (org_id, session_id) REFERENCES sessions (org_id, id) ON DELETE CASCADE
);

CREATE INDEX idx_stream_ticket_expiry ON stream_tickets (org_id, expires_at);
COMMENT ON INDEX idx_stream_ticket_expiry IS 'Serves StreamTicketInsert.';

CREATE TABLE audit_events (
  org_id text NOT NULL,
  id text NOT NULL,
  at timestamptz NOT NULL,
  actor_id text NOT NULL,
  action text NOT NULL,
  target text NOT NULL,
  address text NOT NULL,
  request_id text NOT NULL,
  PRIMARY KEY (org_id, id)
);

CREATE INDEX idx_audit_event_org_at ON audit_events (org_id, at DESC, id DESC);
COMMENT ON INDEX idx_audit_event_org_at IS 'Serves AuditEventList.';
