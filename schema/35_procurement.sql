-- What is bought: suppliers, purchase orders and their receipts.
CREATE TABLE suppliers (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  email text NOT NULL DEFAULT '',
  lead_time_days integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT suppliers_org FOREIGN KEY (org_id) REFERENCES organisations (org_id)
);

CREATE TABLE purchase_orders (
  org_id text NOT NULL,
  id text NOT NULL,
  branch_id text NOT NULL,
  supplier_id text NOT NULL,
  status text NOT NULL,
  currency char(3) NOT NULL,
  tolerance_bp integer NOT NULL DEFAULT 0,
  total bigint NOT NULL,
  created_by text NOT NULL,
  approved_by text,
  cancel_reason text,
  created_at timestamptz NOT NULL,
  submitted_at timestamptz,
  approved_at timestamptz,
  placed_at timestamptz,
  closed_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT purchase_orders_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT purchase_orders_supplier FOREIGN KEY (org_id, supplier_id) REFERENCES suppliers (org_id, id),
  CONSTRAINT purchase_orders_id_form CHECK (length(id) <= 64 AND id ~ '^[A-Za-z0-9_-]+$'),
  CONSTRAINT purchase_orders_status CHECK (status IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'PLACED', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CLOSED_SHORT', 'CANCELLED'))
);

CREATE INDEX idx_purchase_order_branch_created ON purchase_orders (org_id, branch_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_purchase_order_branch_created IS 'Serves PurchaseOrderListByBranch.';
CREATE INDEX idx_purchase_order_org_created ON purchase_orders (org_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_purchase_order_org_created IS 'Serves PurchaseOrderListByOrg.';

CREATE TABLE purchase_order_lines (
  org_id text NOT NULL,
  po_id text NOT NULL,
  line_no integer NOT NULL,
  item_id text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  unit_cost numeric(18,6) NOT NULL,
  received_qty numeric(14,3) NOT NULL DEFAULT 0,
  amount bigint NOT NULL,
  PRIMARY KEY (org_id, po_id, line_no),
  CONSTRAINT purchase_order_lines_order FOREIGN KEY (org_id, po_id) REFERENCES purchase_orders (org_id, id),
  CONSTRAINT purchase_order_lines_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT purchase_order_lines_quantity CHECK (quantity > 0 AND received_qty >= 0)
);

CREATE UNIQUE INDEX purchase_order_lines_item_once ON purchase_order_lines (org_id, po_id, item_id);

CREATE TABLE purchase_receipts (
  org_id text NOT NULL,
  id text NOT NULL,
  po_id text NOT NULL,
  branch_id text NOT NULL,
  received_by text NOT NULL,
  recorded_by text NOT NULL,
  business_date date NOT NULL,
  received_at timestamptz NOT NULL,
  cost bigint NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT purchase_receipts_order FOREIGN KEY (org_id, po_id) REFERENCES purchase_orders (org_id, id)
);

CREATE INDEX idx_purchase_receipt_po ON purchase_receipts (org_id, po_id, received_at, id);
COMMENT ON INDEX idx_purchase_receipt_po IS 'Serves PurchaseReceiptList.';
CREATE INDEX idx_purchase_receipt_branch_date ON purchase_receipts (org_id, branch_id, business_date);
COMMENT ON INDEX idx_purchase_receipt_branch_date IS 'Serves the reconciliation of a branch day.';

CREATE TABLE purchase_receipt_lines (
  org_id text NOT NULL,
  receipt_id text NOT NULL,
  line_no integer NOT NULL,
  item_id text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  unit_cost numeric(18,6) NOT NULL,
  batch_id text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (org_id, receipt_id, line_no),
  CONSTRAINT purchase_receipt_lines_receipt FOREIGN KEY (org_id, receipt_id) REFERENCES purchase_receipts (org_id, id)
);
