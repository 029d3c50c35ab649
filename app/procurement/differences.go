package procurement

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// maxDifferenceDays is the longest range of price differences.
const maxDifferenceDays = 400

// PriceDifference sums the receipts of an item that cost more or less than ordered, in minor units.
type PriceDifference struct {
	BaseUnit     string
	ItemID       string
	ItemName     string
	Ordered      int64
	Quantity     decimal.Decimal
	Received     int64
	SupplierID   string
	SupplierName string
}

// differenceCursor is the last row of a page of price differences.
type differenceCursor struct {
	SupplierID string `json:"supplier"`
	ItemID     string `json:"item"`
}

// PriceDifferences returns up to size sums of what was received at another cost than ordered after a cursor, by supplier and item, and
// the currency. An empty supplier means any.
func (s *Service) PriceDifferences(
	ctx context.Context, q postgres.Querier, branchID, supplierID string, from, to civil.Date, after differenceCursor, size int32,
) ([]PriceDifference, string, error) {
	if days := to.DaysSince(from) + 1; days < 1 || days > maxDifferenceDays {
		return nil, "", fault.Invalid("end_date", fmt.Sprintf("must be from start_date to %d days later", maxDifferenceDays-1))
	}
	branches, err := s.branches(ctx, q, branchID)
	if err != nil || len(branches) == 0 {
		return nil, "", err
	}
	ids := make([]string, len(branches))
	for i, b := range branches {
		ids[i] = b.ID
	}
	differences, err := s.store.priceDifferences(ctx, q, branches[0].OrgID, ids, supplierID, from, to, after, size)
	return differences, branches[0].Currency, err
}
