-- name: OrganisationPlanLock :one
-- Locks an organisation's billing by the row that is there also before the first event.
SELECT plan FROM organisations WHERE org_id = @org_id FOR NO KEY UPDATE;

-- name: OrganisationPlanGet :one
SELECT plan FROM organisations WHERE org_id = @org_id;

-- name: SubscriptionGet :one
SELECT * FROM subscriptions WHERE org_id = @org_id;

-- name: SubscriptionUpsert :exec
INSERT INTO subscriptions (
  org_id, plan, status, provider_id, version, event_at, event_id, period_start, period_end, trial_end, cancel_at_period_end, payment, payment_at,
  payment_event_id, updated_at
) VALUES (
  @org_id, @plan, @status, @provider_id, @version, @event_at, @event_id, sqlc.narg(period_start), sqlc.narg(period_end), sqlc.narg(trial_end),
  @cancel_at_period_end, @payment, sqlc.narg(payment_at), @payment_event_id, @updated_at
)
ON CONFLICT (org_id) DO UPDATE SET
  plan = excluded.plan, status = excluded.status, provider_id = excluded.provider_id, version = excluded.version, event_at = excluded.event_at,
  event_id = excluded.event_id, period_start = excluded.period_start, period_end = excluded.period_end, trial_end = excluded.trial_end,
  cancel_at_period_end = excluded.cancel_at_period_end, payment = excluded.payment, payment_at = excluded.payment_at,
  payment_event_id = excluded.payment_event_id, updated_at = excluded.updated_at;

-- name: OrganisationSetPlan :exec
UPDATE organisations SET plan = @plan WHERE org_id = @org_id AND plan <> @plan;

-- name: InvoiceLock :one
SELECT * FROM invoices WHERE org_id = @org_id AND id = @id FOR NO KEY UPDATE;

-- name: InvoiceUpsert :exec
INSERT INTO invoices (
  org_id, id, number, status, amount, currency, period_start, period_end, due_at, hosted_url, paid_at, failed_at, failures, event_at, event_id
) VALUES (
  @org_id, @id, @number, @status, @amount, @currency, sqlc.narg(period_start), sqlc.narg(period_end), sqlc.narg(due_at), @hosted_url,
  sqlc.narg(paid_at), sqlc.narg(failed_at), @failures, @event_at, @event_id
)
ON CONFLICT (org_id, id) DO UPDATE SET
  number = excluded.number, status = excluded.status, amount = excluded.amount, currency = excluded.currency, period_start = excluded.period_start,
  period_end = excluded.period_end, due_at = excluded.due_at, hosted_url = excluded.hosted_url, paid_at = excluded.paid_at,
  failed_at = excluded.failed_at, failures = excluded.failures, event_at = excluded.event_at, event_id = excluded.event_id;

-- name: InvoiceList :many
SELECT * FROM invoices
WHERE org_id = @org_id AND (event_at, id) < (@before_at::timestamptz, @before_id::text)
ORDER BY event_at DESC, id DESC
LIMIT @page_size;

-- name: BillingUsage :one
-- What the organisation has at present, and its closed orders of a range of business dates.
SELECT
  (SELECT count(*) FROM branches b WHERE b.org_id = @org_id) AS branches,
  (SELECT count(*) FROM users u WHERE u.org_id = @org_id AND u.disabled_at IS NULL) AS users,
  (SELECT count(*) FROM api_keys k WHERE k.org_id = @org_id AND k.revoked_at IS NULL) AS api_keys,
  (SELECT coalesce(sum(d.orders), 0) FROM branch_day_sales d
   WHERE d.org_id = @org_id AND d.business_date BETWEEN @from_date::date AND @to_date::date)::bigint AS orders;
