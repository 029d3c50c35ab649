package procurement

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// supply reads what suggestions are made from, in as many statements however many branches there are.
func (s store) supply(ctx context.Context, q postgres.Querier, orgID string, days []branchToday, strategy Strategy) (*supply, error) {
	branchIDs, today := make([]string, len(days)), make([]civil.Date, len(days))
	for i, d := range days {
		branchIDs[i], today[i] = d.branchID, d.today
	}
	known := &supply{
		foreseen: map[branchItem]map[civil.Date]decimal.Decimal{}, policies: map[branchItem]policy{}, positions: map[branchItem]Position{},
		use: map[branchItem]Use{},
	}
	if err := s.positions(ctx, q, orgID, branchIDs, today, known.positions); err != nil {
		return nil, err
	}
	use, err := s.queries.SuggestionUseList(ctx, q, &sqlc.SuggestionUseListParams{OrgID: orgID, BranchIds: branchIDs, Today: today, Days: useDays})
	if err != nil {
		return nil, fmt.Errorf("list use: %w", err)
	}
	for _, r := range use {
		known.use[branchItem{r.BranchID, r.ItemID}] = Use{Days: r.Days, Squares: r.Squares, Used: r.Used}
	}
	policies, err := s.queries.SuggestionPolicyList(ctx, q, &sqlc.SuggestionPolicyListParams{OrgID: orgID, BranchIds: branchIDs})
	if err != nil {
		return nil, fmt.Errorf("list stock policies: %w", err)
	}
	for _, r := range policies {
		set := policy{reorderLevel: r.ReorderLevel}
		if r.SafetyStock.Valid {
			set.safetyStock = &r.SafetyStock.Decimal
		}
		known.policies[branchItem{r.BranchID, r.ItemID}] = set
	}
	longest, err := s.offers(ctx, q, orgID, known)
	if err != nil || strategy != StrategyForecast {
		return known, err
	}
	points, err := s.queries.SuggestionForecastList(ctx, q, &sqlc.SuggestionForecastListParams{OrgID: orgID, BranchIds: branchIDs, Today: today, Days: longest})
	if err != nil {
		return nil, fmt.Errorf("list forecast: %w", err)
	}
	for _, r := range points {
		key := branchItem{r.BranchID, r.ItemID}
		if known.foreseen[key] == nil {
			known.foreseen[key] = map[civil.Date]decimal.Decimal{}
		}
		known.foreseen[key][r.Date] = r.Quantity
	}
	return known, nil
}

// offers reads how items are bought, and returns the most days that an order must cover.
func (s store) offers(ctx context.Context, q postgres.Querier, orgID string, known *supply) (longest int32, err error) {
	rows, err := s.queries.SuggestionSupplierList(ctx, q, &sqlc.SuggestionSupplierListParams{OrgID: orgID})
	if err != nil {
		return 0, fmt.Errorf("list suppliers of items: %w", err)
	}
	for _, r := range rows {
		known.offers = append(known.offers, itemOffer{baseUnit: r.BaseUnit, itemID: r.ItemID, itemName: r.Name, Offer: Offer{
			LeadTimeDays: r.LeadTimeDays, MinOrderQuantity: r.MinOrderQty, PackSize: r.PackSize, ReviewPeriodDays: r.ReviewPeriodDays,
			ShelfDays: r.ShelfDays, SupplierID: r.SupplierID, SupplierName: r.SupplierName, UnitCost: r.UnitCost,
		}})
		longest = max(longest, r.LeadTimeDays+r.ReviewPeriodDays)
	}
	return longest, nil
}

// positions reads what branches have and will have.
func (s store) positions(ctx context.Context, q postgres.Querier, orgID string, branchIDs []string, today []civil.Date, positions map[branchItem]Position) error {
	rows, err := s.queries.SuggestionPositionList(ctx, q, &sqlc.SuggestionPositionListParams{OrgID: orgID, BranchIds: branchIDs, Today: today})
	if err != nil {
		return fmt.Errorf("list stock positions: %w", err)
	}
	for _, r := range rows {
		positions[branchItem{r.BranchID, r.ItemID}] = Position{Committed: r.Committed, InTransit: r.InTransit, OnHand: r.OnHand, OnOrder: r.OnOrder}
	}
	return nil
}

// generate writes a draft and returns false if the branch and supplier have one for the date.
func (s store) generate(ctx context.Context, tx postgres.Querier, o *Order) (bool, error) {
	inserted, err := s.queries.PurchaseOrderGenerate(ctx, tx, &sqlc.PurchaseOrderGenerateParams{
		OrgID: o.OrgID, ID: o.ID, BranchID: o.BranchID, SupplierID: o.SupplierID, Currency: o.Currency, Total: o.Total, CreatedBy: o.CreatedBy,
		GeneratedFor: &o.GeneratedFor, CreatedAt: o.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("generate purchase order: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	return true, s.insertLines(ctx, tx, o)
}

// listGenerated reads the ids of what was drafted from suggestions for a branch and date, by supplier.
func (s store) listGenerated(ctx context.Context, q postgres.Querier, orgID, branchID string, date civil.Date) ([]string, error) {
	found, err := s.queries.PurchaseOrderListGenerated(ctx, q, &sqlc.PurchaseOrderListGeneratedParams{
		OrgID: orgID, BranchID: branchID, GeneratedFor: &date,
	})
	if err != nil {
		return nil, fmt.Errorf("list generated purchase orders: %w", err)
	}
	return found, nil
}

// supersede cancels a branch's untouched drafts of dates before, and returns their ids.
func (s store) supersede(ctx context.Context, tx postgres.Querier, orgID, branchID string, date civil.Date, reason string, now time.Time) ([]string, error) {
	cancelled, err := s.queries.PurchaseOrderSupersede(ctx, tx, &sqlc.PurchaseOrderSupersedeParams{
		OrgID: orgID, BranchID: branchID, GeneratedFor: date, Reason: &reason, ClosedAt: &now,
	})
	if err != nil {
		return nil, fmt.Errorf("supersede drafts: %w", err)
	}
	return cancelled, nil
}

// replaceLines puts an order's lines in the place of those that are stored.
func (s store) replaceLines(ctx context.Context, tx postgres.Querier, o *Order) error {
	if err := s.queries.PurchaseOrderLineDelete(ctx, tx, &sqlc.PurchaseOrderLineDeleteParams{OrgID: o.OrgID, PoID: o.ID}); err != nil {
		return fmt.Errorf("delete purchase order lines: %w", err)
	}
	return s.insertLines(ctx, tx, o)
}
