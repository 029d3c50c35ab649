-- The head office's figures: the daily rollup, budgets, rankings and forecasts.

-- Kept in the transaction of each order, void, refund, wastage or receipt. Reports read this and never the orders.
CREATE TABLE branch_day_sales (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  business_date date NOT NULL,
  currency char(3) NOT NULL,
  orders bigint NOT NULL DEFAULT 0,
  covers bigint NOT NULL DEFAULT 0,
  gross bigint NOT NULL DEFAULT 0,
  discounts bigint NOT NULL DEFAULT 0,
  comps bigint NOT NULL DEFAULT 0,
  refunds bigint NOT NULL DEFAULT 0,
  tax bigint NOT NULL DEFAULT 0,
  cogs bigint NOT NULL DEFAULT 0,
  waste_cost bigint NOT NULL DEFAULT 0,
  tickets bigint NOT NULL DEFAULT 0,
  tickets_on_time bigint NOT NULL DEFAULT 0,
  voids bigint NOT NULL DEFAULT 0,
  voids_value bigint NOT NULL DEFAULT 0,
  purchases bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, branch_id, business_date),
  CONSTRAINT branch_day_sales_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id)
);

CREATE TABLE branch_budgets (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  period char(7) NOT NULL,
  revenue bigint NOT NULL,
  cogs bigint NOT NULL,
  waste bigint NOT NULL,
  weekday_weights integer[] NOT NULL DEFAULT '{}',
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, branch_id, period),
  CONSTRAINT branch_budgets_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT branch_budgets_targets CHECK (revenue >= 0 AND cogs >= 0 AND waste >= 0),
  CONSTRAINT branch_budgets_period CHECK (period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')
);

CREATE INDEX idx_branch_budget_org_period ON branch_budgets (org_id, period);
COMMENT ON INDEX idx_branch_budget_org_period IS 'P2. Serves BudgetList.';

CREATE TABLE franchise_ranks (
  org_id text NOT NULL,
  period char(7) NOT NULL,
  branch_id text NOT NULL,
  rank integer NOT NULL,
  score numeric(6,2) NOT NULL,
  partial boolean NOT NULL,
  movement integer,
  net_sales bigint NOT NULL,
  gross_margin_bp bigint,
  waste_of_sales_bp bigint,
  service_level_bp bigint,
  weight_revenue double precision NOT NULL,
  weight_margin double precision NOT NULL,
  weight_waste double precision NOT NULL,
  weight_service double precision NOT NULL,
  currency char(3) NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, period, branch_id),
  CONSTRAINT franchise_ranks_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id)
);

CREATE INDEX idx_franchise_rank_org_period_rank ON franchise_ranks (org_id, period, rank);
COMMENT ON INDEX idx_franchise_rank_org_period_rank IS 'P2. Serves RankList.';

CREATE TABLE forecast_points (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  date date NOT NULL,
  quantity numeric(14,3) NOT NULL,
  -- Bounds that the use stays under with 2.5, 10, 90 and 97.5 percent; NULL where the series was too short to be tested.
  p025 numeric(14,3),
  p10 numeric(14,3),
  p90 numeric(14,3),
  p975 numeric(14,3),
  method text NOT NULL,
  generated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, branch_id, item_id, date),
  CONSTRAINT forecast_points_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT forecast_points_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT forecast_points_quantity CHECK (quantity >= 0)
);

CREATE INDEX idx_forecast_point_org_item_date ON forecast_points (org_id, item_id, date);
COMMENT ON INDEX idx_forecast_point_org_item_date IS 'P1. Serves ForecastList.';

-- How well each series was foreseen in its last back-test, in sums, so that series can be added up.
CREATE TABLE forecast_series (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  status text NOT NULL,
  method text NOT NULL,
  observations integer NOT NULL,
  origins integer NOT NULL,
  tested_days integer NOT NULL,
  absolute_error double precision NOT NULL,
  error double precision NOT NULL,
  actual double precision NOT NULL,
  covered_80 integer NOT NULL,
  covered_95 integer NOT NULL,
  first_date date NOT NULL,
  generated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, branch_id, item_id),
  CONSTRAINT forecast_series_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT forecast_series_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT forecast_series_status CHECK (status IN ('OK', 'INSUFFICIENT_DATA'))
);

-- What head office knows of the dates to come: raises in basis points, which multiply where they fall together.
CREATE TABLE forecast_uplifts (
  org_id text NOT NULL,
  name text NOT NULL,
  rate_bp integer NOT NULL,
  -- One of the three tells the dates: weekdays (Monday is 1), days of the month, or the month's end.
  weekdays integer[] NOT NULL DEFAULT '{}',
  days_of_month integer[] NOT NULL DEFAULT '{}',
  month_end boolean NOT NULL DEFAULT false,
  PRIMARY KEY (org_id, name),
  CONSTRAINT forecast_uplifts_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT forecast_uplifts_rate CHECK (rate_bp BETWEEN -10000 AND 100000)
);
