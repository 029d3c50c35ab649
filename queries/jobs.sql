-- name: JobInsert :execrows
-- A key that is taken inserts nothing; a job that failed or was cancelled gives its key back.
INSERT INTO jobs (org_id, id, kind, key, status, args, requested_by, created_at)
VALUES (@org_id, @id, @kind, @key, 'QUEUED', @args, @requested_by, @created_at)
ON CONFLICT (org_id, kind, key) WHERE key <> '' AND status NOT IN ('FAILED', 'CANCELLED') DO NOTHING;

-- name: JobGet :one
SELECT * FROM jobs WHERE org_id = @org_id AND id = @id;

-- name: JobGetByKey :one
SELECT * FROM jobs WHERE org_id = @org_id AND kind = @kind AND key = @key AND key <> '' AND status NOT IN ('FAILED', 'CANCELLED');

-- name: JobList :many
SELECT * FROM jobs
WHERE org_id = @org_id
  AND (@kind::text = '' OR kind = @kind)
  AND (@status::text = '' OR status = @status)
  AND (created_at, id) < (@before_created_at, @before_id::text)
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: JobBegin :one
-- A job that was cancelled in the meantime doesn't begin. A second attempt starts its progress over.
UPDATE jobs
SET status = 'RUNNING', attempt = @attempt, started_at = @started_at, done = 0, total = 0
WHERE org_id = @org_id AND id = @id AND status IN ('QUEUED', 'RUNNING')
RETURNING *;

-- name: JobSetProgress :execrows
UPDATE jobs SET done = @done, total = @total WHERE org_id = @org_id AND id = @id AND status = 'RUNNING';

-- name: JobFinish :execrows
-- A job that was cancelled stays cancelled.
UPDATE jobs
SET status = @status, summary = @summary, error = @error, finished_at = @finished_at
WHERE org_id = @org_id AND id = @id AND status IN ('QUEUED', 'RUNNING');

-- name: JobRequeue :execrows
-- A failed attempt that will be tried again.
UPDATE jobs SET status = 'QUEUED', error = @error WHERE org_id = @org_id AND id = @id AND status = 'RUNNING';

-- name: JobDeleteOld :execrows
DELETE FROM jobs WHERE org_id = @org_id AND created_at < @before AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED');

-- name: OrganisationIDList :many
-- For the scheduler, which looks after every organisation.
SELECT org_id FROM organisations ORDER BY org_id;

-- name: JobFailLost :execrows
-- Jobs that run on no node any more, and that no other node takes over: the last attempt ended with its process.
UPDATE jobs
SET status = 'FAILED', error = 'the process that did the job ended', finished_at = @finished_at
WHERE org_id = @org_id AND status = 'RUNNING' AND started_at < @started_before AND attempt >= @last_attempt;
