package menu

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Service changes the menu in the transaction that it is given, for the caller in the context.
type Service struct {
	clock clock.Clock
	store store
}

// NewService returns a service that dates what happens by now.
func NewService(now clock.Clock) *Service {
	return &Service{clock: now, store: newStore()}
}

// Upsert creates a dish or replaces it whole, recipe included. A recipe line of an item that doesn't exist, or that an
// earlier line has, is invalid_argument on it.
func (s *Service) Upsert(ctx context.Context, tx postgres.Querier, item Item) (Item, error) {
	c := caller.From(ctx)
	if err := checkRecipe(ctx, tx, c.OrgID, item.Recipe); err != nil {
		return Item{}, err
	}
	if item.ID == "" {
		item.ID = ids.New("menu")
	}
	if err := s.store.upsert(ctx, tx, c.OrgID, item, s.clock()); err != nil {
		return Item{}, err
	}
	return s.Get(ctx, tx, item.ID)
}

func checkRecipe(ctx context.Context, q postgres.Querier, orgID string, recipe []RecipeLine) error {
	itemIDs := make([]string, len(recipe))
	for i, l := range recipe {
		itemIDs[i] = l.ItemID
	}
	known, err := inventory.Load(ctx, q, orgID, itemIDs)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(recipe))
	for i, l := range recipe {
		field := fmt.Sprintf("menu_item.recipe[%d].item_id", i)
		if _, ok := known[l.ItemID]; !ok {
			return fault.Invalid(field, "must be an inventory item, not "+l.ItemID)
		}
		if seen[l.ItemID] {
			return fault.Invalid(field, "must not name "+l.ItemID+" a second time")
		}
		seen[l.ItemID] = true
	}
	return nil
}

// Get returns a dish, also one off the menu.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (Item, error) {
	items, err := Load(ctx, q, caller.From(ctx).OrgID, []string{id})
	if err != nil {
		return Item{}, err
	}
	item, ok := items[id]
	if !ok {
		return Item{}, fault.NotFound("menu item", id)
	}
	return item, nil
}

// List returns up to size dishes after an id.
func (s *Service) List(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Item, error) {
	return s.store.list(ctx, q, caller.From(ctx).OrgID, afterID, size)
}
