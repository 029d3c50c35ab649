-- What an organisation has subscribed to and was billed. Amounts in minor units of the invoice's own currency.
CREATE TABLE subscriptions (
  org_id text NOT NULL,
  -- What the greatest event of the subscription said, by version, then time, then id.
  plan text NOT NULL,
  status text NOT NULL,
  provider_id text NOT NULL DEFAULT '',
  version bigint NOT NULL DEFAULT 0,
  event_at timestamptz NOT NULL,
  event_id text NOT NULL,
  period_start timestamptz,
  period_end timestamptz,
  trial_end timestamptz,
  cancel_at_period_end boolean NOT NULL DEFAULT false,
  -- What the latest event of a payment said; empty before the first.
  payment text NOT NULL DEFAULT '',
  payment_at timestamptz,
  payment_event_id text NOT NULL DEFAULT '',
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id),
  CONSTRAINT subscriptions_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT subscriptions_plan CHECK (plan IN ('FREE', 'PRO', 'ENT')),
  CONSTRAINT subscriptions_status CHECK (status IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELED')),
  CONSTRAINT subscriptions_payment CHECK (payment IN ('', 'PAID', 'FAILED'))
);
COMMENT ON TABLE subscriptions IS 'organisations.plan is the plan that follows from it at present; it is changed in the same transaction.';

CREATE TABLE invoices (
  org_id text NOT NULL,
  id text NOT NULL,
  number text NOT NULL DEFAULT '',
  status text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL DEFAULT '',
  period_start timestamptz,
  period_end timestamptz,
  due_at timestamptz,
  hosted_url text NOT NULL DEFAULT '',
  paid_at timestamptz,
  failed_at timestamptz,
  -- Payments that failed.
  failures integer NOT NULL DEFAULT 0,
  -- Of the event that the number, amount and dates are from: the latest.
  event_at timestamptz NOT NULL,
  event_id text NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT invoices_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT invoices_status CHECK (status IN ('OPEN', 'PAID', 'FAILED')),
  CONSTRAINT invoices_amount CHECK (amount >= 0)
);

CREATE INDEX idx_invoice_org_event ON invoices (org_id, event_at DESC, id DESC);
COMMENT ON INDEX idx_invoice_org_event IS 'Serves InvoiceList.';
