-- Organisations (tenants) and their branches.
CREATE TABLE organisations (
  org_id text NOT NULL,
  name text NOT NULL,
  plan text NOT NULL DEFAULT 'FREE',
  currency char(3) NOT NULL,
  day_cutoff_minutes integer NOT NULL DEFAULT 240,
  weight_revenue double precision NOT NULL DEFAULT 0.4,
  weight_margin double precision NOT NULL DEFAULT 0.3,
  weight_waste double precision NOT NULL DEFAULT 0.2,
  weight_service double precision NOT NULL DEFAULT 0.1,
  waste_cap_bp integer NOT NULL DEFAULT 1000,
  royalty_base text NOT NULL DEFAULT 'NET',
  royalty_rate_bp integer NOT NULL DEFAULT 500,
  royalty_floor bigint NOT NULL DEFAULT 0,
  ad_fund_rate_bp integer NOT NULL DEFAULT 200,
  promotion_mode text NOT NULL DEFAULT 'PRIORITY',
  -- Goes up with each change of a promotion; by it every node sees whether what it prices by is current.
  promotions_version bigint NOT NULL DEFAULT 0,
  -- What enabled endpoints want to be told of, so that whoever has read the branch knows whether to write an event.
  webhook_events text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id),
  CONSTRAINT organisations_id_form CHECK (length(org_id) <= 64 AND org_id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT organisations_plan CHECK (plan IN ('FREE', 'PRO', 'ENT')),
  CONSTRAINT organisations_royalty_base CHECK (royalty_base IN ('NET', 'GROSS')),
  CONSTRAINT organisations_cutoff CHECK (day_cutoff_minutes BETWEEN 0 AND 720),
  CONSTRAINT organisations_promotion_mode CHECK (promotion_mode IN ('PRIORITY', 'BEST_FOR_GUEST')),
  CONSTRAINT organisations_waste_cap CHECK (waste_cap_bp BETWEEN 1 AND 10000)
);

CREATE TABLE branches (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  time_zone text NOT NULL,
  service_target_seconds integer NOT NULL DEFAULT 900,
  opened_on date NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT branches_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT branches_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT branches_target CHECK (service_target_seconds > 0)
);
