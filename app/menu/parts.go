package menu

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// UpsertPreparation creates what kitchens make ahead, or replaces it. A recipe that comes back to itself is invalid_argument
// RECIPE_CYCLE, one that is made of too many others RECIPE_TOO_DEEP or RECIPE_TOO_WIDE.
func (s *Service) UpsertPreparation(ctx context.Context, tx postgres.Querier, p Preparation) (Preparation, error) {
	orgID := caller.From(ctx).OrgID
	if p.ID == "" {
		p.ID = ids.New("prep")
	}
	if err := s.store.lockPreparations(ctx, tx, orgID); err != nil {
		return Preparation{}, err
	}
	known, err := s.components(ctx, tx, orgID, p.Recipe)
	if err != nil {
		return Preparation{}, err
	}
	known.preparations[p.ID] = true // that it may not be made of itself is for the graph to say
	if err := known.check("preparation.recipe", p.Recipe, false); err != nil {
		return Preparation{}, err
	}
	preparations, err := s.store.graph(ctx, tx, orgID)
	if err != nil {
		return Preparation{}, err
	}
	if err := preparations.with(p.ID, p.Recipe).check(p.ID, p.Recipe); err != nil {
		return Preparation{}, err
	}
	if err := s.store.upsertPreparation(ctx, tx, orgID, p, s.clock()); err != nil {
		return Preparation{}, err
	}
	return p, s.checkAmounts(ctx, tx, orgID, ownerPreparation, map[string]string{p.ID: "preparation.recipe"})
}

// ListPreparations returns up to size preparations after an id.
func (s *Service) ListPreparations(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Preparation, error) {
	return s.store.listPreparations(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// UpsertModifierGroup creates choices, or replaces them. A modifier of another group is invalid_argument on it.
func (s *Service) UpsertModifierGroup(ctx context.Context, tx postgres.Querier, g ModifierGroup) (ModifierGroup, error) {
	orgID := caller.From(ctx).OrgID
	if err := g.mint(); err != nil {
		return ModifierGroup{}, err
	}
	recipes, paths := make([][]RecipeLine, len(g.Modifiers)), make(map[string]string, len(g.Modifiers))
	for i, m := range g.Modifiers {
		recipes[i], paths[m.ID] = m.Recipe, fmt.Sprintf("modifier_group.modifiers[%d].recipe", i)
	}
	known, err := s.components(ctx, tx, orgID, recipes...)
	if err != nil {
		return ModifierGroup{}, err
	}
	for _, m := range g.Modifiers {
		if err := known.check(paths[m.ID], m.Recipe, true); err != nil {
			return ModifierGroup{}, err
		}
	}
	foreign, err := s.store.upsertGroup(ctx, tx, orgID, g, s.clock())
	if err != nil {
		return ModifierGroup{}, err
	}
	for i, m := range g.Modifiers {
		if owner, ok := foreign[m.ID]; ok {
			return ModifierGroup{}, fault.Invalid(fmt.Sprintf("modifier_group.modifiers[%d].id", i), "must not be of another group; it is of "+owner)
		}
	}
	return g, s.checkAmounts(ctx, tx, orgID, ownerModifier, paths)
}

// mint gives ids to a group and modifiers that have none, and refuses a group from which nobody could choose.
func (g *ModifierGroup) mint() error {
	if g.ID == "" {
		g.ID = ids.New("mgr")
	}
	active, seen := int32(0), make(map[string]bool, len(g.Modifiers))
	for i := range g.Modifiers {
		m := &g.Modifiers[i]
		if m.ID == "" {
			m.ID = ids.New("mod")
		}
		if seen[m.ID] {
			return fault.Invalid(fmt.Sprintf("modifier_group.modifiers[%d].id", i), "must not be there twice")
		}
		seen[m.ID] = true
		if m.Active {
			active++
		}
	}
	if g.MinChoices > g.MaxChoices {
		return fault.Invalid("modifier_group.min_choices", "must not exceed max_choices")
	}
	if g.MinChoices > active {
		return fault.Invalid("modifier_group.min_choices", fmt.Sprintf("must not exceed the modifiers on the menu, which are %d", active))
	}
	return nil
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
