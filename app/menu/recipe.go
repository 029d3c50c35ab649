package menu

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// maxAmount is the most that one portion or batch may take of an item, in its base unit. An order of it could not be booked.
var maxAmount = decimal.New(1, 7)

// components are what recipes may name.
type components struct {
	items        map[string]inventory.Item
	preparations map[string]bool
}

// components looks up all that recipes name.
func (s *Service) components(ctx context.Context, q postgres.Querier, orgID string, recipes ...[]RecipeLine) (components, error) {
	items, preparations := make(map[string]bool), make(map[string]bool)
	for _, recipe := range recipes {
		for _, l := range recipe {
			items[l.ItemID], preparations[l.PreparationID] = true, true
		}
	}
	var known components
	var err error
	if known.items, err = inventory.Load(ctx, q, orgID, slices.Sorted(maps.Keys(items))); err != nil {
		return known, err
	}
	known.preparations, err = s.store.knownPreparations(ctx, q, orgID, slices.Sorted(maps.Keys(preparations)))
	return known, err
}

// check refuses a recipe with a line that names no component or two, one that doesn't exist, or one that an earlier line has. Only
// modifiers may leave out.
func (c components) check(path string, recipe []RecipeLine, mayLeaveOut bool) error {
	type component struct{ itemID, preparationID string }
	seen := make(map[component]bool, len(recipe))
	for i, l := range recipe {
		field := fmt.Sprintf("%s[%d]", path, i)
		named, id := field+".item_id", l.ItemID
		if l.PreparationID != "" {
			named, id = field+".preparation_id", l.PreparationID
		}
		_, item := c.items[l.ItemID]
		this := component{l.ItemID, l.PreparationID}
		switch {
		case l.ItemID != "" && l.PreparationID != "":
			return fault.Invalid(named, "must be empty where item_id is set")
		case l.PreparationID == "" && !item:
			return fault.Invalid(named, "must be an inventory item, not "+id)
		case l.PreparationID != "" && !c.preparations[l.PreparationID]:
			return fault.Invalid(named, "must be a preparation, not "+id)
		case seen[this]:
			return fault.Invalid(named, "must not name "+id+" a second time")
		case l.Quantity.IsNegative() && !mayLeaveOut:
			return fault.Invalid(field+".quantity", "must be greater than 0; only a modifier leaves out")
		}
		seen[this] = true
	}
	return nil
}

// checkAmounts refuses recipes, by their owners' ids, that come to more of an item than stock could book, such as a yield that is
// next to nothing of a large quantity. It reads what was written, through all preparations.
func (s *Service) checkAmounts(ctx context.Context, tx postgres.Querier, orgID, kind string, paths map[string]string) error {
	owned, err := s.store.ingredients(ctx, tx, orgID, map[string][]string{kind: slices.Sorted(maps.Keys(paths))})
	if err != nil {
		return err
	}
	for _, owner := range slices.Sorted(maps.Keys(paths)) {
		itemIDs, parts := ByItem(owned[kind][owner])
		for _, itemID := range itemIDs {
			if amount(parts[itemID], decimal.NewFromInt(1)).Abs().GreaterThan(maxAmount) {
				return fault.Invalid(paths[owner], "must not come to more than "+maxAmount.String()+" of "+itemID).WithReason("QUANTITY_TOO_LARGE")
			}
		}
	}
	return nil
}
