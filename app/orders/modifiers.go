package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// choices are the modifiers that guests may have with dishes.
type choices struct {
	groups map[string]menu.ModifierGroup
	// former are those that terminals sold with a dish that doesn't have them any more.
	former map[string]menu.Modifier
}

// loadChoices looks up the modifiers that the dishes have, and those that lines of terminals name besides.
func loadChoices(ctx context.Context, q postgres.Querier, orgID string, dishes map[string]menu.Item, lines []NewLine) (choices, error) {
	var c choices
	var groupIDs []string
	for _, dish := range dishes {
		for _, id := range dish.ModifierGroups {
			if !slices.Contains(groupIDs, id) {
				groupIDs = append(groupIDs, id)
			}
		}
	}
	var err error
	if len(groupIDs) > 0 {
		if c.groups, err = menu.LoadGroups(ctx, q, orgID, groupIDs); err != nil {
			return c, err
		}
	}
	var others []string
	for _, n := range lines {
		known := c.of(dishes[n.MenuItemID])
		for _, m := range n.Modifiers {
			if _, ok := known[m.ID]; n.sold() && m.ID != "" && !ok {
				others = append(others, m.ID)
			}
		}
	}
	if len(others) > 0 {
		c.former, err = menu.LoadModifiers(ctx, q, orgID, others)
	}
	return c, err
}

// of returns a dish's modifiers by id.
func (c choices) of(dish menu.Item) map[string]menu.Modifier {
	known := make(map[string]menu.Modifier)
	for _, id := range dish.ModifierGroups {
		for _, m := range c.groups[id].Modifiers {
			known[m.ID] = m
		}
	}
	return known
}

// choose takes over names and prices of the menu's modifiers. One that the dish doesn't have, one off the menu and one that is
// chosen twice are invalid_argument on it, and so are too few or too many of a group. What a terminal sold before stays as it was
// sold: it may name any modifier that there ever was, and its names and prices are kept.
func (c choices) choose(path string, dish menu.Item, n NewLine) ([]Modifier, error) {
	known := c.of(dish)
	counts := make(map[string]int32)
	taken := slices.Clone(n.Modifiers)
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
		if !ok && n.sold() {
			of, ok = c.former[m.ID]
		}
		if !ok {
			return nil, fault.Invalid(field+".modifier_id", "must be a modifier of "+dish.ID+", not "+m.ID)
		}
		if !n.sold() && !of.Active {
			return nil, fault.Invalid(field+".modifier_id", "must be on the menu; "+m.ID+" was taken off it")
		}
		if slices.ContainsFunc(taken[:i], func(o Modifier) bool { return o.ID == m.ID }) {
			return nil, fault.Invalid(field+".modifier_id", "must not be chosen twice")
		}
		counts[of.GroupID]++
		if !n.sold() {
			m.Name, m.Price = of.Name, of.Price
		} else if m.Name == "" {
			m.Name = of.Name
		}
	}
	for _, id := range dish.ModifierGroups {
		if g := c.groups[id]; !n.sold() && (counts[id] < g.MinChoices || counts[id] > g.MaxChoices) {
			return nil, fault.Invalid(path, fmt.Sprintf("must have %d to %d of %s, not %d", g.MinChoices, g.MaxChoices, g.Name, counts[id]))
		}
	}
	return taken, nil
}
