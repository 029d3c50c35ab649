package inventory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

func (s store) insertAdjustment(ctx context.Context, tx postgres.Querier, orgID string, a Adjustment) error {
	err := s.queries.StockAdjustmentInsert(ctx, tx, &sqlc.StockAdjustmentInsertParams{
		OrgID: orgID, ID: a.ID, BranchID: a.BranchID, ItemID: a.ItemID, Quantity: a.Quantity, Cost: a.Cost, Reason: a.Reason,
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
			ItemID: r.ItemID, Quantity: r.Quantity, Reason: r.Reason,
		}
	}
	return adjustments, nil
}

// insertCount returns false if the id is taken.
func (s store) insertCount(ctx context.Context, tx postgres.Querier, orgID string, c Count) (bool, error) {
	inserted, err := s.queries.StockCountInsert(ctx, tx, &sqlc.StockCountInsertParams{
		OrgID: orgID, ID: c.ID, BranchID: c.BranchID, BusinessDate: c.BusinessDate, Note: c.Note, CountedBy: c.CountedBy, CountedAt: c.CountedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert stock count: %w", err)
	}
	return inserted == 1, nil
}

func (s store) insertCountLines(ctx context.Context, tx postgres.Querier, orgID string, c Count) error {
	p := &sqlc.StockCountLineInsertParams{OrgID: orgID, CountID: c.ID}
	for _, l := range c.Lines {
		p.ItemIds = append(p.ItemIds, l.ItemID)
		p.Counted = append(p.Counted, l.Counted)
		p.Expected = append(p.Expected, l.Expected)
		p.Costs = append(p.Costs, l.Cost)
	}
	if err := s.queries.StockCountLineInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert stock count lines: %w", err)
	}
	return nil
}

// countedSince returns when items were counted at or after an instant; those that were not are missing.
func (s store) countedSince(ctx context.Context, q postgres.Querier, orgID, branchID string, since time.Time, items []string) (map[string]time.Time, error) {
	rows, err := s.queries.StockCountLatestList(ctx, q, &sqlc.StockCountLatestListParams{OrgID: orgID, BranchID: branchID, Since: since, ItemIds: items})
	if err != nil {
		return nil, fmt.Errorf("list later stock counts: %w", err)
	}
	counted := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		counted[r.ItemID] = r.CountedAt
	}
	return counted, nil
}

func (s store) getCount(ctx context.Context, q postgres.Querier, orgID, id string) (Count, error) {
	row, err := s.queries.StockCountGet(ctx, q, &sqlc.StockCountGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Count{}, fault.NotFound("count", id)
	}
	if err != nil {
		return Count{}, fmt.Errorf("get stock count: %w", err)
	}
	c := countFromRow(row)
	lines, err := s.queries.StockCountLineList(ctx, q, &sqlc.StockCountLineListParams{OrgID: orgID, CountID: id})
	if err != nil {
		return Count{}, fmt.Errorf("list stock count lines: %w", err)
	}
	for _, l := range lines {
		c.Lines = append(c.Lines, CountLine{Cost: l.Cost, Counted: l.Counted, Expected: l.Expected, ItemID: l.ItemID})
	}
	return c, nil
}

// countCursor is the last row of a page of counts.
type countCursor struct {
	CountedAt time.Time `json:"at"`
	ID        string    `json:"id"`
}

func (s store) listCounts(ctx context.Context, q postgres.Querier, orgID, branchID string, before countCursor, size int32) ([]Count, error) {
	rows, err := s.queries.StockCountList(ctx, q, &sqlc.StockCountListParams{
		OrgID: orgID, BranchID: branchID, BeforeCountedAt: before.CountedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list stock counts: %w", err)
	}
	counts := make([]Count, len(rows))
	for i, r := range rows {
		counts[i] = countFromRow(r)
	}
	return counts, nil
}

func countFromRow(r *sqlc.StockCount) Count {
	return Count{BranchID: r.BranchID, BusinessDate: r.BusinessDate, CountedAt: r.CountedAt, CountedBy: r.CountedBy, ID: r.ID, Note: r.Note}
}

// usage sums a branch's movements of a range by item, and what was on hand before it.
func (s store) usage(ctx context.Context, q postgres.Querier, orgID, branchID string, from, to civil.Date, items []string) (map[string]*Usage, error) {
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
		OrgID: orgID, BranchID: branchID, Before: from, AllItems: len(items) == 0, ItemIds: items,
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
		OrgID: orgID, BranchID: branchID, FromDate: from, ToDate: to, AllItems: len(items) == 0, ItemIds: items,
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
