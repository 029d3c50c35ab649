-- name: MenuItemUpsert :exec
INSERT INTO menu_items (org_id, id, name, category, price, tax_rate_bp, active, modifier_group_ids, created_at, updated_at)
VALUES (@org_id, @id, @name, @category, @price, @tax_rate_bp, @active, @modifier_group_ids, @now, @now)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name, category = excluded.category, price = excluded.price, tax_rate_bp = excluded.tax_rate_bp,
  active = excluded.active, modifier_group_ids = excluded.modifier_group_ids, updated_at = excluded.updated_at;

-- name: MenuItemListByIDs :many
SELECT * FROM menu_items WHERE org_id = @org_id AND id = ANY (@ids::text[]);

-- name: MenuItemList :many
SELECT * FROM menu_items
WHERE org_id = @org_id AND id > @after_id
ORDER BY id
LIMIT @page_size;

-- name: RecipeLineDelete :exec
DELETE FROM recipe_lines WHERE org_id = @org_id AND owner_kind = @owner_kind AND owner_id = ANY (@owner_ids::text[]);

-- name: RecipeLineInsert :exec
-- An empty item or preparation is absent.
INSERT INTO recipe_lines (org_id, owner_kind, owner_id, line_no, item_id, preparation_id, quantity, yield_bp)
SELECT @org_id, @owner_kind, l.owner_id, l.line_no, nullif(l.item_id, ''), nullif(l.preparation_id, ''), l.quantity, l.yield_bp
FROM (
  SELECT unnest(@owner_ids::text[]) AS owner_id,
    unnest(@line_nos::integer[]) AS line_no,
    unnest(@item_ids::text[]) AS item_id,
    unnest(@preparation_ids::text[]) AS preparation_id,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@yields_bp::integer[]) AS yield_bp
) AS l;

-- name: RecipeLineList :many
SELECT owner_id, coalesce(item_id, '')::text AS item_id, coalesce(preparation_id, '')::text AS preparation_id, quantity, yield_bp FROM recipe_lines
WHERE org_id = @org_id AND owner_kind = @owner_kind AND owner_id = ANY (@owner_ids::text[])
ORDER BY owner_id, line_no;

-- name: IngredientList :many
-- What a portion of dishes and modifiers, or a batch of preparations, comes to in items, through all preparations. A part is
-- numerator ÷ denominator of an item's base unit: products only, so that it stays exact until it is rounded.
WITH RECURSIVE needed AS (
  SELECT l.owner_kind, l.owner_id, l.item_id, l.preparation_id, l.quantity * 10000 AS numerator, l.yield_bp::numeric AS denominator
  FROM (SELECT unnest(@owner_kinds::text[]) AS kind, unnest(@owner_ids::text[]) AS id) wanted
  JOIN recipe_lines l ON l.org_id = @org_id AND l.owner_kind = wanted.kind AND l.owner_id = wanted.id
  UNION ALL
  SELECT n.owner_kind, n.owner_id, l.item_id, l.preparation_id, n.numerator * l.quantity * 10000, n.denominator * l.yield_bp * p.output_quantity
  FROM needed n
  JOIN preparations p ON p.org_id = @org_id AND p.id = n.preparation_id
  JOIN recipe_lines l ON l.org_id = @org_id AND l.owner_kind = 'PREPARATION' AND l.owner_id = n.preparation_id
)
SELECT owner_kind, owner_id, item_id::text AS item_id, numerator::numeric AS numerator, denominator::numeric AS denominator
FROM needed
WHERE item_id IS NOT NULL
ORDER BY owner_kind, owner_id, item_id, numerator, denominator;

-- name: PreparationUpsert :exec
INSERT INTO preparations (org_id, id, name, output_quantity, output_unit, updated_at)
VALUES (@org_id, @id, @name, @output_quantity, @output_unit, @updated_at)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name, output_quantity = excluded.output_quantity, output_unit = excluded.output_unit, updated_at = excluded.updated_at;

-- name: PreparationLock :exec
-- Keeps writers of an organisation's preparations apart: two that each add half of a cycle must not miss each other.
SELECT pg_advisory_xact_lock(hashtextextended('preparations ' || @org_id::text, 0));

-- name: PreparationListByIDs :many
SELECT * FROM preparations WHERE org_id = @org_id AND id = ANY (@ids::text[]);

-- name: PreparationList :many
SELECT * FROM preparations WHERE org_id = @org_id AND id > @after_id ORDER BY id LIMIT @page_size;

-- name: PreparationPartList :many
-- What preparations are made of, and by how many lines; the empty part stands for items.
SELECT owner_id, coalesce(preparation_id, '')::text AS preparation_id, count(*)::bigint AS lines FROM recipe_lines
WHERE org_id = @org_id AND owner_kind = 'PREPARATION'
GROUP BY owner_id, coalesce(preparation_id, '')
ORDER BY 1, 2;

-- name: MenuCategoryUpsert :exec
INSERT INTO menu_categories (org_id, name, position) VALUES (@org_id, @name, @position)
ON CONFLICT (org_id, name) DO UPDATE SET position = excluded.position;

-- name: MenuCategoryEnsure :exec
-- A category that a dish is the first to have comes last.
INSERT INTO menu_categories (org_id, name, position)
SELECT @org_id, @name, coalesce(max(c.position), 0) + 1 FROM menu_categories c WHERE c.org_id = @org_id
ON CONFLICT (org_id, name) DO NOTHING;

-- name: MenuCategoryList :many
SELECT c.name, c.position, coalesce(m.dishes, 0)::bigint AS dishes
FROM menu_categories c
LEFT JOIN (
  SELECT i.category, count(*) AS dishes FROM menu_items i WHERE i.org_id = @org_id AND i.active GROUP BY i.category
) m ON m.category = c.name
WHERE c.org_id = @org_id
ORDER BY c.position, c.name;

-- name: ModifierGroupUpsert :exec
INSERT INTO modifier_groups (org_id, id, name, min_choices, max_choices, updated_at)
VALUES (@org_id, @id, @name, @min_choices, @max_choices, @updated_at)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name, min_choices = excluded.min_choices, max_choices = excluded.max_choices, updated_at = excluded.updated_at;

-- name: ModifierUpsert :execrows
-- An id that belongs to another group stays there and isn't counted. In the order of their ids, so that two writers don't deadlock.
INSERT INTO modifiers (org_id, id, group_id, name, price, active, position)
SELECT @org_id, m.id, @group_id, m.name, m.price, m.active, m.position
FROM (
  SELECT unnest(@ids::text[]) AS id,
    unnest(@names::text[]) AS name,
    unnest(@prices::bigint[]) AS price,
    unnest(@active::boolean[]) AS active,
    unnest(@positions::integer[]) AS position
) AS m
ORDER BY m.id
ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, price = excluded.price, active = excluded.active, position = excluded.position
WHERE modifiers.group_id = excluded.group_id;

-- name: ModifierRetireOthers :exec
-- Modifiers that the group has no longer: orders may refer to them.
UPDATE modifiers SET active = false WHERE org_id = @org_id AND group_id = @group_id AND id <> ALL (@ids::text[]);

-- name: ModifierListByIDs :many
SELECT * FROM modifiers WHERE org_id = @org_id AND id = ANY (@ids::text[]);

-- name: ModifierListByGroups :many
SELECT * FROM modifiers WHERE org_id = @org_id AND group_id = ANY (@group_ids::text[]) ORDER BY group_id, position, id;

-- name: ModifierGroupListByIDs :many
SELECT * FROM modifier_groups WHERE org_id = @org_id AND id = ANY (@ids::text[]) ORDER BY id;

-- name: ModifierGroupList :many
SELECT * FROM modifier_groups WHERE org_id = @org_id AND id > @after_id ORDER BY id LIMIT @page_size;
