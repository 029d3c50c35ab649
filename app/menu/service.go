package menu

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// maxDepth is how many preparations may be made of each other in a row.
const maxDepth = 10

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
	if err := s.checkRecipe(ctx, tx, c.OrgID, "menu_item.recipe", item.Recipe, false); err != nil {
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
	return s.Get(ctx, tx, item.ID)
}

// checkRecipe refuses lines that name no component or two, what doesn't exist, or the same twice. Only modifiers leave out.
func (s *Service) checkRecipe(ctx context.Context, q postgres.Querier, orgID, path string, recipe []RecipeLine, mayLeaveOut bool) error {
	var itemIDs, preparationIDs []string
	for _, l := range recipe {
		itemIDs, preparationIDs = append(itemIDs, l.ItemID), append(preparationIDs, l.PreparationID)
	}
	items, err := inventory.Load(ctx, q, orgID, itemIDs)
	if err != nil {
		return err
	}
	preparations, err := s.store.knownPreparations(ctx, q, orgID, preparationIDs)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(recipe))
	for i, l := range recipe {
		field := fmt.Sprintf("%s[%d]", path, i)
		_, item := items[l.ItemID]
		switch {
		case l.ItemID != "" && l.PreparationID != "":
			return fault.Invalid(field+".preparation_id", "must be empty where item_id is set")
		case l.PreparationID == "" && !item:
			return fault.Invalid(field+".item_id", "must be an inventory item, not "+l.ItemID)
		case l.PreparationID != "" && !preparations[l.PreparationID]:
			return fault.Invalid(field+".preparation_id", "must be a preparation, not "+l.PreparationID)
		case seen[l.ItemID+" "+l.PreparationID]:
			return fault.Invalid(field+".item_id", "must not name "+l.ItemID+l.PreparationID+" a second time")
		case l.Quantity.IsNegative() && !mayLeaveOut:
			return fault.Invalid(field+".quantity", "must be greater than 0; only a modifier leaves out")
		}
		seen[l.ItemID+" "+l.PreparationID] = true
	}
	return nil
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
	return s.store.list(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// UpsertPreparation creates what kitchens make ahead, or replaces it. A recipe that comes back to itself is invalid_argument.
func (s *Service) UpsertPreparation(ctx context.Context, tx postgres.Querier, p Preparation) (Preparation, error) {
	orgID := caller.From(ctx).OrgID
	if p.ID == "" {
		p.ID = ids.New("prep")
	}
	if err := s.store.lockPreparations(ctx, tx, orgID); err != nil {
		return Preparation{}, err
	}
	edges, err := s.store.edges(ctx, tx, orgID)
	if err != nil {
		return Preparation{}, err
	}
	edges[p.ID] = nil
	for i, l := range p.Recipe {
		if l.PreparationID == "" {
			continue
		}
		edges[p.ID] = append(edges[p.ID], l.PreparationID)
		if way := wayTo(edges, l.PreparationID, p.ID); way != nil {
			return Preparation{}, fault.Invalid(fmt.Sprintf("preparation.recipe[%d].preparation_id", i),
				"must not come back to the preparation: "+strings.Join(append([]string{p.ID}, way...), " → ")).WithReason("RECIPE_CYCLE")
		}
	}
	for id := range edges {
		if depth(edges, id) > maxDepth {
			return Preparation{}, fault.Invalid("preparation.recipe", fmt.Sprintf("must not be made of more than %d preparations in a row", maxDepth))
		}
	}
	if err := s.checkRecipe(ctx, tx, orgID, "preparation.recipe", p.Recipe, false); err != nil {
		return Preparation{}, err
	}
	return p, s.store.upsertPreparation(ctx, tx, orgID, p, s.clock())
}

// wayTo returns the way from one preparation to another, both included, or nil.
func wayTo(edges map[string][]string, from, to string) []string {
	if from == to {
		return []string{to}
	}
	for _, part := range edges[from] {
		if way := wayTo(edges, part, to); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

// depth counts the preparations in the longest row from one on.
func depth(edges map[string][]string, id string) int {
	longest := 0
	for _, part := range edges[id] {
		longest = max(longest, depth(edges, part))
	}
	return longest + 1
}

// ListPreparations returns up to size preparations after an id.
func (s *Service) ListPreparations(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Preparation, error) {
	return s.store.listPreparations(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// UpsertModifierGroup creates choices, or replaces them.
func (s *Service) UpsertModifierGroup(ctx context.Context, tx postgres.Querier, g ModifierGroup) (ModifierGroup, error) {
	orgID := caller.From(ctx).OrgID
	if g.MinChoices > g.MaxChoices {
		return ModifierGroup{}, fault.Invalid("modifier_group.min_choices", "must not exceed max_choices")
	}
	if g.ID == "" {
		g.ID = ids.New("mgr")
	}
	modifierIDs := make([]string, len(g.Modifiers))
	for i := range g.Modifiers {
		m := &g.Modifiers[i]
		if m.ID == "" {
			m.ID = ids.New("mod")
		}
		if slices.Contains(modifierIDs[:i], m.ID) {
			return ModifierGroup{}, fault.Invalid(fmt.Sprintf("modifier_group.modifiers[%d].id", i), "must not be there twice")
		}
		modifierIDs[i] = m.ID
		if err := s.checkRecipe(ctx, tx, orgID, fmt.Sprintf("modifier_group.modifiers[%d].recipe", i), m.Recipe, true); err != nil {
			return ModifierGroup{}, err
		}
	}
	owners, err := s.store.groupsOf(ctx, tx, orgID, modifierIDs)
	if err != nil {
		return ModifierGroup{}, err
	}
	for i, id := range modifierIDs {
		if owner, ok := owners[id]; ok && owner != g.ID {
			return ModifierGroup{}, fault.Invalid(fmt.Sprintf("modifier_group.modifiers[%d].id", i), "must not be of another group; it is of "+owner)
		}
	}
	return g, s.store.upsertGroup(ctx, tx, orgID, g, s.clock())
}

// ListModifierGroups returns up to size groups after an id.
func (s *Service) ListModifierGroups(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]ModifierGroup, error) {
	return s.store.listGroups(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// UpsertCategory places a category on the menu.
func (s *Service) UpsertCategory(ctx context.Context, tx postgres.Querier, c Category) error {
	return s.store.upsertCategory(ctx, tx, caller.From(ctx).OrgID, c)
}

// ListCategories returns the categories in the order in which they are shown.
func (s *Service) ListCategories(ctx context.Context, q postgres.Querier) ([]Category, error) {
	return s.store.listCategories(ctx, q, caller.From(ctx).OrgID)
}
