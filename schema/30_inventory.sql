-- What branches hold: items, batches with their cost, and the ledger from which batches can be rebuilt.
CREATE TABLE inventory_items (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  base_unit text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT inventory_items_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT inventory_items_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$')
);

CREATE INDEX idx_inventory_item_org_active ON inventory_items (org_id) WHERE is_active;
COMMENT ON INDEX idx_inventory_item_org_active IS 'P3. Serves the listing of active items.';

-- One row for each item that a branch ever handled, made when it is first needed. Whoever moves stock locks these before it
-- reads, in the order of item_id, so that writers of the same items queue up and never wait for each other in a ring.
CREATE TABLE stock_positions (
  org_id text NOT NULL,
  item_id text NOT NULL,
  branch_id text NOT NULL,
  PRIMARY KEY (org_id, item_id, branch_id),
  CONSTRAINT stock_positions_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_positions_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id)
);

CREATE TABLE stock_batches (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  received_qty numeric(14,3) NOT NULL,
  remaining_qty numeric(14,3) NOT NULL,
  unit_cost numeric(18,6) NOT NULL,
  received_at timestamptz NOT NULL,
  expires_on date,
  source text NOT NULL,
  source_id text NOT NULL,
  -- Business date on which it was booked in.
  business_date date NOT NULL,
  -- What settling negative stock from this batch added to that day's cost of sales (may be negative).
  settled_cogs bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stock_batches_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_batches_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT stock_batches_remaining CHECK (remaining_qty >= 0 AND remaining_qty <= received_qty),
  CONSTRAINT stock_batches_unit_cost CHECK (unit_cost >= 0),
  CONSTRAINT stock_batches_source CHECK (source IN ('OPENING', 'RECEIPT', 'RESTOCK', 'TRANSFER', 'COUNT', 'ADJUSTMENT'))
);

CREATE INDEX idx_stock_batch_item_branch ON stock_batches (org_id, item_id, branch_id) INCLUDE (remaining_qty);
COMMENT ON INDEX idx_stock_batch_item_branch IS 'P3. Serves StockLastCostList and BatchList.';

-- First in, first out reads only what is left, however long the history.
CREATE INDEX idx_stock_batch_fifo ON stock_batches (org_id, branch_id, item_id, received_at, id) WHERE remaining_qty > 0;
COMMENT ON INDEX idx_stock_batch_fifo IS 'Serves StockBatchListOpen, StockLevelList, StockOnHandList, StockRiskLevelList and StockRiskBatchList.';

CREATE INDEX idx_stock_batch_settled ON stock_batches (org_id, branch_id, business_date) WHERE settled_cogs <> 0;
COMMENT ON INDEX idx_stock_batch_settled IS 'Serves the reconciliation of a branch day.';

-- Stock that was sold before it was booked in: negative stock, at the last known cost, until a receipt settles it.
CREATE TABLE stock_shortfalls (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  order_id text NOT NULL,
  line_no integer NOT NULL,
  quantity numeric(14,3) NOT NULL,
  open_qty numeric(14,3) NOT NULL,
  unit_cost numeric(18,6) NOT NULL,
  booked_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stock_shortfalls_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_shortfalls_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT stock_shortfalls_open CHECK (open_qty >= 0 AND open_qty <= quantity)
);

CREATE INDEX idx_stock_shortfall_open ON stock_shortfalls (org_id, branch_id, item_id, booked_at, id) WHERE open_qty > 0;
COMMENT ON INDEX idx_stock_shortfall_open IS 'Serves StockShortfallListOpen, StockLevelList, StockOnHandList and StockRiskLevelList.';

-- The ledger, which is only ever added to. Each row moves one batch or one shortfall. Quantity is signed: what comes in is
-- positive, what goes out is negative, and so is what is owed. Hence, always:
--   the sum over a batch is its remaining_qty; the sum over a shortfall is −open_qty; the sum over a branch's item is what
--   is on hand; and −quantity × unit_cost over SALE, SHORTFALL, SETTLEMENT, RESTOCK and VOID is the cost of sales before rounding.
-- RESTOCK is what a refund put back, VOID what a void did: a refunded dish was sold all the same.
-- A SETTLEMENT is two rows: out of the batch at the batch's cost, into the shortfall at the cost that was booked.
CREATE TABLE stock_movements (
  org_id text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  batch_id text,
  shortfall_id text,
  kind text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  unit_cost numeric(18,6) NOT NULL,
  source_id text NOT NULL,
  line_no integer NOT NULL DEFAULT 0,
  business_date date NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stock_movements_kind CHECK (kind IN ('OPENING', 'RECEIPT', 'SALE', 'SHORTFALL', 'SETTLEMENT', 'WASTE', 'RESTOCK', 'VOID',
    'TRANSFER_OUT', 'TRANSFER_IN', 'TRANSFER_LOSS', 'COUNT', 'ADJUSTMENT')),
  CONSTRAINT stock_movements_target CHECK (num_nonnulls(batch_id, shortfall_id) = 1)
);

CREATE INDEX idx_stock_movement_source ON stock_movements (org_id, source_id);
COMMENT ON INDEX idx_stock_movement_source IS 'Serves StockMovementListByOrder (restocking).';
CREATE INDEX idx_stock_movement_branch_date ON stock_movements (org_id, branch_id, business_date);
COMMENT ON INDEX idx_stock_movement_branch_date IS 'Serves StockMovementSum, StockOnHandList and StockDayCheck.';

-- What the ledger did to an item on a business date, kept with each movement. used is what sales took: SALE and SHORTFALL, less
-- VOID. moved is the sum of all movements, so that its sum up to a date is what was on hand at the end of that date, what is
-- owed being negative.
CREATE TABLE stock_days (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  business_date date NOT NULL,
  used numeric(14,3) NOT NULL DEFAULT 0,
  moved numeric(14,3) NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, branch_id, item_id, business_date),
  CONSTRAINT stock_days_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_days_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id)
);

CREATE TABLE wastage (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  cost bigint NOT NULL,
  reason text NOT NULL,
  business_date date NOT NULL,
  wasted_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT wastage_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT wastage_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT wastage_quantity CHECK (quantity > 0)
);

CREATE INDEX idx_wastage_branch_created ON wastage (org_id, branch_id, created_at DESC);
COMMENT ON INDEX idx_wastage_branch_created IS 'P1. Serves WastageList.';
CREATE INDEX idx_wastage_branch_date ON wastage (org_id, branch_id, business_date);
COMMENT ON INDEX idx_wastage_branch_date IS 'Serves WastageListByDate, WastageSum and the reconciliation of a branch day.';

-- What a branch wants to have of an item, beside what its use asks for.
CREATE TABLE stock_policies (
  org_id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  -- Level at or below which to reorder whatever the use is; 0 for none.
  reorder_level numeric(14,3) NOT NULL DEFAULT 0,
  -- NULL: computed from how much the use varies.
  safety_stock numeric(14,3),
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, branch_id, item_id),
  CONSTRAINT stock_policies_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_policies_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT stock_policies_levels CHECK (reorder_level >= 0 AND (safety_stock IS NULL OR safety_stock >= 0))
);

-- Corrections by hand. cost is that of what went out (negative) or came in (positive), in minor units. It is neither waste nor cost
-- of sales.
CREATE TABLE stock_adjustments (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  item_id text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  cost bigint NOT NULL,
  reason text NOT NULL,
  note text NOT NULL,
  business_date date NOT NULL,
  adjusted_by text NOT NULL,
  adjusted_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stock_adjustments_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_adjustments_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT stock_adjustments_quantity CHECK (quantity <> 0)
);

CREATE INDEX idx_stock_adjustment_branch ON stock_adjustments (org_id, branch_id, adjusted_at DESC, id DESC);
COMMENT ON INDEX idx_stock_adjustment_branch IS 'Serves StockAdjustmentList.';

-- Stock doesn't change before a count is committed: as of counted_at, which is on business_date.
CREATE TABLE stock_counts (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  status text NOT NULL,
  note text NOT NULL,
  opened_by text NOT NULL,
  opened_at timestamptz NOT NULL,
  counted_by text,
  counted_at timestamptz,
  business_date date,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stock_counts_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT stock_counts_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_counts_status CHECK (status IN ('OPEN', 'COMMITTED', 'CANCELLED')),
  CONSTRAINT stock_counts_committed CHECK ((status = 'COMMITTED') = (num_nulls(counted_by, counted_at, business_date) = 0))
);

CREATE INDEX idx_stock_count_branch ON stock_counts (org_id, branch_id, opened_at DESC, id DESC);
COMMENT ON INDEX idx_stock_count_branch IS 'Serves StockCountList.';
CREATE INDEX idx_stock_count_counted ON stock_counts (org_id, branch_id, counted_at) WHERE status = 'COMMITTED';
COMMENT ON INDEX idx_stock_count_counted IS 'Serves StockCountLatestList.';

-- What a count is of. Items that nobody counted have no counted; without one nothing was booked.
CREATE TABLE stock_count_lines (
  org_id text NOT NULL,
  count_id text NOT NULL,
  item_id text NOT NULL,
  counted numeric(14,3),
  -- What the ledger had when it was counted, what is owed being negative.
  expected numeric(14,3),
  -- Cost of the difference: negative for what was missing.
  cost bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, count_id, item_id),
  CONSTRAINT stock_count_lines_count FOREIGN KEY (org_id, count_id) REFERENCES stock_counts (org_id, id),
  CONSTRAINT stock_count_lines_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT stock_count_lines_counted CHECK (counted >= 0)
);

-- Goods on their way from one branch to another. While they are IN_TRANSIT they are on nobody's hand.
CREATE TABLE stock_transfers (
  org_id text NOT NULL,
  id text NOT NULL,
  from_branch_id text NOT NULL,
  to_branch_id text NOT NULL,
  status text NOT NULL,
  note text NOT NULL,
  created_by text NOT NULL,
  approved_by text,
  sent_by text,
  closed_by text,
  created_at timestamptz NOT NULL,
  approved_at timestamptz,
  sent_at timestamptz,
  closed_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT stock_transfers_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT stock_transfers_from FOREIGN KEY (org_id, from_branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_transfers_to FOREIGN KEY (org_id, to_branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT stock_transfers_apart CHECK (from_branch_id <> to_branch_id),
  CONSTRAINT stock_transfers_status CHECK (status IN ('DRAFT', 'APPROVED', 'IN_TRANSIT', 'RECEIVED', 'CANCELLED'))
);

CREATE INDEX idx_stock_transfer_org_created ON stock_transfers (org_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_stock_transfer_org_created IS 'Serves StockTransferList.';
CREATE INDEX idx_stock_transfer_open ON stock_transfers (org_id, status) WHERE status IN ('APPROVED', 'IN_TRANSIT');
COMMENT ON INDEX idx_stock_transfer_open IS 'Serves SuggestionPositionList: what is committed and what is on its way.';

CREATE TABLE stock_transfer_lines (
  org_id text NOT NULL,
  transfer_id text NOT NULL,
  line_no integer NOT NULL,
  item_id text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  received_qty numeric(14,3) NOT NULL DEFAULT 0,
  lost_qty numeric(14,3) NOT NULL DEFAULT 0,
  cost bigint NOT NULL DEFAULT 0,
  lost_cost bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, transfer_id, line_no),
  CONSTRAINT stock_transfer_lines_transfer FOREIGN KEY (org_id, transfer_id) REFERENCES stock_transfers (org_id, id),
  CONSTRAINT stock_transfer_lines_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT stock_transfer_lines_quantity CHECK (quantity > 0 AND received_qty >= 0 AND lost_qty >= 0 AND received_qty + lost_qty <= quantity)
);

CREATE UNIQUE INDEX stock_transfer_lines_item_once ON stock_transfer_lines (org_id, transfer_id, item_id);

-- Which batches a sent line was taken from, with what travels along.
CREATE TABLE stock_transfer_parcels (
  org_id text NOT NULL,
  transfer_id text NOT NULL,
  line_no integer NOT NULL,
  parcel_no integer NOT NULL,
  quantity numeric(14,3) NOT NULL,
  received_qty numeric(14,3) NOT NULL DEFAULT 0,
  unit_cost numeric(18,6) NOT NULL,
  received_at timestamptz NOT NULL,
  expires_on date,
  PRIMARY KEY (org_id, transfer_id, line_no, parcel_no),
  CONSTRAINT stock_transfer_parcels_line FOREIGN KEY (org_id, transfer_id, line_no)
    REFERENCES stock_transfer_lines (org_id, transfer_id, line_no),
  CONSTRAINT stock_transfer_parcels_quantity CHECK (quantity > 0 AND received_qty >= 0 AND received_qty <= quantity)
);
