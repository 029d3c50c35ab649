package inventory

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Policy is what a branch wants to have of an item, in base units.
type Policy struct {
	BranchID     string
	ItemID       string
	ReorderLevel decimal.Decimal  // 0 for none
	SafetyStock  *decimal.Decimal // nil: computed from how much the use varies
}

// SetPolicies writes policies in the place of those before.
func (s *Service) SetPolicies(ctx context.Context, tx postgres.Querier, policies []Policy) error {
	c := caller.From(ctx)
	branches, err := branch.List(ctx, tx, c)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(branches))
	for _, b := range branches {
		known[b.ID] = true
	}
	ids := make([]string, len(policies))
	for i, p := range policies {
		ids[i] = p.ItemID
	}
	items, err := Load(ctx, tx, c.OrgID, ids)
	if err != nil {
		return err
	}
	seen := make(map[[2]string]bool, len(policies))
	for i, p := range policies {
		key := [2]string{p.BranchID, p.ItemID}
		if !known[p.BranchID] {
			return fault.Invalid(fmt.Sprintf("policies[%d].branch_id", i), "must be a branch in the caller's scope, not "+p.BranchID)
		}
		if _, ok := items[p.ItemID]; !ok {
			return fault.Invalid(fmt.Sprintf("policies[%d].item_id", i), "must be an inventory item, not "+p.ItemID)
		}
		if seen[key] {
			return fault.Invalid(fmt.Sprintf("policies[%d]", i), "must not name a branch and item a second time")
		}
		seen[key] = true
	}
	return s.store.upsertPolicies(ctx, tx, c.OrgID, policies, c.ActorID(), s.clock())
}

// ListPolicies returns a branch's policies by item.
func (s *Service) ListPolicies(ctx context.Context, q postgres.Querier, branchID string) ([]Policy, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return nil, err
	}
	return s.store.listPolicies(ctx, q, b.OrgID, b.ID)
}
