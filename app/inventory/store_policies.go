package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

func (s store) upsertPolicies(ctx context.Context, tx postgres.Querier, orgID string, policies []Policy, by string, now time.Time) error {
	p := &sqlc.StockPolicyUpsertParams{OrgID: orgID, UpdatedBy: by, UpdatedAt: now}
	for _, policy := range policies {
		safety := ""
		if policy.SafetyStock != nil {
			safety = policy.SafetyStock.String()
		}
		p.BranchIds = append(p.BranchIds, policy.BranchID)
		p.ItemIds = append(p.ItemIds, policy.ItemID)
		p.ReorderLevels = append(p.ReorderLevels, policy.ReorderLevel)
		p.SafetyStocks = append(p.SafetyStocks, safety)
	}
	if err := s.queries.StockPolicyUpsert(ctx, tx, p); err != nil {
		return fmt.Errorf("upsert stock policies: %w", err)
	}
	return nil
}

func (s store) listPolicies(ctx context.Context, q postgres.Querier, orgID, branchID string) ([]Policy, error) {
	rows, err := s.queries.StockPolicyList(ctx, q, &sqlc.StockPolicyListParams{OrgID: orgID, BranchID: branchID})
	if err != nil {
		return nil, fmt.Errorf("list stock policies: %w", err)
	}
	policies := make([]Policy, len(rows))
	for i, r := range rows {
		policies[i] = Policy{BranchID: r.BranchID, ItemID: r.ItemID, ReorderLevel: r.ReorderLevel}
		if r.SafetyStock.Valid {
			policies[i].SafetyStock = &r.SafetyStock.Decimal
		}
	}
	return policies, nil
}
