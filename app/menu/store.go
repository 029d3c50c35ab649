package menu

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// The owners of recipes.
const (
	ownerDish        = "DISH"
	ownerModifier    = "MODIFIER"
	ownerPreparation = "PREPARATION"
)

// store reads and writes dishes and what they are made of. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// Load returns dishes by id, those off the menu too, without recipes and ingredients. Ids that don't exist are missing from the map.
func Load(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]Item, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := newStore().queries.MenuItemListByIDs(ctx, q, &sqlc.MenuItemListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list menu items by id: %w", err)
	}
	items := make(map[string]Item, len(rows))
	for _, r := range rows {
		items[r.ID] = itemFromRow(r)
	}
	return items, nil
}

// LoadWith is Load with the dishes' ingredients, and those of modifiers by their ids.
func LoadWith(ctx context.Context, q postgres.Querier, orgID string, ids, modifierIDs []string) (map[string]Item, map[string][]Ingredient, error) {
	items, err := Load(ctx, q, orgID, ids)
	if err != nil || len(items) == 0 {
		return nil, nil, err
	}
	owned, err := newStore().ingredients(ctx, q, orgID, map[string][]string{ownerDish: ids, ownerModifier: modifierIDs})
	if err != nil {
		return nil, nil, err
	}
	for id, item := range items {
		item.Ingredients = owned[ownerDish][id]
		items[id] = item
	}
	return items, owned[ownerModifier], nil
}

// ingredients returns what dishes and modifiers take for a portion, and preparations for a batch, by kind and id.
func (s store) ingredients(ctx context.Context, q postgres.Querier, orgID string, owners map[string][]string) (map[string]map[string][]Ingredient, error) {
	p := &sqlc.IngredientListParams{OrgID: orgID}
	for kind, ids := range owners {
		for _, id := range ids {
			p.OwnerKinds, p.OwnerIds = append(p.OwnerKinds, kind), append(p.OwnerIds, id)
		}
	}
	rows, err := s.queries.IngredientList(ctx, q, p)
	if err != nil {
		return nil, fmt.Errorf("list ingredients: %w", err)
	}
	owned := make(map[string]map[string][]Ingredient, len(owners))
	for _, r := range rows {
		of := owned[r.OwnerKind]
		if of == nil {
			of = make(map[string][]Ingredient)
			owned[r.OwnerKind] = of
		}
		of[r.OwnerID] = append(of[r.OwnerID], Ingredient{Denominator: r.Denominator, ItemID: r.ItemID, Numerator: r.Numerator})
	}
	return owned, nil
}

// upsert writes a dish and puts its recipe in the place of the one before. The row of the dish comes first: it keeps
// writers of the same dish apart.
func (s store) upsert(ctx context.Context, tx postgres.Querier, orgID string, item Item, now time.Time) error {
	groups := item.ModifierGroups
	if groups == nil {
		groups = []string{}
	}
	err := s.queries.MenuItemUpsert(ctx, tx, &sqlc.MenuItemUpsertParams{
		OrgID: orgID, ID: item.ID, Name: item.Name, Category: item.Category, Price: item.Price, TaxRateBp: item.TaxRateBP, Active: item.Active,
		ModifierGroupIds: groups, Now: now,
	})
	if err != nil {
		return fmt.Errorf("upsert menu item: %w", err)
	}
	if err := s.queries.MenuCategoryEnsure(ctx, tx, &sqlc.MenuCategoryEnsureParams{OrgID: orgID, Name: item.Category}); err != nil {
		return fmt.Errorf("ensure menu category: %w", err)
	}
	return s.replaceRecipes(ctx, tx, orgID, ownerDish, map[string][]RecipeLine{item.ID: item.Recipe})
}

// replaceRecipes puts recipes in the place of those before, by owner.
func (s store) replaceRecipes(ctx context.Context, tx postgres.Querier, orgID, kind string, recipes map[string][]RecipeLine) error {
	p := &sqlc.RecipeLineInsertParams{OrgID: orgID, OwnerKind: kind}
	owners := make([]string, 0, len(recipes))
	for owner, recipe := range recipes {
		owners = append(owners, owner)
		for i, l := range recipe {
			p.OwnerIds = append(p.OwnerIds, owner)
			p.LineNos = append(p.LineNos, int32(i)+1)
			p.ItemIds = append(p.ItemIds, l.ItemID)
			p.PreparationIds = append(p.PreparationIds, l.PreparationID)
			p.Quantities = append(p.Quantities, l.Quantity)
			p.YieldsBp = append(p.YieldsBp, l.YieldBP)
		}
	}
	if err := s.queries.RecipeLineDelete(ctx, tx, &sqlc.RecipeLineDeleteParams{OrgID: orgID, OwnerKind: kind, OwnerIds: owners}); err != nil {
		return fmt.Errorf("delete recipe lines: %w", err)
	}
	if len(p.OwnerIds) == 0 {
		return nil
	}
	if err := s.queries.RecipeLineInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert recipe lines: %w", err)
	}
	return nil
}

func (s store) get(ctx context.Context, q postgres.Querier, orgID, id string) ([]Item, error) {
	dishes, err := Load(ctx, q, orgID, []string{id})
	if err != nil {
		return nil, err
	}
	return s.withRecipes(ctx, q, orgID, slices.Collect(maps.Values(dishes)))
}

// list returns up to size dishes after an id, without their recipes.
func (s store) list(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]Item, error) {
	rows, err := s.queries.MenuItemList(ctx, q, &sqlc.MenuItemListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list menu items: %w", err)
	}
	items := make([]Item, len(rows))
	for i, r := range rows {
		items[i] = itemFromRow(r)
	}
	return items, nil
}

// withRecipes fills in the dishes' recipes.
func (s store) withRecipes(ctx context.Context, q postgres.Querier, orgID string, items []Item) ([]Item, error) {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	recipes, err := s.recipes(ctx, q, orgID, ownerDish, ids)
	if err != nil {
		return nil, err
	}
	for i := range items {
		items[i].Recipe = recipes[items[i].ID]
	}
	return items, nil
}

// recipes returns recipes by their owners' ids.
func (s store) recipes(ctx context.Context, q postgres.Querier, orgID, kind string, owners []string) (map[string][]RecipeLine, error) {
	rows, err := s.queries.RecipeLineList(ctx, q, &sqlc.RecipeLineListParams{OrgID: orgID, OwnerKind: kind, OwnerIds: owners})
	if err != nil {
		return nil, fmt.Errorf("list recipe lines: %w", err)
	}
	recipes := make(map[string][]RecipeLine)
	for _, r := range rows {
		recipes[r.OwnerID] = append(recipes[r.OwnerID], RecipeLine{
			ItemID: r.ItemID, PreparationID: r.PreparationID, Quantity: r.Quantity, YieldBP: r.YieldBp,
		})
	}
	return recipes, nil
}

func itemFromRow(r *sqlc.MenuItem) Item {
	return Item{
		Active: r.Active, Category: r.Category, ID: r.ID, ModifierGroups: r.ModifierGroupIds, Name: r.Name, Price: r.Price, TaxRateBP: r.TaxRateBp,
	}
}
