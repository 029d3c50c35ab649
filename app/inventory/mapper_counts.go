package inventory

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

var countStatuses = map[CountStatus]inventoryv1.StockCountStatus{
	CountCancelled: inventoryv1.StockCountStatus_STOCK_COUNT_STATUS_CANCELLED,
	CountCommitted: inventoryv1.StockCountStatus_STOCK_COUNT_STATUS_COMMITTED,
	CountOpen:      inventoryv1.StockCountStatus_STOCK_COUNT_STATUS_OPEN,
}

// countStatusFromProto returns the empty status for none.
func countStatusFromProto(wanted inventoryv1.StockCountStatus) CountStatus {
	for status, wire := range countStatuses {
		if wire == wanted {
			return status
		}
	}
	return ""
}

func countedFromProto(items []*inventoryv1.CountedItem) ([]CountedItem, error) {
	counted := make([]CountedItem, len(items))
	for i, item := range items {
		found, err := quantity.FromWire(fmt.Sprintf("items[%d].quantity", i), item.GetQuantity())
		if err != nil {
			return nil, err
		}
		counted[i] = CountedItem{ItemID: item.GetItemId(), Quantity: found}
	}
	return counted, nil
}

func countToProto(c *Count) *inventoryv1.StockCount {
	p := &inventoryv1.StockCount{
		BranchId:     c.BranchID,
		BusinessDate: c.BusinessDate.String(),
		CountedAt:    timeToProto(c.CountedAt),
		CountedBy:    c.CountedBy,
		Id:           c.ID,
		Note:         c.Note,
		OpenedAt:     timeToProto(c.OpenedAt),
		OpenedBy:     c.OpenedBy,
		Status:       countStatuses[c.Status],
	}
	for _, l := range c.Lines {
		p.Lines = append(p.Lines, &inventoryv1.StockCountLine{
			Cost:       l.Cost,
			Counted:    optionalToWire(l.Counted),
			Difference: quantity.ToWire(l.Difference()),
			Expected:   optionalToWire(l.Expected),
			ItemId:     l.ItemID,
		})
	}
	return p
}

func optionalToWire(d decimal.NullDecimal) *float64 {
	if !d.Valid {
		return nil
	}
	wire := quantity.ToWire(d.Decimal)
	return &wire
}
