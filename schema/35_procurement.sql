-- What is bought: suppliers, purchase orders and their receipts.
CREATE TABLE suppliers (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  email text NOT NULL DEFAULT '',
  lead_time_days integer NOT NULL DEFAULT 1,
  review_period_days integer NOT NULL DEFAULT 1,
  -- How much more than ordered a billed price may be.
  price_tolerance_bp integer NOT NULL DEFAULT 200,
  -- How much more than received a billed quantity may be.
  quantity_tolerance_bp integer NOT NULL DEFAULT 0,
  terms text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT suppliers_org FOREIGN KEY (org_id) REFERENCES organisations (org_id)
);

-- Which items a supplier sells. Quantities are in base units.
CREATE TABLE supplier_items (
  org_id text NOT NULL,
  supplier_id text NOT NULL,
  item_id text NOT NULL,
  unit_cost numeric(18,6) NOT NULL,
  pack_size numeric(14,3) NOT NULL,
  min_order_qty numeric(14,3) NOT NULL DEFAULT 0,
  preferred boolean NOT NULL DEFAULT false,
  shelf_days integer NOT NULL DEFAULT 0,
  -- No longer sold: kept for its history, never suggested.
  discontinued boolean NOT NULL DEFAULT false,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, supplier_id, item_id),
  CONSTRAINT supplier_items_supplier FOREIGN KEY (org_id, supplier_id) REFERENCES suppliers (org_id, id),
  CONSTRAINT supplier_items_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT supplier_items_values CHECK (unit_cost >= 0 AND pack_size > 0 AND min_order_qty >= 0 AND shelf_days >= 0),
  CONSTRAINT supplier_items_preferred CHECK (NOT (preferred AND discontinued))
);

CREATE UNIQUE INDEX supplier_items_preferred_once ON supplier_items (org_id, item_id) WHERE preferred;
COMMENT ON INDEX supplier_items_preferred_once IS 'One preferred supplier per item. Serves SupplierItemUnprefer.';
CREATE INDEX idx_supplier_item_item ON supplier_items (org_id, item_id, supplier_id);
COMMENT ON INDEX idx_supplier_item_item IS 'Serves SupplierItemListByItem and SuggestionSupplierList.';

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
  -- Business date whose suggestions the draft was generated from.
  generated_for date,
  -- Who last changed the lines of the draft, and when; NULL if nobody did.
  updated_by text,
  updated_at timestamptz,
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

CREATE UNIQUE INDEX purchase_orders_generated_once ON purchase_orders (org_id, branch_id, supplier_id, generated_for) WHERE generated_for IS NOT NULL;
COMMENT ON INDEX purchase_orders_generated_once IS 'Serves PurchaseOrderGenerate, PurchaseOrderListGenerated and PurchaseOrderSupersede.';
CREATE INDEX idx_purchase_order_open ON purchase_orders (org_id, branch_id)
  WHERE status IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'PLACED', 'PARTIALLY_RECEIVED');
COMMENT ON INDEX idx_purchase_order_open IS 'Serves SuggestionPositionList: what is on order.';
CREATE INDEX idx_purchase_order_supplier_created ON purchase_orders (org_id, supplier_id, created_at DESC, id DESC);
COMMENT ON INDEX idx_purchase_order_supplier_created IS 'Serves PurchaseOrderListBySupplier.';
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

-- Every step of an order's life: who took it, when, and why. Written in the step's own transaction and never changed.
CREATE TABLE purchase_order_events (
  org_id text NOT NULL,
  po_id text NOT NULL,
  event_no integer NOT NULL,
  action text NOT NULL,
  status text NOT NULL,
  actor text NOT NULL,
  note text NOT NULL DEFAULT '',
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, po_id, event_no),
  CONSTRAINT purchase_order_events_order FOREIGN KEY (org_id, po_id) REFERENCES purchase_orders (org_id, id),
  CONSTRAINT purchase_order_events_action
    CHECK (action IN ('CREATED', 'UPDATED', 'SUBMITTED', 'APPROVED', 'PLACED', 'RECEIVED', 'CLOSED_SHORT', 'CANCELLED'))
);

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
COMMENT ON INDEX idx_purchase_receipt_branch_date IS 'Serves PriceDifferenceList and the reconciliation of a branch day.';

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

-- What suppliers bill, compared with what was ordered and received.
CREATE TABLE supplier_invoices (
  org_id text NOT NULL,
  id text NOT NULL,
  po_id text NOT NULL,
  supplier_id text NOT NULL,
  branch_id text NOT NULL,
  invoice_number text NOT NULL,
  status text NOT NULL,
  -- The supplier's tolerances when it was matched.
  price_tolerance_bp integer NOT NULL,
  quantity_tolerance_bp integer NOT NULL,
  billed bigint NOT NULL,
  payable bigint NOT NULL,
  recorded_by text NOT NULL,
  recorded_at timestamptz NOT NULL,
  -- Who compared it last, and when: goods may come after their bill.
  matched_by text NOT NULL,
  matched_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT supplier_invoices_supplier FOREIGN KEY (org_id, supplier_id) REFERENCES suppliers (org_id, id),
  CONSTRAINT supplier_invoices_branch FOREIGN KEY (org_id, branch_id) REFERENCES branches (org_id, id),
  CONSTRAINT supplier_invoices_order FOREIGN KEY (org_id, po_id) REFERENCES purchase_orders (org_id, id),
  CONSTRAINT supplier_invoices_status CHECK (status IN ('MATCHED', 'HOLD')),
  CONSTRAINT supplier_invoices_amounts CHECK (billed >= 0 AND payable BETWEEN 0 AND billed)
);

CREATE UNIQUE INDEX supplier_invoices_number_once ON supplier_invoices (org_id, supplier_id, invoice_number);
CREATE INDEX idx_supplier_invoice_org_recorded ON supplier_invoices (org_id, recorded_at DESC, id DESC);
COMMENT ON INDEX idx_supplier_invoice_org_recorded IS 'Serves SupplierInvoiceListByOrg.';
CREATE INDEX idx_supplier_invoice_branch_recorded ON supplier_invoices (org_id, branch_id, recorded_at DESC, id DESC);
COMMENT ON INDEX idx_supplier_invoice_branch_recorded IS 'Serves SupplierInvoiceListByBranch.';
CREATE INDEX idx_supplier_invoice_po ON supplier_invoices (org_id, po_id, recorded_at DESC, id DESC);
COMMENT ON INDEX idx_supplier_invoice_po IS 'Serves SupplierInvoiceBilledList and SupplierInvoiceListByOrder.';

CREATE TABLE supplier_invoice_lines (
  org_id text NOT NULL,
  invoice_id text NOT NULL,
  line_no integer NOT NULL,
  item_id text NOT NULL,
  ordered_qty numeric(14,3) NOT NULL,
  received_qty numeric(14,3) NOT NULL,
  billed_qty numeric(14,3) NOT NULL,
  payable_qty numeric(14,3) NOT NULL,
  ordered_cost numeric(18,6) NOT NULL,
  billed_cost numeric(18,6) NOT NULL,
  payable bigint NOT NULL,
  disputed_quantity bigint NOT NULL,
  disputed_price bigint NOT NULL,
  PRIMARY KEY (org_id, invoice_id, line_no),
  CONSTRAINT supplier_invoice_lines_invoice FOREIGN KEY (org_id, invoice_id) REFERENCES supplier_invoices (org_id, id)
);
