-- name: CacheBustNote :exec
INSERT INTO cache_busts (org_id, id, reports, due_at)
VALUES (@org_id, @id, @reports::text[], clock_timestamp() + make_interval(secs => @after_seconds::float8))
ON CONFLICT (org_id, id) DO UPDATE SET due_at = EXCLUDED.due_at;

-- name: CacheBustList :many
SELECT org_id, id, reports FROM cache_busts WHERE due_at <= clock_timestamp() ORDER BY org_id, id LIMIT 1000;

-- name: CacheBustForget :exec
DELETE FROM cache_busts AS c USING (SELECT unnest(@org_ids::text[]) AS org_id, unnest(@ids::text[]) AS id) AS done
WHERE c.org_id = done.org_id AND c.id = done.id;
