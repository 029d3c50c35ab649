package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// modifierGroups looks up the choices that guests have with dishes.
func modifierGroups(ctx context.Context, q postgres.Querier, orgID string, dishes map[string]menu.Item) (map[string]menu.ModifierGroup, error) {
	var ids []string
	for _, dish := range dishes {
		for _, id := range dish.ModifierGroups {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return menu.LoadGroups(ctx, q, orgID, ids)
}

// choose takes over names and prices of the menu's modifiers. A modifier that the dish doesn't have is invalid_argument on it. Of an
// order that is taken here, and not one that a terminal took before, groups must have as many choices as they ask for, and
// modifiers must be on the menu; what the terminal charged stays.
func choose(path string, dish menu.Item, groups map[string]menu.ModifierGroup, chosen []Modifier, here bool) ([]Modifier, error) {
	known := map[string]menu.Modifier{}
	for _, id := range dish.ModifierGroups {
		for _, m := range groups[id].Modifiers {
			known[m.ID] = m
		}
	}
	counts := map[string]int32{}
	taken := slices.Clone(chosen)
	for i := range taken {
		m := &taken[i]
		field := fmt.Sprintf("%s[%d]", path, i)
		if m.ID == "" {
			if m.Name == "" {
				return nil, fault.Invalid(field+".name", "must not be empty without a modifier_id")
			}
			continue
		}
		of, ok := known[m.ID]
		if !ok {
			return nil, fault.Invalid(field+".modifier_id", "must be a modifier of "+dish.ID+", not "+m.ID)
		}
		if here && !of.Active {
			return nil, fault.Invalid(field+".modifier_id", "must be on the menu; "+m.ID+" was taken off it")
		}
		if slices.ContainsFunc(taken[:i], func(o Modifier) bool { return o.ID == m.ID }) {
			return nil, fault.Invalid(field+".modifier_id", "must not be chosen twice")
		}
		counts[of.GroupID]++
		if here {
			m.Name, m.Price = of.Name, of.Price
		} else if m.Name == "" {
			m.Name = of.Name
		}
	}
	for _, id := range dish.ModifierGroups {
		if g := groups[id]; here && (counts[id] < g.MinChoices || counts[id] > g.MaxChoices) {
			return nil, fault.Invalid(path, fmt.Sprintf("must have %d to %d of %s, not %d", g.MinChoices, g.MaxChoices, g.Name, counts[id]))
		}
	}
	return taken, nil
}
