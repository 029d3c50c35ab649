-- name: CacheBustNote :exec
INSERT INTO cache_busts (org_id, id, reports, due_at)
VALUES (@org_id, @id, @reports::text[], clock_timestamp() + make_interval(secs => @after_seconds::float8));

-- name: CacheBustList :many
SELECT org_id, id, reports FROM cache_busts WHERE due_at <= clock_timestamp() ORDER BY org_id, id LIMIT 1000;

-- name: CacheBustForget :exec
-- Ids are random: none is that of two organisations.
DELETE FROM cache_busts WHERE org_id = ANY(@org_ids::text[]) AND id = ANY(@ids::text[]);
