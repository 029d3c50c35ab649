package stock

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes one branch's stock in the caller's transaction. Only it knows tables.
type store struct {
	branchID string
	orgID    string
	queries  *sqlc.Queries
	tx       postgres.Querier
}

func newStore(tx postgres.Querier, orgID, branchID string) store {
	return store{branchID: branchID, orgID: orgID, queries: sqlc.New(), tx: tx}
}

// lock keeps others from moving the items in the branch until the transaction ends. What is read after it is current.
func (s store) lock(ctx context.Context, itemIDs []string) error {
	err := s.queries.StockPositionLock(ctx, s.tx, &sqlc.StockPositionLockParams{
		OrgID: s.orgID, BranchID: s.branchID, ItemIds: itemIDs,
	})
	if err != nil {
		return fmt.Errorf("lock stock positions: %w", err)
	}
	return nil
}

// openBatches returns the batches with something left, first in first.
func (s store) openBatches(ctx context.Context, itemIDs []string) ([]Batch, error) {
	rows, err := s.queries.StockBatchListOpen(ctx, s.tx, &sqlc.StockBatchListOpenParams{
		OrgID: s.orgID, BranchID: s.branchID, ItemIds: itemIDs,
	})
	if err != nil {
		return nil, fmt.Errorf("list open batches: %w", err)
	}
	batches := make([]Batch, len(rows))
	for i, r := range rows {
		batches[i] = Batch{ID: r.ID, ItemID: r.ItemID, ReceivedAt: r.ReceivedAt, Remaining: r.RemainingQty, UnitCost: r.UnitCost}
		if r.ExpiresOn != nil {
			batches[i].ExpiresOn = *r.ExpiresOn
		}
	}
	return batches, nil
}

// openShortfalls returns the shortfalls that are still owed, oldest first, by item.
func (s store) openShortfalls(ctx context.Context, itemIDs []string) (map[string][]*shortfall, error) {
	rows, err := s.queries.StockShortfallListOpen(ctx, s.tx, &sqlc.StockShortfallListOpenParams{
		OrgID: s.orgID, BranchID: s.branchID, ItemIds: itemIDs,
	})
	if err != nil {
		return nil, fmt.Errorf("list open shortfalls: %w", err)
	}
	open := make(map[string][]*shortfall)
	for _, r := range rows {
		open[r.ItemID] = append(open[r.ItemID], &shortfall{ID: r.ID, ItemID: r.ItemID, Open: r.OpenQty, UnitCost: r.UnitCost})
	}
	return open, nil
}

// shortfalls returns shortfalls by id.
func (s store) shortfalls(ctx context.Context, shortfallIDs []string) (map[string]shortfall, error) {
	rows, err := s.queries.StockShortfallListByIDs(ctx, s.tx, &sqlc.StockShortfallListByIDsParams{OrgID: s.orgID, Ids: shortfallIDs})
	if err != nil {
		return nil, fmt.Errorf("list shortfalls: %w", err)
	}
	found := make(map[string]shortfall, len(rows))
	for _, r := range rows {
		found[r.ID] = shortfall{ID: r.ID, ItemID: r.ItemID, Open: r.OpenQty, Quantity: r.Quantity, UnitCost: r.UnitCost}
	}
	return found, nil
}

// onHand returns what the ledger had at an instant; what happened after it stands on no date before since.
func (s store) onHand(ctx context.Context, itemIDs []string, at time.Time, since civil.Date) (map[string]decimal.Decimal, error) {
	rows, err := s.queries.StockOnHandList(ctx, s.tx, &sqlc.StockOnHandListParams{
		OrgID: s.orgID, BranchID: s.branchID, ItemIds: itemIDs, SinceDate: since, At: at,
	})
	if err != nil {
		return nil, fmt.Errorf("list stock on hand: %w", err)
	}
	quantities := make(map[string]decimal.Decimal, len(rows))
	for _, r := range rows {
		quantities[r.ItemID] = r.Quantity
	}
	return quantities, nil
}

// lastCosts returns the cost of the newest batch of each item, 0 for items that never had one.
func (s store) lastCosts(ctx context.Context, itemIDs []string) (map[string]decimal.Decimal, error) {
	rows, err := s.queries.StockLastCostList(ctx, s.tx, &sqlc.StockLastCostListParams{
		OrgID: s.orgID, BranchID: s.branchID, ItemIds: itemIDs,
	})
	if err != nil {
		return nil, fmt.Errorf("list last costs: %w", err)
	}
	costs := make(map[string]decimal.Decimal, len(rows))
	for _, r := range rows {
		costs[r.ItemID] = r.UnitCost
	}
	return costs, nil
}

// movements returns what an order moved, and in which branch.
func (s store) movements(ctx context.Context, orderID string) (branchID string, movements []movement, err error) {
	rows, err := s.queries.StockMovementListByOrder(ctx, s.tx, &sqlc.StockMovementListByOrderParams{OrgID: s.orgID, OrderID: orderID})
	if err != nil {
		return "", nil, fmt.Errorf("list movements: %w", err)
	}
	for _, r := range rows {
		branchID = r.BranchID
		movements = append(movements, movement{
			BatchID: r.BatchID, ItemID: r.ItemID, Kind: kind(r.Kind), LineNo: r.LineNo, Quantity: r.Quantity,
			ShortfallID: r.ShortfallID, UnitCost: r.UnitCost,
		})
	}
	return branchID, movements, nil
}

// insertBatches creates batches; they stay empty until a movement is booked on them.
func (s store) insertBatches(ctx context.Context, in Incoming, batches []Batch) error {
	p := &sqlc.StockBatchInsertParams{
		OrgID: s.orgID, BranchID: s.branchID, BusinessDate: in.BusinessDate, Source: string(in.Source), SourceID: in.SourceID,
	}
	for i := range batches {
		b := &batches[i]
		p.Ids = append(p.Ids, b.ID)
		p.ItemIds = append(p.ItemIds, b.ItemID)
		p.ReceivedQtys = append(p.ReceivedQtys, b.Received)
		p.UnitCosts = append(p.UnitCosts, b.UnitCost)
		p.ReceivedAt = append(p.ReceivedAt, b.ReceivedAt)
		p.ExpiresOn = append(p.ExpiresOn, b.ExpiresOn)
		p.SettledCogs = append(p.SettledCogs, b.SettledCOGS)
	}
	if err := s.queries.StockBatchInsert(ctx, s.tx, p); err != nil {
		return fmt.Errorf("insert batches: %w", err)
	}
	return nil
}

// insertShortfalls creates shortfalls; nothing is owed until a movement is booked on them.
func (s store) insertShortfalls(ctx context.Context, cause posting, shortfalls []shortfall) error {
	p := &sqlc.StockShortfallInsertParams{OrgID: s.orgID, BranchID: s.branchID, OrderID: cause.SourceID, BookedAt: cause.At}
	for _, f := range shortfalls {
		p.Ids = append(p.Ids, f.ID)
		p.ItemIds = append(p.ItemIds, f.ItemID)
		p.LineNos = append(p.LineNos, f.lineNo)
		p.Quantities = append(p.Quantities, f.Quantity)
		p.UnitCosts = append(p.UnitCosts, f.UnitCost)
	}
	if err := s.queries.StockShortfallInsert(ctx, s.tx, p); err != nil {
		return fmt.Errorf("insert shortfalls: %w", err)
	}
	return nil
}

// book writes movements to the ledger and moves their batches and shortfalls.
func (s store) book(ctx context.Context, cause posting, movements []movement) error {
	p := &sqlc.StockMovementBookParams{
		OrgID: s.orgID, BranchID: s.branchID, SourceID: cause.SourceID, BusinessDate: cause.BusinessDate, OccurredAt: cause.At,
	}
	for _, m := range movements {
		p.ItemIds = append(p.ItemIds, m.ItemID)
		p.BatchIds = append(p.BatchIds, m.BatchID)
		p.ShortfallIds = append(p.ShortfallIds, m.ShortfallID)
		p.Kinds = append(p.Kinds, string(m.Kind))
		p.Quantities = append(p.Quantities, m.Quantity)
		p.UnitCosts = append(p.UnitCosts, m.UnitCost)
		p.LineNos = append(p.LineNos, m.LineNo)
	}
	if err := s.queries.StockMovementBook(ctx, s.tx, p); err != nil {
		return fmt.Errorf("book stock movements: %w", err)
	}
	return nil
}
