package menu

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Cost is what a portion of a dish costs in a branch, in minor units.
type Cost struct {
	Currency    string
	Dish        Item
	Ingredients []IngredientCost // by item
	Total       int64            // sum of the ingredients' costs
}

// IngredientCost is what a portion takes of one item.
type IngredientCost struct {
	Cost     int64
	Item     inventory.Item
	Quantity decimal.Decimal
	UnitCost decimal.Decimal // the last known one
}

// Cost computes what a portion costs at the last known cost of each ingredient: of the branch's newest batch, else of any branch's,
// else 0.
func (s *Service) Cost(ctx context.Context, q postgres.Querier, id, branchID string) (Cost, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return Cost{}, err
	}
	dishes, err := Load(ctx, q, b.OrgID, []string{id})
	if err != nil {
		return Cost{}, err
	}
	dish, ok := dishes[id]
	if !ok {
		return Cost{}, fault.NotFound("menu item", id)
	}
	itemIDs, parts := ByItem(dish.Ingredients)
	items, err := inventory.Load(ctx, q, b.OrgID, itemIDs)
	if err != nil {
		return Cost{}, err
	}
	costs, err := stock.LastCosts(ctx, q, b.OrgID, b.ID, itemIDs)
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Currency: b.Currency, Dish: dish}
	for _, itemID := range itemIDs {
		i := IngredientCost{Item: items[itemID], Quantity: Requirement(parts[itemID], decimal.NewFromInt(1)), UnitCost: costs[itemID]}
		if i.Cost, err = stock.Cost(i.Quantity, i.UnitCost); err != nil {
			return Cost{}, err
		}
		c.Total += i.Cost
		c.Ingredients = append(c.Ingredients, i)
	}
	return c, nil
}
