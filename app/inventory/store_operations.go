package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

func (s store) insertAdjustment(ctx context.Context, tx postgres.Querier, orgID string, a Adjustment) error {
	err := s.queries.StockAdjustmentInsert(ctx, tx, &sqlc.StockAdjustmentInsertParams{
		OrgID: orgID, ID: a.ID, BranchID: a.BranchID, ItemID: a.ItemID, Quantity: a.Quantity, Cost: a.Cost, Reason: a.Reason, Note: a.Note,
		BusinessDate: a.BusinessDate, AdjustedBy: a.AdjustedBy, AdjustedAt: a.AdjustedAt,
	})
	if err != nil {
		return fmt.Errorf("insert stock adjustment: %w", err)
	}
	return nil
}

// adjustmentCursor is the last row of a page of adjustments.
type adjustmentCursor struct {
	AdjustedAt time.Time `json:"at"`
	ID         string    `json:"id"`
}

func (s store) listAdjustments(ctx context.Context, q postgres.Querier, orgID, branchID string, before adjustmentCursor, size int32) ([]Adjustment, error) {
	rows, err := s.queries.StockAdjustmentList(ctx, q, &sqlc.StockAdjustmentListParams{
		OrgID: orgID, BranchID: branchID, BeforeAdjustedAt: before.AdjustedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list stock adjustments: %w", err)
	}
	adjustments := make([]Adjustment, len(rows))
	for i, r := range rows {
		adjustments[i] = Adjustment{
			AdjustedAt: r.AdjustedAt, AdjustedBy: r.AdjustedBy, BranchID: r.BranchID, BusinessDate: r.BusinessDate, Cost: r.Cost, ID: r.ID,
			ItemID: r.ItemID, Note: r.Note, Quantity: r.Quantity, Reason: r.Reason,
		}
	}
	return adjustments, nil
}

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
		cost, err := costOf(r.RemainingQty, r.UnitCost)
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
