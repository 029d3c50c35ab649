-- What guests get off: promotions with their history, their codes, and what was given.
CREATE TABLE promotions (
  org_id text NOT NULL,
  id text NOT NULL,
  status text NOT NULL,
  -- The terms as app/promotions writes them; name, priority and dates are copies of theirs, to list by.
  terms jsonb NOT NULL,
  name text NOT NULL,
  priority integer NOT NULL,
  starts_at timestamptz,
  ends_at timestamptz,
  -- Most redemptions in all, 0 for no bound. Redemptions are counted here only under a bound: a row that every order of the
  -- organisation updates would make them queue.
  limit_total bigint NOT NULL,
  redeemed bigint NOT NULL DEFAULT 0,
  revision bigint NOT NULL,
  author text NOT NULL,
  approved_by text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT promotions_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT promotions_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT promotions_status CHECK (status IN ('DRAFT', 'APPROVED', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
  CONSTRAINT promotions_four_eyes CHECK (approved_by <> author),
  CONSTRAINT promotions_limit CHECK (limit_total >= 0 AND redeemed >= 0 AND (limit_total = 0 OR redeemed <= limit_total))
);

CREATE INDEX idx_promotion_org_priority ON promotions (org_id, priority DESC, created_at, id);
COMMENT ON INDEX idx_promotion_org_priority IS 'Serves PromotionList.';
CREATE INDEX idx_promotion_org_active ON promotions (org_id) WHERE status = 'ACTIVE';
COMMENT ON INDEX idx_promotion_org_active IS 'Serves PromotionListActive.';

CREATE TABLE promotion_events (
  org_id text NOT NULL,
  promotion_id text NOT NULL,
  revision bigint NOT NULL,
  action text NOT NULL,
  actor text NOT NULL,
  note text NOT NULL,
  terms jsonb,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, promotion_id, revision),
  CONSTRAINT promotion_events_promotion FOREIGN KEY (org_id, promotion_id) REFERENCES promotions (org_id, id),
  CONSTRAINT promotion_events_action CHECK (action IN ('CREATED', 'UPDATED', 'APPROVED', 'ACTIVATED', 'PAUSED', 'ARCHIVED'))
);

-- The codes of the terms, in upper case, with what was redeemed of them under a bound.
CREATE TABLE promotion_coupons (
  org_id text NOT NULL,
  promotion_id text NOT NULL,
  code text NOT NULL,
  limit_each bigint NOT NULL,
  redeemed bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, promotion_id, code),
  CONSTRAINT promotion_coupons_promotion FOREIGN KEY (org_id, promotion_id) REFERENCES promotions (org_id, id),
  CONSTRAINT promotion_coupons_limit CHECK (limit_each >= 0 AND redeemed >= 0 AND (limit_each = 0 OR redeemed <= limit_each))
);

CREATE INDEX idx_promotion_coupon_org_code ON promotion_coupons (org_id, code);
COMMENT ON INDEX idx_promotion_coupon_org_code IS 'Serves PromotionList by code.';

-- One row for each order and promotion, or each of its codes, written by the closing transaction.
CREATE TABLE promotion_redemptions (
  org_id text NOT NULL,
  promotion_id text NOT NULL,
  order_id text NOT NULL,
  coupon_code text NOT NULL,
  branch_id text NOT NULL,
  business_date date NOT NULL,
  amount bigint NOT NULL,
  redeemed_at timestamptz NOT NULL,
  released_at timestamptz,
  PRIMARY KEY (org_id, promotion_id, order_id, coupon_code),
  CONSTRAINT promotion_redemptions_promotion FOREIGN KEY (org_id, promotion_id) REFERENCES promotions (org_id, id),
  CONSTRAINT promotion_redemptions_order FOREIGN KEY (org_id, order_id) REFERENCES orders (org_id, id),
  CONSTRAINT promotion_redemptions_amount CHECK (amount > 0)
);

CREATE INDEX idx_promotion_redemption_order ON promotion_redemptions (org_id, order_id);
COMMENT ON INDEX idx_promotion_redemption_order IS 'Serves PromotionRedemptionRelease.';
CREATE INDEX idx_promotion_redemption_date ON promotion_redemptions (org_id, business_date, promotion_id);
COMMENT ON INDEX idx_promotion_redemption_date IS 'Serves PromotionResultList.';

-- What each promotion took off each line. Per line they sum to the promotions' part of order_lines.discount.
CREATE TABLE order_line_promotions (
  org_id text NOT NULL,
  order_id text NOT NULL,
  line_no integer NOT NULL,
  promotion_id text NOT NULL,
  coupon_code text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (org_id, order_id, line_no, promotion_id, coupon_code),
  CONSTRAINT order_line_promotions_line FOREIGN KEY (org_id, order_id, line_no) REFERENCES order_lines (org_id, order_id, line_no),
  CONSTRAINT order_line_promotions_redemption FOREIGN KEY (org_id, promotion_id, order_id, coupon_code)
    REFERENCES promotion_redemptions (org_id, promotion_id, order_id, coupon_code),
  CONSTRAINT order_line_promotions_amount CHECK (amount > 0)
);
