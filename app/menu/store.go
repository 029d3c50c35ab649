package menu

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes dishes. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// Load returns dishes with their recipes by id, those off the menu too. Ids that don't exist are missing from the map.
func Load(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]Item, error) {
	s := newStore()
	rows, err := s.queries.MenuItemListByIDs(ctx, q, &sqlc.MenuItemListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list menu items by id: %w", err)
	}
	recipes, err := s.recipes(ctx, q, orgID, ids)
	if err != nil {
		return nil, err
	}
	items := make(map[string]Item, len(rows))
	for _, r := range rows {
		items[r.ID] = itemFromRow(r, recipes[r.ID])
	}
	return items, nil
}

// upsert writes a dish and puts its recipe in the place of the one before. The row of the dish comes first: it keeps
// writers of the same dish apart.
func (s store) upsert(ctx context.Context, tx postgres.Querier, orgID string, item Item, now time.Time) error {
	err := s.queries.MenuItemUpsert(ctx, tx, &sqlc.MenuItemUpsertParams{
		OrgID: orgID, ID: item.ID, Name: item.Name, Category: item.Category, Price: item.Price, TaxRateBp: item.TaxRateBP, Active: item.Active,
		Now: now,
	})
	if err != nil {
		return fmt.Errorf("upsert menu item: %w", err)
	}
	if err := s.queries.RecipeLineDelete(ctx, tx, &sqlc.RecipeLineDeleteParams{OrgID: orgID, MenuItemID: item.ID}); err != nil {
		return fmt.Errorf("delete recipe lines: %w", err)
	}
	if len(item.Recipe) == 0 {
		return nil
	}
	p := &sqlc.RecipeLineInsertParams{OrgID: orgID, MenuItemID: item.ID}
	for _, l := range item.Recipe {
		p.ItemIds = append(p.ItemIds, l.ItemID)
		p.Quantities = append(p.Quantities, l.Quantity)
		p.YieldsBp = append(p.YieldsBp, l.YieldBP)
	}
	if err := s.queries.RecipeLineInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert recipe lines: %w", err)
	}
	return nil
}

func (s store) list(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]Item, error) {
	rows, err := s.queries.MenuItemList(ctx, q, &sqlc.MenuItemListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list menu items: %w", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	recipes, err := s.recipes(ctx, q, orgID, ids)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(rows))
	for i, r := range rows {
		items[i] = itemFromRow(r, recipes[r.ID])
	}
	return items, nil
}

// recipes returns the recipes of dishes by the dishes' ids.
func (s store) recipes(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string][]RecipeLine, error) {
	rows, err := s.queries.RecipeLineListByMenuItems(ctx, q, &sqlc.RecipeLineListByMenuItemsParams{OrgID: orgID, MenuItemIds: ids})
	if err != nil {
		return nil, fmt.Errorf("list recipe lines: %w", err)
	}
	recipes := make(map[string][]RecipeLine)
	for _, r := range rows {
		recipes[r.MenuItemID] = append(recipes[r.MenuItemID], RecipeLine{ItemID: r.ItemID, Quantity: r.Quantity, YieldBP: r.YieldBp})
	}
	return recipes, nil
}

func itemFromRow(r *sqlc.MenuItem, recipe []RecipeLine) Item {
	return Item{
		Active: r.Active, Category: r.Category, ID: r.ID, Name: r.Name, Price: r.Price, Recipe: recipe, TaxRateBP: r.TaxRateBp,
	}
}
