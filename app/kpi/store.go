package kpi

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// riskDays is how far ahead expiry counts, as where stock at risk is listed.
const riskDays = 3

type store struct{ queries *sqlc.Queries }

// openOrders counts what is neither closed nor voided, by branch.
func (s store) openOrders(ctx context.Context, q postgres.Querier, orgID string) (map[string]int64, error) {
	rows, err := s.queries.KpiOpenOrderCount(ctx, q, &sqlc.KpiOpenOrderCountParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("count open orders: %w", err)
	}
	counts := make(map[string]int64, len(rows))
	for _, r := range rows {
		counts[r.BranchID] = r.OpenOrders
	}
	return counts, nil
}

// stockAtRisk counts what needs attention, by branch.
func (s store) stockAtRisk(ctx context.Context, q postgres.Querier, o *organisation.Organisation, at time.Time) (map[string]int64, error) {
	p := &sqlc.KpiStockAtRiskCountParams{OrgID: o.ID}
	for _, b := range o.Branches {
		today := b.BusinessDate(at)
		p.BranchIds, p.Today, p.UntilDates = append(p.BranchIds, b.ID), append(p.Today, today), append(p.UntilDates, today.AddDays(riskDays))
	}
	rows, err := s.queries.KpiStockAtRiskCount(ctx, q, p)
	if err != nil {
		return nil, fmt.Errorf("count stock at risk: %w", err)
	}
	counts := make(map[string]int64, len(rows))
	for _, r := range rows {
		counts[r.BranchID] = r.AtRisk
	}
	return counts, nil
}
