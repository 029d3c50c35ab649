package procurement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// supplierItemCursor is the last row of a page of what suppliers sell.
type supplierItemCursor struct {
	ItemID     string `json:"item"`
	SupplierID string `json:"supplier"`
}

func (s store) upsertSupplier(ctx context.Context, tx postgres.Querier, orgID string, supplier Supplier, now time.Time) error {
	err := s.queries.SupplierUpsert(ctx, tx, &sqlc.SupplierUpsertParams{
		OrgID: orgID, ID: supplier.ID, Name: supplier.Name, Email: supplier.Email, LeadTimeDays: supplier.LeadTimeDays,
		ReviewPeriodDays: supplier.ReviewPeriodDays, PriceToleranceBp: supplier.PriceToleranceBP,
		QuantityToleranceBp: supplier.QuantityToleranceBP, Terms: supplier.Terms, Now: now,
	})
	if err != nil {
		return fmt.Errorf("upsert supplier: %w", err)
	}
	return nil
}

func (s store) supplierExists(ctx context.Context, q postgres.Querier, orgID, id string) (bool, error) {
	exists, err := s.queries.SupplierExists(ctx, q, &sqlc.SupplierExistsParams{OrgID: orgID, ID: id})
	if err != nil {
		return false, fmt.Errorf("look for supplier: %w", err)
	}
	return exists, nil
}

func (s store) listSuppliers(ctx context.Context, q postgres.Querier, orgID, afterID string, size int32) ([]Supplier, error) {
	rows, err := s.queries.SupplierList(ctx, q, &sqlc.SupplierListParams{OrgID: orgID, AfterID: afterID, PageSize: size})
	if err != nil {
		return nil, fmt.Errorf("list suppliers: %w", err)
	}
	suppliers := make([]Supplier, len(rows))
	for i, r := range rows {
		suppliers[i] = supplierFromRow(r)
	}
	return suppliers, nil
}

func (s store) getSupplier(ctx context.Context, q postgres.Querier, orgID, id string) (Supplier, error) {
	row, err := s.queries.SupplierGet(ctx, q, &sqlc.SupplierGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Supplier{}, fault.NotFound("supplier", id)
	}
	if err != nil {
		return Supplier{}, fmt.Errorf("get supplier: %w", err)
	}
	return supplierFromRow(row), nil
}

func supplierFromRow(r *sqlc.Supplier) Supplier {
	return Supplier{
		Email: r.Email, ID: r.ID, LeadTimeDays: r.LeadTimeDays, Name: r.Name, PriceToleranceBP: r.PriceToleranceBp,
		QuantityToleranceBP: r.QuantityToleranceBp, ReviewPeriodDays: r.ReviewPeriodDays,
		Terms: r.Terms,
	}
}

// upsertSupplierItems writes what a supplier sells. Other suppliers' preference for the preferred items ends first.
func (s store) upsertSupplierItems(ctx context.Context, tx postgres.Querier, orgID, supplierID string, items []SupplierItem, now time.Time) error {
	p := &sqlc.SupplierItemUpsertParams{OrgID: orgID, SupplierID: supplierID, UpdatedAt: now}
	var preferred []string
	for _, i := range items {
		if i.Preferred {
			preferred = append(preferred, i.ItemID)
		}
		p.ItemIds = append(p.ItemIds, i.ItemID)
		p.UnitCosts = append(p.UnitCosts, i.UnitCost)
		p.PackSizes = append(p.PackSizes, i.PackSize)
		p.MinOrderQtys = append(p.MinOrderQtys, i.MinOrderQuantity)
		p.Preferred = append(p.Preferred, i.Preferred)
		p.ShelfDays = append(p.ShelfDays, i.ShelfDays)
		p.Discontinued = append(p.Discontinued, i.Discontinued)
	}
	if err := s.queries.SupplierItemLock(ctx, tx, &sqlc.SupplierItemLockParams{OrgID: orgID, ItemIds: p.ItemIds}); err != nil {
		return fmt.Errorf("lock items: %w", err)
	}
	err := s.queries.SupplierItemUnprefer(ctx, tx, &sqlc.SupplierItemUnpreferParams{
		OrgID: orgID, SupplierID: supplierID, ItemIds: preferred, UpdatedAt: now,
	})
	if err != nil {
		return fmt.Errorf("end preferences: %w", err)
	}
	if err := s.queries.SupplierItemUpsert(ctx, tx, p); err != nil {
		return fmt.Errorf("upsert supplier items: %w", err)
	}
	return nil
}

func (s store) listSupplierItems(
	ctx context.Context, q postgres.Querier, orgID, supplierID, itemID string, after supplierItemCursor, size int32,
) ([]SupplierItem, error) {
	var rows []*sqlc.SupplierItem
	var err error
	if supplierID != "" {
		rows, err = s.queries.SupplierItemListBySupplier(ctx, q, &sqlc.SupplierItemListBySupplierParams{
			OrgID: orgID, SupplierID: supplierID, ItemID: itemID, AfterItemID: after.ItemID, PageSize: size,
		})
	} else {
		rows, err = s.queries.SupplierItemListByItem(ctx, q, &sqlc.SupplierItemListByItemParams{
			OrgID: orgID, ItemID: itemID, AfterItemID: after.ItemID, AfterSupplierID: after.SupplierID, PageSize: size,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list supplier items: %w", err)
	}
	items := make([]SupplierItem, len(rows))
	for i, r := range rows {
		items[i] = SupplierItem{
			Discontinued: r.Discontinued, ItemID: r.ItemID, MinOrderQuantity: r.MinOrderQty, PackSize: r.PackSize, Preferred: r.Preferred,
			ShelfDays: r.ShelfDays, SupplierID: r.SupplierID, UnitCost: r.UnitCost,
		}
	}
	return items, nil
}

// packSizes reads what is in a pack of each item that the supplier sells.
func (s store) packSizes(ctx context.Context, q postgres.Querier, orgID, supplierID string, itemIDs []string) (map[string]decimal.Decimal, error) {
	rows, err := s.queries.SupplierItemPackList(ctx, q, &sqlc.SupplierItemPackListParams{OrgID: orgID, SupplierID: supplierID, ItemIds: itemIDs})
	if err != nil {
		return nil, fmt.Errorf("list pack sizes: %w", err)
	}
	sizes := make(map[string]decimal.Decimal, len(rows))
	for _, r := range rows {
		sizes[r.ItemID] = r.PackSize
	}
	return sizes, nil
}
