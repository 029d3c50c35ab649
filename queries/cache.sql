-- name: CacheBustNote :exec
INSERT INTO cache_busts (org_id, report, noted_at)
SELECT @org_id, unnest(@reports::text[]), now()
ON CONFLICT (org_id, report) DO UPDATE SET noted_at = excluded.noted_at;

-- name: CacheBustList :many
SELECT org_id, report, noted_at FROM cache_busts ORDER BY org_id, report LIMIT 1000;

-- name: CacheBustForget :exec
-- Only the note that was carried out: a newer one stays.
DELETE FROM cache_busts WHERE org_id = @org_id AND report = @report AND noted_at = @noted_at;
