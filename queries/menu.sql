-- name: MenuItemUpsert :exec
INSERT INTO menu_items (org_id, id, name, category, price, tax_rate_bp, active, created_at, updated_at)
VALUES (@org_id, @id, @name, @category, @price, @tax_rate_bp, @active, @now, @now)
ON CONFLICT (org_id, id) DO UPDATE SET
  name = excluded.name, category = excluded.category, price = excluded.price, tax_rate_bp = excluded.tax_rate_bp,
  active = excluded.active, updated_at = excluded.updated_at;

-- name: MenuItemListByIDs :many
SELECT * FROM menu_items WHERE org_id = @org_id AND id = ANY (@ids::text[]);

-- name: MenuItemList :many
SELECT * FROM menu_items
WHERE org_id = @org_id AND id > @after_id
ORDER BY id
LIMIT @page_size;

-- name: RecipeLineDelete :exec
DELETE FROM recipe_lines WHERE org_id = @org_id AND menu_item_id = @menu_item_id;

-- name: RecipeLineInsert :exec
INSERT INTO recipe_lines (org_id, menu_item_id, item_id, quantity, yield_bp)
SELECT @org_id, @menu_item_id, l.item_id, l.quantity, l.yield_bp
FROM (
  SELECT unnest(@item_ids::text[]) AS item_id,
    unnest(@quantities::numeric[]) AS quantity,
    unnest(@yields_bp::integer[]) AS yield_bp
) AS l;

-- name: RecipeLineListByMenuItems :many
SELECT menu_item_id, item_id, quantity, yield_bp FROM recipe_lines
WHERE org_id = @org_id AND menu_item_id = ANY (@menu_item_ids::text[])
ORDER BY menu_item_id, item_id;
