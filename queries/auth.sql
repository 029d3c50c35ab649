-- name: UserLoginFind :one
-- The directory is the one table that is searched over all organisations.
SELECT org_id, user_id FROM user_logins WHERE email = @email;

-- name: UserLoginInsert :execrows
INSERT INTO user_logins (email, org_id, user_id) VALUES (@email, @org_id, @user_id)
ON CONFLICT (email) DO NOTHING;

-- name: UserGet :one
SELECT * FROM users WHERE org_id = @org_id AND id = @id;

-- name: UserLock :one
SELECT * FROM users WHERE org_id = @org_id AND id = @id FOR NO KEY UPDATE;

-- name: UserInsert :exec
INSERT INTO users (org_id, id, email, name, role, branch_id, password_hash, created_at)
VALUES (@org_id, @id, @email, @name, @role, sqlc.narg(branch_id), @password_hash, @created_at);

-- name: UserUpdate :exec
UPDATE users SET
  name = @name, role = @role, branch_id = sqlc.narg(branch_id), disabled_at = sqlc.narg(disabled_at), session_version = @session_version
WHERE org_id = @org_id AND id = @id;

-- name: UserList :many
SELECT * FROM users WHERE org_id = @org_id AND email > @after_email ORDER BY email LIMIT @page_size;

-- name: UserOwnerLock :many
-- All owners who can sign in, locked in one order, so that two owners who remove each other don't both find one left.
SELECT id FROM users WHERE org_id = @org_id AND role = 'OWNER' AND disabled_at IS NULL ORDER BY id FOR NO KEY UPDATE;

-- name: UserSetPassword :execrows
-- Only if the password is still the one that was checked; elsewhere it changed in the meantime.
UPDATE users SET password_hash = @password_hash, session_version = session_version + 1
WHERE org_id = @org_id AND id = @id AND password_hash = @checked_hash AND disabled_at IS NULL;

-- name: SessionStart :exec
-- The session stands on the version that was read together with the password, so that it is stillborn if either changed since.
WITH session AS (
  INSERT INTO sessions (org_id, id, user_id, session_version, address, user_agent, created_at, expires_at)
  VALUES (@org_id, @id, @user_id, @session_version, @address, @user_agent, @now, @expires_at)
)
INSERT INTO refresh_tokens (org_id, session_id, token_hash, issued_at) VALUES (@org_id, @id, @token_hash, @now);

-- name: SessionGet :one
-- What an access token is worth now.
SELECT s.user_id, s.revoked_at, s.session_version, u.session_version AS user_session_version, u.role, u.branch_id, u.disabled_at, o.plan
FROM sessions s
JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
JOIN organisations o ON o.org_id = s.org_id
WHERE s.org_id = @org_id AND s.id = @id;

-- name: SessionRevoke :execrows
UPDATE sessions SET revoked_at = @now::timestamptz, revoked_reason = @reason::text
WHERE org_id = @org_id AND id = @id AND revoked_at IS NULL;

-- name: SessionRevokeByUser :exec
-- All but one; none is spared if that is empty.
UPDATE sessions SET revoked_at = @now::timestamptz, revoked_reason = @reason::text
WHERE org_id = @org_id AND user_id = @user_id AND id <> @spared_id AND revoked_at IS NULL;

-- name: SessionRebind :exec
-- Lets a session outlive the change of version that it made itself.
UPDATE sessions SET session_version = (SELECT u.session_version FROM users u WHERE u.org_id = @org_id AND u.id = sessions.user_id)
WHERE sessions.org_id = @org_id AND sessions.id = @id;

-- name: SessionPrune :exec
-- Forgets a user's sessions that ended so long ago that none of their tokens could still be tried.
WITH ended AS (
  SELECT e.id FROM sessions e
  WHERE e.org_id = @org_id AND e.user_id = @user_id AND (e.expires_at < @before::timestamptz OR e.revoked_at < @before::timestamptz)
), tokens AS (
  DELETE FROM refresh_tokens t WHERE t.org_id = @org_id AND t.session_id IN (SELECT id FROM ended)
)
DELETE FROM sessions s WHERE s.org_id = @org_id AND s.id IN (SELECT id FROM ended);

-- name: RefreshTokenLock :one
-- Locks token and session, so that of two uses of one token the second sees what the first did.
SELECT t.used_at, s.user_id, s.expires_at, s.revoked_at, s.session_version
FROM refresh_tokens t
JOIN sessions s ON s.org_id = t.org_id AND s.id = t.session_id
WHERE t.org_id = @org_id AND t.session_id = @session_id AND t.token_hash = @token_hash
FOR UPDATE OF t, s;

-- name: RefreshTokenRotate :exec
-- Spends one token, issues the next, lengthens the session and forgets tokens too old to be tried.
WITH spent AS (
  UPDATE refresh_tokens t SET used_at = @now::timestamptz
  WHERE t.org_id = @org_id AND t.session_id = @session_id AND t.token_hash = @token_hash
), extended AS (
  UPDATE sessions s SET expires_at = @expires_at WHERE s.org_id = @org_id AND s.id = @session_id
), pruned AS (
  DELETE FROM refresh_tokens t WHERE t.org_id = @org_id AND t.session_id = @session_id AND t.used_at < @prune_before::timestamptz
)
INSERT INTO refresh_tokens (org_id, session_id, token_hash, issued_at)
VALUES (@org_id, @session_id, @next_token_hash, @now);

-- name: ApiKeyInsert :exec
INSERT INTO api_keys (org_id, id, name, secret_hash, scopes, branch_id, created_by, created_at, expires_at)
VALUES (@org_id, @id, @name, @secret_hash, @scopes, sqlc.narg(branch_id), @created_by, @created_at, sqlc.narg(expires_at));

-- name: ApiKeyGet :one
SELECT * FROM api_keys WHERE org_id = @org_id AND id = @id;

-- name: ApiKeyCreatorGet :one
SELECT created_by FROM api_keys WHERE org_id = @org_id AND id = @id;

-- name: ApiKeyAccessGet :one
-- What a key is worth now.
SELECT sqlc.embed(k), o.plan
FROM api_keys k
JOIN organisations o ON o.org_id = k.org_id
WHERE k.org_id = @org_id AND k.id = @id;

-- name: ApiKeyList :many
SELECT * FROM api_keys WHERE org_id = @org_id ORDER BY created_at DESC, id DESC;

-- name: ApiKeyRevoke :execrows
UPDATE api_keys SET revoked_at = @now::timestamptz WHERE org_id = @org_id AND id = @id AND revoked_at IS NULL;

-- name: AuditEventInsert :exec
INSERT INTO audit_events (org_id, id, at, actor_id, action, target, address, request_id)
VALUES (@org_id, @id, @at, @actor_id, @action, @target, @address, @request_id);

-- name: AuditEventList :many
SELECT * FROM audit_events
WHERE org_id = @org_id AND (at, id) < (@before_at::timestamptz, @before_id::text)
ORDER BY at DESC, id DESC
LIMIT @page_size;

-- name: SessionUsableList :many
-- Those of the sessions that are still good, as SessionGet would say.
SELECT s.id FROM sessions s
JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id
WHERE s.org_id = @org_id AND s.id = ANY(@ids::text[]) AND s.revoked_at IS NULL AND u.disabled_at IS NULL AND s.session_version = u.session_version;

-- name: ApiKeyUsableList :many
SELECT id FROM api_keys
WHERE org_id = @org_id AND id = ANY(@ids::text[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > @now::timestamptz);

-- name: StreamTicketInsert :exec
-- Forgets those that nobody took in time.
WITH late AS (
  DELETE FROM stream_tickets t WHERE t.org_id = @org_id AND t.expires_at <= @now::timestamptz
)
INSERT INTO stream_tickets (org_id, id, secret_hash, session_id, access_expires_at, expires_at)
VALUES (@org_id, @id, @secret_hash, @session_id, @access_expires_at, @expires_at);

-- name: StreamTicketTake :one
-- A ticket that was taken is gone.
DELETE FROM stream_tickets
WHERE org_id = @org_id AND id = @id AND secret_hash = @secret_hash AND expires_at > @now::timestamptz
RETURNING session_id, access_expires_at;
