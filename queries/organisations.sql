-- name: OrganisationInsert :execrows
-- An id that is taken inserts nothing.
INSERT INTO organisations (org_id, name, plan, currency, created_at)
VALUES (@org_id, @name, @plan, @currency, @created_at)
ON CONFLICT (org_id) DO NOTHING;
