-- name: BranchGet :one
-- A branch with what its organisation decides for it.
SELECT b.org_id, b.id, b.name, b.time_zone, b.service_target_seconds, b.opened_on, o.day_cutoff_minutes, o.currency,
  o.promotion_mode, o.promotions_version, o.webhook_events
FROM branches b
JOIN organisations o ON o.org_id = b.org_id
WHERE b.org_id = @org_id AND b.id = @id;

-- name: BranchList :many
SELECT b.org_id, b.id, b.name, b.time_zone, b.service_target_seconds, b.opened_on, o.day_cutoff_minutes, o.currency,
  o.promotion_mode, o.promotions_version, o.webhook_events
FROM branches b
JOIN organisations o ON o.org_id = b.org_id
WHERE b.org_id = @org_id
ORDER BY b.id;
