-- What guests can order. A recipe line is what one portion takes of an inventory item.
CREATE TABLE menu_items (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  category text NOT NULL,
  price bigint NOT NULL,
  tax_rate_bp integer NOT NULL,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT menu_items_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT menu_items_price CHECK (price >= 0),
  CONSTRAINT menu_items_tax CHECK (tax_rate_bp BETWEEN 0 AND 10000)
);

CREATE TABLE recipe_lines (
  org_id text NOT NULL,
  menu_item_id text NOT NULL,
  item_id text NOT NULL,
  quantity numeric(14,3) NOT NULL,
  yield_bp integer NOT NULL DEFAULT 10000,
  PRIMARY KEY (org_id, menu_item_id, item_id),
  CONSTRAINT recipe_lines_menu_item FOREIGN KEY (org_id, menu_item_id) REFERENCES menu_items (org_id, id) ON DELETE CASCADE,
  CONSTRAINT recipe_lines_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT recipe_lines_quantity CHECK (quantity > 0),
  CONSTRAINT recipe_lines_yield CHECK (yield_bp BETWEEN 1 AND 10000)
);
