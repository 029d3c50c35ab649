-- What guests ordered, and what was corrected afterwards. Money in minor units of orders.currency.
CREATE TABLE orders (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  status text NOT NULL,
  channel text NOT NULL,
  order_type text NOT NULL,
  covers integer NOT NULL,
  currency char(3) NOT NULL,
  -- Set once, when the order closes or is voided: zone and cut-off of that moment.
  business_date date,
  gross bigint NOT NULL DEFAULT 0,
  -- Of promotions and by hand.
  discount bigint NOT NULL DEFAULT 0,
  -- Of promotions alone; order_line_promotions has it by line and promotion.
  promotion_discount bigint NOT NULL DEFAULT 0,
  comp bigint NOT NULL DEFAULT 0,
  refunded bigint NOT NULL DEFAULT 0,
  tax bigint NOT NULL DEFAULT 0,
  cogs bigint NOT NULL DEFAULT 0,
  stock_short boolean NOT NULL DEFAULT false,
  opened_by text NOT NULL,
  -- SHA-256 of an ingested order, so that a resend is told from a clash of ids.
  content_hash bytea,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  voided_at timestamptz,
  void_reason text,
  voided_by text,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT orders_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  -- Two tests: the bound in '{1,64}' alone costs PostgreSQL 6 µs a row, twenty times as much.
  CONSTRAINT orders_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT orders_status CHECK (status IN ('OPEN', 'SENT', 'READY', 'CLOSED', 'VOIDED')),
  CONSTRAINT orders_amounts CHECK (gross >= 0 AND discount >= 0 AND comp >= 0 AND refunded >= 0 AND discount + comp + refunded <= gross
    AND promotion_discount BETWEEN 0 AND discount),
  CONSTRAINT orders_dated CHECK (business_date IS NOT NULL OR status NOT IN ('CLOSED', 'VOIDED'))
);

CREATE INDEX idx_order_branch_status_updated ON orders (org_id, branch_id, status, updated_at DESC) WHERE status = 'CLOSED';
COMMENT ON INDEX idx_order_branch_status_updated IS 'P1. Serves OrderListClosed and OrderListAny.';
CREATE INDEX idx_order_branch_active ON orders (org_id, branch_id, updated_at DESC, id DESC) WHERE status <> 'CLOSED';
COMMENT ON INDEX idx_order_branch_active IS 'Serves OrderListActive and OrderListAny.';
CREATE INDEX idx_order_open ON orders (org_id, branch_id) WHERE status IN ('OPEN', 'SENT', 'READY');
COMMENT ON INDEX idx_order_open IS 'Serves KpiOpenOrderCount.';
CREATE INDEX idx_order_branch_date ON orders (org_id, branch_id, business_date);
COMMENT ON INDEX idx_order_branch_date IS 'Serves the reconciliation of a branch day.';

CREATE TABLE order_lines (
  org_id text NOT NULL,
  order_id text NOT NULL,
  line_no integer NOT NULL,
  menu_item_id text NOT NULL,
  name text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  unit_price bigint NOT NULL,
  modifiers_price bigint NOT NULL DEFAULT 0,
  modifiers jsonb,
  gross bigint NOT NULL,
  discount bigint NOT NULL DEFAULT 0,
  comp bigint NOT NULL DEFAULT 0,
  tax_rate_bp integer NOT NULL,
  tax bigint NOT NULL DEFAULT 0,
  cogs bigint NOT NULL DEFAULT 0,
  ticket_no integer,
  voided_at timestamptz,
  void_reason text,
  PRIMARY KEY (org_id, order_id, line_no),
  CONSTRAINT order_lines_order FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id),
  CONSTRAINT order_lines_amounts CHECK (gross >= 0 AND discount >= 0 AND comp >= 0 AND discount + comp <= gross),
  CONSTRAINT order_lines_quantity CHECK (quantity > 0)
);

CREATE TABLE order_adjustments (
  org_id text NOT NULL,
  order_id text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  line_no integer,
  amount bigint NOT NULL,
  tax bigint NOT NULL DEFAULT 0,
  reason text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  branch_id text NOT NULL,
  -- Refunds only: the day on which they count, and the cost of what went back into stock.
  business_date date,
  restocked_cogs bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, order_id, id),
  CONSTRAINT order_adjustments_order FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id),
  CONSTRAINT order_adjustments_kind CHECK (kind IN ('DISCOUNT', 'COMP', 'REFUND')),
  CONSTRAINT order_adjustments_amount CHECK (amount >= 0)
);

CREATE INDEX idx_order_adjustment_branch_date ON order_adjustments (org_id, branch_id, business_date) WHERE kind = 'REFUND';
COMMENT ON INDEX idx_order_adjustment_branch_date IS 'Serves the reconciliation of a branch day.';

CREATE TABLE order_tickets (
  org_id text NOT NULL,
  order_id text NOT NULL,
  ticket_no integer NOT NULL,
  sent_at timestamptz NOT NULL,
  ready_at timestamptz,
  target_seconds integer NOT NULL,
  PRIMARY KEY (org_id, order_id, ticket_no),
  CONSTRAINT order_tickets_order FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id),
  CONSTRAINT order_tickets_times CHECK (ready_at IS NULL OR ready_at >= sent_at)
);
