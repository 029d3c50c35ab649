package procurement

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Supplier sells stock.
type Supplier struct {
	Email        string // may be empty
	ID           string
	LeadTimeDays int32
	Name         string
	// PriceToleranceBP is how much more than ordered a billed price may be.
	PriceToleranceBP int32
	// QuantityToleranceBP is how much more than received a billed quantity may be.
	QuantityToleranceBP int32
	// ReviewPeriodDays is how many days lie between two orders.
	ReviewPeriodDays int32
	Terms            string
}

// SupplierItem is an item that a supplier sells. Quantities are in base units.
type SupplierItem struct {
	Discontinued     bool
	ItemID           string
	MinOrderQuantity decimal.Decimal
	PackSize         decimal.Decimal
	Preferred        bool
	ShelfDays        int32 // 0 if it doesn't expire
	SupplierID       string
	UnitCost         decimal.Decimal
}

var errBranchScope = fault.PermissionDenied("BRANCH_SCOPE", "suppliers belong to the whole organisation, and this key to one branch")

// UpsertSupplier creates a supplier or replaces it.
func (s *Service) UpsertSupplier(ctx context.Context, tx postgres.Querier, supplier Supplier) (Supplier, error) {
	c := caller.From(ctx)
	if c.BranchID != "" {
		return Supplier{}, errBranchScope
	}
	if supplier.ID == "" {
		supplier.ID = ids.New("sup")
	}
	return supplier, s.store.upsertSupplier(ctx, tx, c.OrgID, supplier, s.clock())
}

// ListSuppliers returns up to size suppliers after an id.
func (s *Service) ListSuppliers(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Supplier, error) {
	return s.store.listSuppliers(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// SetSupplierItems says which items a supplier sells, all of them or none; others of it stay. A preferred item takes the place of
// whoever was preferred for it.
func (s *Service) SetSupplierItems(ctx context.Context, tx postgres.Querier, supplierID string, items []SupplierItem) error {
	c := caller.From(ctx)
	if c.BranchID != "" {
		return errBranchScope
	}
	if _, err := s.store.getSupplier(ctx, tx, c.OrgID, supplierID); err != nil {
		return err
	}
	itemIDs := make([]string, len(items))
	for i := range items {
		itemIDs[i] = items[i].ItemID
	}
	known, err := inventory.Load(ctx, tx, c.OrgID, itemIDs)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(items))
	for i, id := range itemIDs {
		field := fmt.Sprintf("items[%d].item_id", i)
		if _, ok := known[id]; !ok {
			return fault.Invalid(field, "must be an inventory item, not "+id)
		}
		if seen[id] {
			return fault.Invalid(field, "must not name "+id+" a second time")
		}
		if items[i].Preferred && items[i].Discontinued {
			return fault.Invalid(fmt.Sprintf("items[%d].preferred", i), "must not be set for an item that is discontinued")
		}
		seen[id] = true
		items[i].SupplierID = supplierID
	}
	return s.store.upsertSupplierItems(ctx, tx, c.OrgID, supplierID, items, s.clock())
}

// ListSupplierItems returns up to size items that suppliers sell after a cursor, by item and supplier. Empty ids mean any.
func (s *Service) ListSupplierItems(
	ctx context.Context, q postgres.Querier, supplierID, itemID string, after supplierItemCursor, size int32,
) ([]SupplierItem, error) {
	orgID := caller.From(ctx).OrgID
	if supplierID != "" {
		if _, err := s.store.getSupplier(ctx, q, orgID, supplierID); err != nil {
			return nil, err
		}
	}
	return s.store.listSupplierItems(ctx, q, orgID, supplierID, itemID, after, size)
}
