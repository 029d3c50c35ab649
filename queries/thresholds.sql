-- name: ThresholdUpsert :one
-- A threshold that is set anew has told nothing.
INSERT INTO kpi_thresholds (org_id, id, metric, direction, value, branch_id, updated_by, created_at, updated_at)
VALUES (@org_id, @id, @metric, @direction, @value, @branch_id, @updated_by, @now, @now)
ON CONFLICT (org_id, id) DO UPDATE SET
  metric = excluded.metric, direction = excluded.direction, value = excluded.value, branch_id = excluded.branch_id,
  crossed = false, told_on = NULL, updated_by = excluded.updated_by, updated_at = excluded.updated_at
RETURNING *;

-- name: ThresholdList :many
SELECT * FROM kpi_thresholds WHERE org_id = @org_id ORDER BY created_at, id;

-- name: ThresholdLock :many
SELECT * FROM kpi_thresholds WHERE org_id = @org_id ORDER BY created_at, id FOR UPDATE;

-- name: ThresholdTell :exec
-- Where the figures stand now.
UPDATE kpi_thresholds k
SET crossed = t.crossed, told_on = t.told_on
FROM (
  SELECT unnest(@ids::text[]) AS id, unnest(@crossed::boolean[]) AS crossed, unnest(@told_on::date[]) AS told_on
) AS t
WHERE k.org_id = @org_id AND k.id = t.id;

-- name: ThresholdDelete :execrows
DELETE FROM kpi_thresholds WHERE org_id = @org_id AND id = @id;

-- name: BudgetAlertInsert :many
-- Returns those that weren't told before.
INSERT INTO budget_alerts (org_id, branch_id, period, metric, told_at)
SELECT @org_id, t.branch_id, @period, t.metric, @now
FROM (SELECT unnest(@branch_ids::text[]) AS branch_id, unnest(@metrics::text[]) AS metric) AS t
ON CONFLICT (org_id, branch_id, period, metric) DO NOTHING
RETURNING branch_id, metric;
