package inventory

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Service changes inventory in the transaction that it is given, for the caller in the context.
type Service struct {
	clock clock.Clock
	store store
}

// NewService returns a service that dates what happens by now.
func NewService(now clock.Clock) *Service {
	return &Service{clock: now, store: newStore()}
}

// UpsertItem creates an item or replaces it. Another base unit for an item with stock history is failed_precondition
// BASE_UNIT_FIXED.
func (s *Service) UpsertItem(ctx context.Context, tx postgres.Querier, item Item) (Item, error) {
	c := caller.From(ctx)
	if c.BranchID != "" {
		return Item{}, errBranchScope
	}
	if item.ID == "" {
		item.ID = ids.New("item")
	}
	now := s.clock()
	inserted, err := s.store.insertItem(ctx, tx, c.OrgID, item, now)
	if err != nil || inserted {
		return item, err
	}
	before, err := s.store.lockItem(ctx, tx, c.OrgID, item.ID)
	if err != nil {
		return Item{}, err
	}
	if before.BaseUnit != item.BaseUnit {
		used, err := s.store.hasHistory(ctx, tx, c.OrgID, item.ID)
		if err != nil {
			return Item{}, err
		}
		if used {
			return Item{}, errBaseUnitFixed.With("item_id", item.ID).With("base_unit", before.BaseUnit)
		}
	}
	return item, s.store.updateItem(ctx, tx, c.OrgID, item, now)
}

// ListItems returns up to size items after an id.
func (s *Service) ListItems(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Item, error) {
	return s.store.listItems(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// AddBatch books opening stock in. Settling negative stock from it counts on the business date on which it came in.
func (s *Service) AddBatch(ctx context.Context, tx postgres.Querier, n OpeningStock) (stock.Batch, error) {
	b, err := s.at(ctx, tx, n.BranchID, n.ItemID)
	if err != nil {
		return stock.Batch{}, err
	}
	now := s.clock()
	if n.ReceivedAt.IsZero() {
		n.ReceivedAt = now
	}
	if err := checkInstant("received_at", n.ReceivedAt, now); err != nil {
		return stock.Batch{}, err
	}
	date := b.BusinessDate(n.ReceivedAt)
	batches, settled, err := stock.Receive(ctx, tx, stock.Incoming{
		At: n.ReceivedAt, BranchID: b.ID, BusinessDate: date, OrgID: b.OrgID, Source: stock.SourceOpening, SourceID: ids.New("opn"),
		Lines: []stock.IncomingLine{{ExpiresOn: n.ExpiresOn, ItemID: n.ItemID, Quantity: n.Quantity, UnitCost: n.UnitCost}},
	})
	if err != nil {
		return stock.Batch{}, err
	}
	return batches[0], daysales.Add(ctx, tx, daysales.Delta{
		Figures: daysales.Figures{COGS: settled}, BranchID: b.ID, Currency: b.Currency, Date: date, OrgID: b.OrgID,
	})
}

// ListBatches returns up to size batches after a cursor, by item, in the order in which they are used up.
func (s *Service) ListBatches(ctx context.Context, q postgres.Querier, f BatchFilter, after batchCursor, size int32) ([]stock.Batch, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), f.BranchID)
	if err != nil {
		return nil, err
	}
	return s.store.listBatches(ctx, q, b.OrgID, f, after, size)
}

// ListLevels returns what a branch has on hand, by item.
func (s *Service) ListLevels(ctx context.Context, q postgres.Querier, branchID string) ([]Level, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return nil, err
	}
	return s.store.listLevels(ctx, q, b.OrgID, b.ID)
}

// RecordWastage takes what was thrown away from stock and books its cost on the business date on which it happened. A
// resend of a record with the caller's own id changes nothing and returns the record; other content under that id is
// already_exists WASTAGE_ID_TAKEN. More than is on hand is failed_precondition INSUFFICIENT_STOCK.
func (s *Service) RecordWastage(ctx context.Context, tx postgres.Querier, n NewWastage) (Wastage, error) {
	b, err := s.at(ctx, tx, n.BranchID, n.ItemID)
	if err != nil {
		return Wastage{}, err
	}
	now := s.clock()
	w := Wastage{
		BranchID: b.ID, CreatedAt: now, ID: n.ID, ItemID: n.ItemID, Quantity: n.Quantity, Reason: n.Reason,
		RecordedBy: caller.From(ctx).ActorID(), WastedAt: n.WastedAt,
	}
	if w.ID == "" {
		w.ID = ids.New("was")
	}
	if w.WastedAt.IsZero() {
		w.WastedAt = now
	}
	if err := checkInstant("wasted_at", w.WastedAt, now); err != nil {
		return Wastage{}, err
	}
	w.BusinessDate = b.BusinessDate(w.WastedAt)
	inserted, err := s.store.insertWastage(ctx, tx, b.OrgID, w)
	if err != nil {
		return Wastage{}, err
	}
	if !inserted {
		return s.resent(ctx, tx, b.OrgID, n)
	}
	taken, err := stock.Waste(ctx, tx, stock.Withdrawal{
		At: w.WastedAt, BranchID: b.ID, BusinessDate: w.BusinessDate, Needs: []stock.Need{{ItemID: w.ItemID, Quantity: w.Quantity}}, OrgID: b.OrgID,
		SourceID: w.ID,
	})
	if err != nil {
		return Wastage{}, err
	}
	w.Cost = taken.CostByLine[0]
	if err := s.store.setWastageCost(ctx, tx, b.OrgID, w.ID, w.Cost); err != nil {
		return Wastage{}, err
	}
	return w, daysales.Add(ctx, tx, daysales.Delta{
		Figures: daysales.Figures{WasteCost: w.Cost}, BranchID: b.ID, Currency: b.Currency, Date: w.BusinessDate, OrgID: b.OrgID,
	})
}

// resent answers for a record whose id is taken.
func (s *Service) resent(ctx context.Context, q postgres.Querier, orgID string, n NewWastage) (Wastage, error) {
	w, err := s.store.getWastage(ctx, q, orgID, n.ID)
	if err != nil {
		return Wastage{}, err
	}
	if !n.describes(w) {
		return Wastage{}, wastageTaken(n.ID)
	}
	return w, nil
}

// at finds the branch, if the caller may touch it, and makes sure that the item exists.
func (s *Service) at(ctx context.Context, q postgres.Querier, branchID, itemID string) (branch.Branch, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return b, err
	}
	items, err := Load(ctx, q, b.OrgID, []string{itemID})
	if err != nil {
		return b, err
	}
	if _, ok := items[itemID]; !ok {
		return b, fault.NotFound("item", itemID)
	}
	return b, nil
}
