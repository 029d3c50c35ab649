package inventory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes items, wastage and what is on hand. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

// batchCursor is the last row of a page of batches.
type batchCursor struct {
	ID         string
	ItemID     string
	ReceivedAt time.Time
}

// wastageCursor is the last row of a page of wastage.
type wastageCursor struct {
	CreatedAt time.Time
	ID        string
}

// Load returns items by id, inactive ones too. Ids that don't exist are missing from the map.
func Load(ctx context.Context, q postgres.Querier, orgID string, ids []string) (map[string]Item, error) {
	rows, err := sqlc.New().ItemListByIDs(ctx, q, &sqlc.ItemListByIDsParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return nil, fmt.Errorf("list items by id: %w", err)
	}
	items := make(map[string]Item, len(rows))
	for _, r := range rows {
		items[r.ID] = itemFromRow(r)
	}
	return items, nil
}

// insertItem returns false if the id is taken.
func (s store) insertItem(ctx context.Context, tx postgres.Querier, orgID string, item Item, now time.Time) (bool, error) {
	inserted, err := s.queries.ItemInsert(ctx, tx, &sqlc.ItemInsertParams{
		OrgID: orgID, ID: item.ID, Name: item.Name, BaseUnit: item.BaseUnit, IsActive: item.Active, Now: now,
	})
	if err != nil {
		return false, fmt.Errorf("insert item: %w", err)
	}
	return inserted == 1, nil
}

func (s store) lockItem(ctx context.Context, tx postgres.Querier, orgID, id string) (Item, error) {
	row, err := s.queries.ItemLock(ctx, tx, &sqlc.ItemLockParams{OrgID: orgID, ID: id})
	if err != nil {
		return Item{}, fmt.Errorf("lock item: %w", err)
	}
	return itemFromRow(row), nil
}

// hasHistory reports whether any branch ever moved stock of the item.
func (s store) hasHistory(ctx context.Context, q postgres.Querier, orgID, itemID string) (bool, error) {
	used, err := s.queries.ItemHasHistory(ctx, q, &sqlc.ItemHasHistoryParams{OrgID: orgID, ItemID: itemID})
	if err != nil {
		return false, fmt.Errorf("look for stock history: %w", err)
	}
	return used, nil
}

func (s store) updateItem(ctx context.Context, tx postgres.Querier, orgID string, item Item, now time.Time) error {
	err := s.queries.ItemUpdate(ctx, tx, &sqlc.ItemUpdateParams{
		OrgID: orgID, ID: item.ID, Name: item.Name, BaseUnit: item.BaseUnit, IsActive: item.Active, Now: now,
	})
	if err != nil {
		return fmt.Errorf("update item: %w", err)
	}
	return nil
}

func (s store) listItems(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]Item, error) {
	rows, err := s.queries.ItemList(ctx, q, &sqlc.ItemListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list items: %w", err)
	}
	items := make([]Item, len(rows))
	for i, r := range rows {
		items[i] = itemFromRow(r)
	}
	return items, nil
}

func (s store) listBatches(ctx context.Context, q postgres.Querier, orgID string, f BatchFilter, after batchCursor, size int32) ([]stock.Batch, error) {
	open := &sqlc.BatchListOpenParams{
		OrgID: orgID, BranchID: f.BranchID, ItemID: f.ItemID, AfterItemID: after.ItemID, AfterReceivedAt: after.ReceivedAt, AfterID: after.ID,
		PageSize: size,
	}
	var rows []*sqlc.StockBatch
	var err error
	if f.IncludeEmpty {
		all := sqlc.BatchListParams(*open)
		rows, err = s.queries.BatchList(ctx, q, &all)
	} else {
		rows, err = s.queries.BatchListOpen(ctx, q, open)
	}
	if err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	batches := make([]stock.Batch, len(rows))
	for i, r := range rows {
		batches[i] = batchFromRow(r)
	}
	return batches, nil
}

func (s store) listLevels(ctx context.Context, q postgres.Querier, orgID, branchID string) ([]Level, error) {
	rows, err := s.queries.StockLevelList(ctx, q, &sqlc.StockLevelListParams{OrgID: orgID, BranchID: branchID})
	if err != nil {
		return nil, fmt.Errorf("list stock levels: %w", err)
	}
	levels := make([]Level, len(rows))
	for i, r := range rows {
		value, err := money.Round(r.Value)
		if err != nil {
			return nil, err
		}
		levels[i] = Level{BaseUnit: r.BaseUnit, ItemID: r.ItemID, ItemName: r.Name, OnHand: r.OnHand, Value: value}
	}
	return levels, nil
}

// insertWastage writes a record without its cost. It returns false if the id is taken.
func (s store) insertWastage(ctx context.Context, tx postgres.Querier, orgID string, w Wastage) (bool, error) {
	inserted, err := s.queries.WastageInsert(ctx, tx, &sqlc.WastageInsertParams{
		OrgID: orgID, ID: w.ID, BranchID: w.BranchID, ItemID: w.ItemID, Quantity: w.Quantity, Reason: w.Reason,
		BusinessDate: w.BusinessDate, WastedAt: w.WastedAt, RecordedBy: w.RecordedBy, CreatedAt: w.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert wastage: %w", err)
	}
	return inserted == 1, nil
}

func (s store) setWastageCost(ctx context.Context, tx postgres.Querier, orgID, id string, cost int64) error {
	if err := s.queries.WastageSetCost(ctx, tx, &sqlc.WastageSetCostParams{OrgID: orgID, ID: id, Cost: cost}); err != nil {
		return fmt.Errorf("set cost of wastage: %w", err)
	}
	return nil
}

func (s store) getWastage(ctx context.Context, q postgres.Querier, orgID, id string) (Wastage, error) {
	row, err := s.queries.WastageGet(ctx, q, &sqlc.WastageGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Wastage{}, fault.NotFound("wastage", id)
	}
	if err != nil {
		return Wastage{}, fmt.Errorf("get wastage: %w", err)
	}
	return wastageFromRow(row), nil
}

func (s store) listWastage(ctx context.Context, q postgres.Querier, orgID, branchID string, before wastageCursor, size int32) ([]Wastage, error) {
	rows, err := s.queries.WastageList(ctx, q, &sqlc.WastageListParams{
		OrgID: orgID, BranchID: branchID, BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list wastage: %w", err)
	}
	records := make([]Wastage, len(rows))
	for i, r := range rows {
		records[i] = wastageFromRow(r)
	}
	return records, nil
}

func itemFromRow(r *sqlc.InventoryItem) Item {
	return Item{Active: r.IsActive, BaseUnit: r.BaseUnit, ID: r.ID, Name: r.Name}
}

func batchFromRow(r *sqlc.StockBatch) stock.Batch {
	b := stock.Batch{
		BranchID: r.BranchID, ID: r.ID, ItemID: r.ItemID, Received: r.ReceivedQty, ReceivedAt: r.ReceivedAt, Remaining: r.RemainingQty,
		SettledCOGS: r.SettledCogs, UnitCost: r.UnitCost,
	}
	if r.ExpiresOn != nil {
		b.ExpiresOn = *r.ExpiresOn
	}
	return b
}

func wastageFromRow(r *sqlc.Wastage) Wastage {
	return Wastage{
		BranchID: r.BranchID, BusinessDate: r.BusinessDate, Cost: r.Cost, CreatedAt: r.CreatedAt, ID: r.ID, ItemID: r.ItemID,
		Quantity: r.Quantity, Reason: r.Reason, RecordedBy: r.RecordedBy, WastedAt: r.WastedAt,
	}
}
