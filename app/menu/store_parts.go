package menu

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// lockPreparations keeps other writers of the organisation's preparations out until the transaction ends.
func (s store) lockPreparations(ctx context.Context, tx postgres.Querier, orgID string) error {
	if err := s.queries.PreparationLock(ctx, tx, &sqlc.PreparationLockParams{OrgID: orgID}); err != nil {
		return fmt.Errorf("lock preparations: %w", err)
	}
	return nil
}

// graph returns what all preparations are made of.
func (s store) graph(ctx context.Context, q postgres.Querier, orgID string) (graph, error) {
	rows, err := s.queries.PreparationPartList(ctx, q, &sqlc.PreparationPartListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list parts of preparations: %w", err)
	}
	g := make(graph)
	for _, r := range rows {
		n := g[r.OwnerID]
		if r.PreparationID == "" {
			n.items = r.Lines
		} else {
			n.parts = append(n.parts, r.PreparationID)
		}
		g[r.OwnerID] = n
	}
	return g, nil
}

func (s store) upsertPreparation(ctx context.Context, tx postgres.Querier, orgID string, p Preparation, now time.Time) error {
	err := s.queries.PreparationUpsert(ctx, tx, &sqlc.PreparationUpsertParams{
		OrgID: orgID, ID: p.ID, Name: p.Name, OutputQuantity: p.OutputQuantity, OutputUnit: p.OutputUnit, UpdatedAt: now,
	})
	if err != nil {
		return fmt.Errorf("upsert preparation: %w", err)
	}
	return s.replaceRecipes(ctx, tx, orgID, ownerPreparation, map[string][]RecipeLine{p.ID: p.Recipe})
}

// knownPreparations returns which of the ids are preparations.
func (s store) knownPreparations(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]bool, error) {
	rows, err := s.queries.PreparationListByIDs(ctx, q, &sqlc.PreparationListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list preparations by id: %w", err)
	}
	known := make(map[string]bool, len(rows))
	for _, r := range rows {
		known[r.ID] = true
	}
	return known, nil
}

func (s store) listPreparations(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]Preparation, error) {
	rows, err := s.queries.PreparationList(ctx, q, &sqlc.PreparationListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list preparations: %w", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	recipes, err := s.recipes(ctx, q, orgID, ownerPreparation, ids)
	if err != nil {
		return nil, err
	}
	preparations := make([]Preparation, len(rows))
	for i, r := range rows {
		preparations[i] = Preparation{ID: r.ID, Name: r.Name, OutputQuantity: r.OutputQuantity, OutputUnit: r.OutputUnit, Recipe: recipes[r.ID]}
	}
	return preparations, nil
}

// upsertGroup writes a group, its modifiers and their recipes. Modifiers that it has no longer are retired. If some belong to
// another group it returns which, by the modifiers' ids, and the transaction must be rolled back.
func (s store) upsertGroup(ctx context.Context, tx postgres.Querier, orgID string, g ModifierGroup, now time.Time) (map[string]string, error) {
	err := s.queries.ModifierGroupUpsert(ctx, tx, &sqlc.ModifierGroupUpsertParams{
		OrgID: orgID, ID: g.ID, Name: g.Name, MinChoices: g.MinChoices, MaxChoices: g.MaxChoices, UpdatedAt: now,
	})
	if err != nil {
		return nil, fmt.Errorf("upsert modifier group: %w", err)
	}
	p := &sqlc.ModifierUpsertParams{OrgID: orgID, GroupID: g.ID}
	recipes := make(map[string][]RecipeLine, len(g.Modifiers))
	for i, m := range g.Modifiers {
		p.Ids = append(p.Ids, m.ID)
		p.Names = append(p.Names, m.Name)
		p.Prices = append(p.Prices, m.Price)
		p.Active = append(p.Active, m.Active)
		p.Positions = append(p.Positions, int32(i)+1)
		recipes[m.ID] = m.Recipe
	}
	written, err := s.queries.ModifierUpsert(ctx, tx, p)
	if err != nil {
		return nil, fmt.Errorf("upsert modifiers: %w", err)
	}
	if written < int64(len(p.Ids)) {
		return groupsOf(ctx, tx, orgID, g.ID, p.Ids)
	}
	if err := s.queries.ModifierRetireOthers(ctx, tx, &sqlc.ModifierRetireOthersParams{OrgID: orgID, GroupID: g.ID, Ids: p.Ids}); err != nil {
		return nil, fmt.Errorf("retire modifiers: %w", err)
	}
	return nil, s.replaceRecipes(ctx, tx, orgID, ownerModifier, recipes)
}

// groupsOf returns the groups, other than one, to which modifiers belong, by the modifiers' ids.
func groupsOf(ctx context.Context, q postgres.Querier, orgID, groupID string, modifierIDs []string) (map[string]string, error) {
	modifiers, err := LoadModifiers(ctx, q, orgID, modifierIDs)
	if err != nil {
		return nil, err
	}
	groups := make(map[string]string)
	for id, m := range modifiers {
		if m.GroupID != groupID {
			groups[id] = m.GroupID
		}
	}
	return groups, nil
}

// LoadModifiers returns modifiers by id, those off the menu too, without recipes. Ids that don't exist are missing from the map.
func LoadModifiers(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]Modifier, error) {
	rows, err := newStore().queries.ModifierListByIDs(ctx, q, &sqlc.ModifierListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list modifiers by id: %w", err)
	}
	modifiers := make(map[string]Modifier, len(rows))
	for _, r := range rows {
		modifiers[r.ID] = modifierFromRow(r)
	}
	return modifiers, nil
}

// LoadGroups returns modifier groups with their modifiers by id, without recipes. Ids that don't exist are missing from the map.
func LoadGroups(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]ModifierGroup, error) {
	s := newStore()
	rows, err := s.queries.ModifierGroupListByIDs(ctx, q, &sqlc.ModifierGroupListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list modifier groups by id: %w", err)
	}
	groups, err := s.withModifiers(ctx, q, orgID, rows)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]ModifierGroup, len(groups))
	for _, g := range groups {
		byID[g.ID] = g
	}
	return byID, nil
}

func (s store) listGroups(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]ModifierGroup, error) {
	rows, err := s.queries.ModifierGroupList(ctx, q, &sqlc.ModifierGroupListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list modifier groups: %w", err)
	}
	groups, err := s.withModifiers(ctx, q, orgID, rows)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, g := range groups {
		for _, m := range g.Modifiers {
			ids = append(ids, m.ID)
		}
	}
	recipes, err := s.recipes(ctx, q, orgID, ownerModifier, ids)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		for i := range g.Modifiers {
			g.Modifiers[i].Recipe = recipes[g.Modifiers[i].ID]
		}
	}
	return groups, nil
}

func (s store) withModifiers(ctx context.Context, q postgres.Querier, orgID string, rows []*sqlc.ModifierGroup) ([]ModifierGroup, error) {
	groups, ids, places := make([]ModifierGroup, len(rows)), make([]string, len(rows)), make(map[string]int, len(rows))
	for i, r := range rows {
		groups[i] = ModifierGroup{ID: r.ID, MaxChoices: r.MaxChoices, MinChoices: r.MinChoices, Name: r.Name}
		ids[i], places[r.ID] = r.ID, i
	}
	modifiers, err := s.queries.ModifierListByGroups(ctx, q, &sqlc.ModifierListByGroupsParams{OrgID: orgID, GroupIds: ids})
	if err != nil {
		return nil, fmt.Errorf("list modifiers: %w", err)
	}
	for _, m := range modifiers {
		g := &groups[places[m.GroupID]]
		g.Modifiers = append(g.Modifiers, modifierFromRow(m))
	}
	return groups, nil
}

func modifierFromRow(r *sqlc.Modifier) Modifier {
	return Modifier{Active: r.Active, GroupID: r.GroupID, ID: r.ID, Name: r.Name, Price: r.Price}
}

func (s store) upsertCategory(ctx context.Context, tx postgres.Querier, orgID string, c Category) error {
	if err := s.queries.MenuCategoryUpsert(ctx, tx, &sqlc.MenuCategoryUpsertParams{OrgID: orgID, Name: c.Name, Position: c.Position}); err != nil {
		return fmt.Errorf("upsert menu category: %w", err)
	}
	return nil
}

func (s store) listCategories(ctx context.Context, q postgres.Querier, orgID string) ([]Category, error) {
	rows, err := s.queries.MenuCategoryList(ctx, q, &sqlc.MenuCategoryListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list menu categories: %w", err)
	}
	categories := make([]Category, len(rows))
	for i, r := range rows {
		categories[i] = Category{Dishes: r.Dishes, Name: r.Name, Position: r.Position}
	}
	return categories, nil
}
