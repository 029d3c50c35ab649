-- What guests can order. A recipe line is what one portion takes of an inventory item.
CREATE TABLE menu_items (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  category text NOT NULL,
  price bigint NOT NULL,
  tax_rate_bp integer NOT NULL,
  active boolean NOT NULL DEFAULT true,
  modifier_group_ids text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT menu_items_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT menu_items_price CHECK (price >= 0),
  CONSTRAINT menu_items_tax CHECK (tax_rate_bp BETWEEN 0 AND 10000)
);

-- What kitchens make ahead: a batch of a recipe yields so much of it, in its own unit.
CREATE TABLE preparations (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  output_quantity numeric(14,3) NOT NULL,
  output_unit text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT preparations_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT preparations_output CHECK (output_quantity > 0)
);

-- What a portion of a dish, a batch of a preparation or a portion's modifier is made of: an item, or a preparation. Only modifiers
-- may take something away.
CREATE TABLE recipe_lines (
  org_id text NOT NULL,
  owner_kind text NOT NULL,
  owner_id text NOT NULL,
  line_no integer NOT NULL,
  item_id text,
  preparation_id text,
  quantity numeric(14,3) NOT NULL,
  yield_bp integer NOT NULL DEFAULT 10000,
  PRIMARY KEY (org_id, owner_kind, owner_id, line_no),
  CONSTRAINT recipe_lines_item FOREIGN KEY (org_id, item_id) REFERENCES inventory_items (org_id, id),
  CONSTRAINT recipe_lines_preparation FOREIGN KEY (org_id, preparation_id) REFERENCES preparations (org_id, id),
  CONSTRAINT recipe_lines_owner CHECK (owner_kind IN ('DISH', 'PREPARATION', 'MODIFIER')),
  CONSTRAINT recipe_lines_component CHECK (num_nonnulls(item_id, preparation_id) = 1),
  CONSTRAINT recipe_lines_quantity CHECK (quantity > 0 OR (quantity < 0 AND owner_kind = 'MODIFIER')),
  CONSTRAINT recipe_lines_yield CHECK (yield_bp BETWEEN 1 AND 10000)
);

-- The categories of the menu, in the order in which they are shown.
CREATE TABLE menu_categories (
  org_id text NOT NULL,
  name text NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (org_id, name),
  CONSTRAINT menu_categories_org FOREIGN KEY (org_id) REFERENCES organisations (org_id)
);

-- Choices that guests have: extras, sizes, what to leave out.
CREATE TABLE modifier_groups (
  org_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  min_choices integer NOT NULL,
  max_choices integer NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT modifier_groups_org FOREIGN KEY (org_id) REFERENCES organisations (org_id),
  CONSTRAINT modifier_groups_choices CHECK (min_choices >= 0 AND max_choices >= 1 AND min_choices <= max_choices)
);

CREATE TABLE modifiers (
  org_id text NOT NULL,
  id text NOT NULL,
  group_id text NOT NULL,
  name text NOT NULL,
  price bigint NOT NULL,
  active boolean NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT modifiers_group FOREIGN KEY (org_id, group_id) REFERENCES modifier_groups (org_id, id),
  CONSTRAINT modifiers_price CHECK (price >= 0)
);

CREATE INDEX idx_modifier_group ON modifiers (org_id, group_id, position);
COMMENT ON INDEX idx_modifier_group IS 'Serves ModifierListByGroups and ModifierRetireOthers.';
