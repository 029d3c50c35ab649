package menu

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Load returns dishes with their recipes by id, those off the menu too. Ids that don't exist are missing from the map.
func Load(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]Item, error) {
	rows, err := sqlc.New().MenuItemListByIDs(ctx, q, &sqlc.MenuItemListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list menu items: %w", err)
	}
	recipes, err := loadRecipes(ctx, q, orgID, ids)
	if err != nil {
		return nil, err
	}
	items := make(map[string]Item, len(rows))
	for _, r := range rows {
		item := itemFromRow(r)
		item.Recipe = recipes[r.ID]
		items[r.ID] = item
	}
	return items, nil
}

// loadRecipes returns the recipes of dishes by the dishes' ids.
func loadRecipes(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string][]RecipeLine, error) {
	rows, err := sqlc.New().RecipeLineListByMenuItems(ctx, q, &sqlc.RecipeLineListByMenuItemsParams{OrgID: orgID, MenuItemIds: ids})
	if err != nil {
		return nil, fmt.Errorf("list recipe lines: %w", err)
	}
	recipes := make(map[string][]RecipeLine)
	for _, r := range rows {
		recipes[r.MenuItemID] = append(recipes[r.MenuItemID], RecipeLine{ItemID: r.ItemID, Quantity: r.Quantity, YieldBP: r.YieldBp})
	}
	return recipes, nil
}

func itemFromRow(r *sqlc.MenuItem) Item {
	return Item{Active: r.Active, Category: r.Category, ID: r.ID, Name: r.Name, Price: r.Price, TaxRateBP: r.TaxRateBp}
}
