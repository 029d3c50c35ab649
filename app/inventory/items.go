package inventory

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// checkItems refuses items that don't exist or are there twice. form makes the field's name of a place.
func checkItems(ctx context.Context, q postgres.Querier, orgID, form string, ids []string) error {
	known, err := Load(ctx, q, orgID, ids)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		field := fmt.Sprintf(form, i)
		if _, ok := known[id]; !ok {
			return fault.Invalid(field, "must be an inventory item, not "+id)
		}
		if seen[id] {
			return fault.Invalid(field, "must not name "+id+" a second time")
		}
		seen[id] = true
	}
	return nil
}
