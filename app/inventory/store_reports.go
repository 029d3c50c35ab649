package inventory

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// usage sums a branch's movements of a range by item, and what was on hand before it.
func (s store) usage(ctx context.Context, q postgres.Querier, orgID, branchID string, dates Dates, items []string) (map[string]*Usage, error) {
	usage := make(map[string]*Usage)
	of := func(itemID string) *Usage {
		if usage[itemID] == nil {
			usage[itemID] = &Usage{}
		}
		return usage[itemID]
	}
	if items == nil {
		items = []string{}
	}
	opening, err := s.queries.StockDayOpening(ctx, q, &sqlc.StockDayOpeningParams{
		OrgID: orgID, BranchID: branchID, Before: dates.From, AllItems: len(items) == 0, ItemIds: items,
	})
	if err != nil {
		return nil, fmt.Errorf("sum opening stock: %w", err)
	}
	for _, r := range opening {
		if !r.Quantity.IsZero() {
			of(r.ItemID).Opening = r.Quantity
			of(r.ItemID).Closing = r.Quantity
		}
	}
	moved, err := s.queries.StockMovementSum(ctx, q, &sqlc.StockMovementSumParams{
		OrgID: orgID, BranchID: branchID, FromDate: dates.From, ToDate: dates.To, AllItems: len(items) == 0, ItemIds: items,
	})
	if err != nil {
		return nil, fmt.Errorf("sum stock movements: %w", err)
	}
	for _, r := range moved {
		of(r.ItemID).add(r.Kind, r.Quantity)
	}
	return usage, nil
}

// levelsAtRisk returns by branch what is owed or at or below its reorder level.
func (s store) levelsAtRisk(ctx context.Context, q postgres.Querier, orgID string, days []branchDay) (map[string][]Risk, error) {
	p := &sqlc.StockRiskLevelListParams{OrgID: orgID}
	for _, d := range days {
		p.BranchIds = append(p.BranchIds, d.branchID)
		p.Today = append(p.Today, d.today)
	}
	rows, err := s.queries.StockRiskLevelList(ctx, q, p)
	if err != nil {
		return nil, fmt.Errorf("list stock levels at risk: %w", err)
	}
	risks := make(map[string][]Risk)
	for _, r := range rows {
		risk := Risk{
			BranchID: r.BranchID, Item: Item{BaseUnit: r.BaseUnit, ID: r.ItemID, Name: r.Name}, Quantity: r.Usable, Reason: RiskBelowReorderLevel,
			ReorderLevel: r.ReorderLevel,
		}
		if r.Usable.IsNegative() {
			risk.Reason = RiskNegative
		}
		risks[r.BranchID] = append(risks[r.BranchID], risk)
	}
	return risks, nil
}

// batchesAtRisk returns by branch what expires, the earliest first.
func (s store) batchesAtRisk(ctx context.Context, q postgres.Querier, orgID string, days []branchDay) (map[string][]Risk, error) {
	p := &sqlc.StockRiskBatchListParams{OrgID: orgID}
	for _, d := range days {
		p.BranchIds = append(p.BranchIds, d.branchID)
		p.UntilDates = append(p.UntilDates, d.until)
	}
	rows, err := s.queries.StockRiskBatchList(ctx, q, p)
	if err != nil {
		return nil, fmt.Errorf("list batches at risk: %w", err)
	}
	risks := make(map[string][]Risk)
	for _, r := range rows {
		cost, err := stock.Cost(r.RemainingQty, r.UnitCost)
		if err != nil {
			return nil, err
		}
		risk := Risk{
			BatchID: r.ID, BranchID: r.BranchID, Cost: cost, Item: Item{BaseUnit: r.BaseUnit, ID: r.ItemID, Name: r.Name}, Quantity: r.RemainingQty,
		}
		if r.ExpiresOn != nil {
			risk.ExpiresOn = *r.ExpiresOn
		}
		risks[r.BranchID] = append(risks[r.BranchID], risk)
	}
	return risks, nil
}
