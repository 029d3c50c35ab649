package menu

import (
	"context"
	"fmt"

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

// Upsert creates a dish or replaces it whole, recipe included. A recipe line of something that doesn't exist, or that an
// earlier line has, is invalid_argument on it.
func (s *Service) Upsert(ctx context.Context, tx postgres.Querier, item Item) (Item, error) {
	c := caller.From(ctx)
	known, err := s.components(ctx, tx, c.OrgID, item.Recipe)
	if err != nil {
		return Item{}, err
	}
	if err := known.check("menu_item.recipe", item.Recipe, false); err != nil {
		return Item{}, err
	}
	groups, err := LoadGroups(ctx, tx, c.OrgID, item.ModifierGroups)
	if err != nil {
		return Item{}, err
	}
	for i, id := range item.ModifierGroups {
		if _, ok := groups[id]; !ok {
			return Item{}, fault.Invalid(fmt.Sprintf("menu_item.modifier_group_ids[%d]", i), "must be a modifier group, not "+id)
		}
	}
	if item.ID == "" {
		item.ID = ids.New("menu")
	}
	if err := s.store.upsert(ctx, tx, c.OrgID, item, s.clock()); err != nil {
		return Item{}, err
	}
	if err := s.checkAmounts(ctx, tx, c.OrgID, ownerDish, map[string]string{item.ID: "menu_item.recipe"}); err != nil {
		return Item{}, err
	}
	return s.Get(ctx, tx, item.ID)
}

// Get returns a dish with its recipe, also one off the menu.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (Item, error) {
	items, err := s.store.get(ctx, q, caller.From(ctx).OrgID, id)
	if err != nil {
		return Item{}, err
	}
	if len(items) == 0 {
		return Item{}, fault.NotFound("menu item", id)
	}
	return items[0], nil
}

// List returns up to size dishes after an id.
func (s *Service) List(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Item, error) {
	orgID := caller.From(ctx).OrgID
	items, err := s.store.list(ctx, q, orgID, afterID, size)
	if err != nil {
		return nil, err
	}
	return s.store.withRecipes(ctx, q, orgID, items)
}
