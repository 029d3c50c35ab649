package menu

import (
	"context"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Cost is what a portion of a dish costs, in minor units.
type Cost struct {
	Dish        Item
	Ingredients []IngredientCost // by item
	// Partial says that an ingredient has no known cost and counts 0.
	Partial bool
	Total   int64 // sum of the ingredients' costs
}

// IngredientCost is what a portion takes of one item.
type IngredientCost struct {
	Cost     int64
	Item     inventory.Item
	Quantity decimal.Decimal
	UnitCost decimal.Decimal // the last known one, else 0
}

// place is where dishes are costed: a branch, or the whole organisation if it names none.
type place struct{ branchID, currency, orgID string }

// place returns the branch, or the caller's own if none is named, or the organisation if the caller isn't bound to one.
func (s *Service) place(ctx context.Context, q postgres.Querier, branchID string) (place, error) {
	c := caller.From(ctx)
	if branchID == "" {
		branchID = c.BranchID
	}
	if branchID == "" {
		o, err := organisation.Load(ctx, q, c.OrgID)
		if err != nil {
			return place{}, err
		}
		return place{currency: o.Currency, orgID: o.ID}, nil
	}
	b, err := branch.Get(ctx, q, c, branchID)
	return place{branchID: b.ID, currency: b.Currency, orgID: b.OrgID}, err
}

// Cost computes what a portion costs at the last known cost of each ingredient: of the branch's newest batch, else of any branch's.
func (s *Service) Cost(ctx context.Context, q postgres.Querier, at place, id string) (Cost, error) {
	dishes, err := Load(ctx, q, at.orgID, []string{id})
	if err != nil {
		return Cost{}, err
	}
	dish, ok := dishes[id]
	if !ok {
		return Cost{}, fault.NotFound("menu item", id)
	}
	costs, err := s.costs(ctx, q, at, []Item{dish})
	if err != nil {
		return Cost{}, err
	}
	return costs[0], nil
}

// Costs computes what up to size dishes after an id cost, as [Service.Cost] does.
func (s *Service) Costs(ctx context.Context, q postgres.Querier, at place, afterID string, size int32) ([]Cost, error) {
	dishes, err := s.store.list(ctx, q, at.orgID, afterID, size)
	if err != nil {
		return nil, err
	}
	return s.costs(ctx, q, at, dishes)
}

func (s *Service) costs(ctx context.Context, q postgres.Querier, at place, dishes []Item) ([]Cost, error) {
	ids := make([]string, len(dishes))
	for i, dish := range dishes {
		ids[i] = dish.ID
	}
	owned, err := s.store.ingredients(ctx, q, at.orgID, map[string][]string{ownerDish: ids})
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool)
	for _, ingredients := range owned[ownerDish] {
		for _, i := range ingredients {
			used[i.ItemID] = true
		}
	}
	itemIDs := slices.Sorted(maps.Keys(used))
	items, err := inventory.Load(ctx, q, at.orgID, itemIDs)
	if err != nil {
		return nil, err
	}
	unitCosts, err := stock.LastCosts(ctx, q, at.orgID, at.branchID, itemIDs)
	if err != nil {
		return nil, err
	}
	costs := make([]Cost, len(dishes))
	for i, dish := range dishes {
		dish.Ingredients = owned[ownerDish][dish.ID]
		if costs[i], err = portion(dish, items, unitCosts); err != nil {
			return nil, err
		}
	}
	return costs, nil
}

// portion costs one portion of a dish. Each ingredient is rounded, so that what is shown adds up.
func portion(dish Item, items map[string]inventory.Item, unitCosts map[string]decimal.Decimal) (Cost, error) {
	c := Cost{Dish: dish}
	itemIDs, parts := ByItem(dish.Ingredients)
	for _, id := range itemIDs {
		i := IngredientCost{Item: items[id], Quantity: Requirement(parts[id], decimal.NewFromInt(1)), UnitCost: unitCosts[id]}
		var err error
		if i.Cost, err = stock.Cost(i.Quantity, i.UnitCost); err != nil {
			return Cost{}, err
		}
		c.Partial = c.Partial || i.UnitCost.IsZero()
		c.Total += i.Cost
		c.Ingredients = append(c.Ingredients, i)
	}
	return c, nil
}
