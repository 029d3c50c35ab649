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

func (s store) upsertSupplierItems(ctx context.Context, tx postgres.Querier, orgID, supplierID string, items []SupplierItem, now time.Time) error {
	p := &sqlc.SupplierItemUpsertParams{OrgID: orgID, SupplierID: supplierID, UpdatedAt: now}
	for _, i := range items {
		p.ItemIds = append(p.ItemIds, i.ItemID)
		p.UnitCosts = append(p.UnitCosts, i.UnitCost)
		p.PackSizes = append(p.PackSizes, i.PackSize)
		p.MinOrderQtys = append(p.MinOrderQtys, i.MinOrderQuantity)
		p.Preferred = append(p.Preferred, i.Preferred)
		p.ShelfDays = append(p.ShelfDays, i.ShelfDays)
	}
	if err := s.queries.SupplierItemUpsert(ctx, tx, p); err != nil {
		return fmt.Errorf("upsert supplier items: %w", err)
	}
	return nil
}

func (s store) listSupplierItems(ctx context.Context, q postgres.Querier, orgID, supplierID string) ([]SupplierItem, error) {
	rows, err := s.queries.SupplierItemList(ctx, q, &sqlc.SupplierItemListParams{OrgID: orgID, SupplierID: supplierID})
	if err != nil {
		return nil, fmt.Errorf("list supplier items: %w", err)
	}
	items := make([]SupplierItem, len(rows))
	for i, r := range rows {
		items[i] = SupplierItem{
			ItemID: r.ItemID, MinOrderQuantity: r.MinOrderQty, PackSize: r.PackSize, Preferred: r.Preferred, ShelfDays: r.ShelfDays, UnitCost: r.UnitCost,
		}
	}
	return items, nil
}

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
		known.offers = append(known.offers, itemOffer{itemID: r.ItemID, itemName: r.Name, Offer: Offer{
			LeadTimeDays: r.LeadTimeDays, MinOrderQuantity: r.MinOrderQty, PackSize: r.PackSize, ReviewPeriodDays: r.ReviewPeriodDays,
			ShelfDays: r.ShelfDays, SupplierID: r.SupplierID, UnitCost: r.UnitCost,
		}})
		longest = max(longest, r.LeadTimeDays+r.ReviewPeriodDays)
	}
	return longest, nil
}

// positions reads what branches have and will have.
func (s store) positions(ctx context.Context, q postgres.Querier, orgID string, branchIDs []string, today []civil.Date, positions map[branchItem]Position) error {
	onHand, err := s.queries.SuggestionStockList(ctx, q, &sqlc.SuggestionStockListParams{OrgID: orgID, BranchIds: branchIDs, Today: today})
	if err != nil {
		return fmt.Errorf("list stock on hand: %w", err)
	}
	for _, r := range onHand {
		key := branchItem{r.BranchID, r.ItemID}
		p := positions[key]
		p.OnHand = r.Quantity
		positions[key] = p
	}
	onOrder, err := s.queries.SuggestionOrderList(ctx, q, &sqlc.SuggestionOrderListParams{OrgID: orgID, BranchIds: branchIDs})
	if err != nil {
		return fmt.Errorf("list what is on order: %w", err)
	}
	for _, r := range onOrder {
		key := branchItem{r.BranchID, r.ItemID}
		p := positions[key]
		p.OnOrder = r.Quantity
		positions[key] = p
	}
	transit, err := s.queries.SuggestionTransitList(ctx, q, &sqlc.SuggestionTransitListParams{OrgID: orgID, BranchIds: branchIDs})
	if err != nil {
		return fmt.Errorf("list transfers under way: %w", err)
	}
	for _, r := range transit {
		key := branchItem{r.BranchID, r.ItemID}
		p := positions[key]
		p.InTransit, p.Committed = p.InTransit.Add(r.Incoming), p.Committed.Add(r.Committed)
		positions[key] = p
	}
	return nil
}

// generate writes a draft unless the branch and supplier have one for the date, and returns the id of the one that stands.
func (s store) generate(ctx context.Context, tx postgres.Querier, o *Order) (id string, written bool, err error) {
	inserted, err := s.queries.PurchaseOrderGenerate(ctx, tx, &sqlc.PurchaseOrderGenerateParams{
		OrgID: o.OrgID, ID: o.ID, BranchID: o.BranchID, SupplierID: o.SupplierID, Currency: o.Currency, Total: o.Total, CreatedBy: o.CreatedBy,
		GeneratedFor: &o.GeneratedFor, CreatedAt: o.CreatedAt,
	})
	if err != nil {
		return "", false, fmt.Errorf("generate purchase order: %w", err)
	}
	if inserted == 1 {
		return o.ID, true, s.insertLines(ctx, tx, o)
	}
	id, err = s.queries.PurchaseOrderGetGenerated(ctx, tx, &sqlc.PurchaseOrderGetGeneratedParams{
		OrgID: o.OrgID, BranchID: o.BranchID, SupplierID: o.SupplierID, GeneratedFor: &o.GeneratedFor,
	})
	if err != nil {
		return "", false, fmt.Errorf("get generated purchase order: %w", err)
	}
	return id, false, nil
}

func (s store) supersede(ctx context.Context, tx postgres.Querier, orgID, branchID string, date civil.Date, now time.Time) (int64, error) {
	reason := "superseded by the drafts of " + date.String()
	cancelled, err := s.queries.PurchaseOrderSupersede(ctx, tx, &sqlc.PurchaseOrderSupersedeParams{
		OrgID: orgID, BranchID: branchID, GeneratedFor: date, Reason: &reason, ClosedAt: &now,
	})
	if err != nil {
		return 0, fmt.Errorf("supersede drafts: %w", err)
	}
	return cancelled, nil
}

// replaceLines puts an order's lines in the place of those before.
func (s store) replaceLines(ctx context.Context, tx postgres.Querier, o *Order) error {
	if err := s.queries.PurchaseOrderLineDelete(ctx, tx, &sqlc.PurchaseOrderLineDeleteParams{OrgID: o.OrgID, PoID: o.ID}); err != nil {
		return fmt.Errorf("delete purchase order lines: %w", err)
	}
	if err := s.insertLines(ctx, tx, o); err != nil {
		return err
	}
	if err := s.queries.PurchaseOrderSetTotal(ctx, tx, &sqlc.PurchaseOrderSetTotalParams{OrgID: o.OrgID, ID: o.ID, Total: o.Total}); err != nil {
		return fmt.Errorf("set total of purchase order: %w", err)
	}
	return nil
}
