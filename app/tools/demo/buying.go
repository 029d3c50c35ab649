package demo

import (
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// buying writes purchase orders that are under way, one in each state before a receipt, and one that was cancelled.
func (h *history) buying(today civil.Date) {
	c := h.company
	day := func(ago, hour int) time.Time {
		d := today.AddDays(-ago)
		return time.Date(d.Year, d.Month, d.Day, hour, 15, 0, 0, time.UTC)
	}
	write := func(o purchaseOrder, lines ...bought) {
		for i, l := range lines {
			cost := c.item(l.itemID).Cost
			line := purchaseOrderLine{amount: l.units * cost / wholeCost, itemID: l.itemID, quantity: l.units * catalog.Unit, unitCost: cost}
			o.total += line.amount
			h.ledger.purchaseOrderLine(c, o.id, int32(i)+1, line)
		}
		h.ledger.purchaseOrder(c, o)
	}
	write(purchaseOrder{
		id: PurchaseOrderID, branchID: FirstBranchID, supplierID: c.supplierOf(ItemID), status: "PLACED", createdAt: day(3, 6),
		submittedAt: day(3, 7), approvedAt: day(3, 9), approvedBy: c.managerID, placedAt: day(2, 5),
	}, bought{itemID: ItemID, units: 500})
	write(purchaseOrder{
		id: "PO_STAGING_TEST_2", branchID: c.branches[1].ID, supplierID: c.supplierOf("ITEM_4"), status: "PLACED", createdAt: day(4, 6),
		submittedAt: day(4, 6), approvedAt: day(3, 6), approvedBy: c.managerID, placedAt: day(3, 7),
	}, bought{itemID: "ITEM_4", units: 200}, bought{itemID: "ITEM_6", units: 150}, bought{itemID: "ITEM_7", units: 60})
	write(purchaseOrder{
		id: "PO_STAGING_TEST_3", branchID: c.branches[2].ID, supplierID: c.supplierOf("ITEM_14"), status: "APPROVED", createdAt: day(2, 6),
		submittedAt: day(2, 6), approvedAt: day(1, 6), approvedBy: c.managerID,
	}, bought{itemID: "ITEM_14", units: 480}, bought{itemID: "ITEM_15", units: 360})
	write(purchaseOrder{
		id: "PO_STAGING_TEST_4", branchID: FirstBranchID, supplierID: c.supplierOf("ITEM_5"), status: "SUBMITTED", createdAt: day(1, 6),
		submittedAt: day(1, 7),
	}, bought{itemID: "ITEM_5", units: 120}, bought{itemID: "ITEM_8", units: 40}, bought{itemID: "ITEM_9", units: 30})
	write(purchaseOrder{
		id: "PO_STAGING_TEST_5", branchID: FirstBranchID, supplierID: c.supplierOf("ITEM_13"), status: "DRAFT", createdAt: day(1, 8),
	}, bought{itemID: "ITEM_13", units: 25}, bought{itemID: "ITEM_12", units: 20})
	write(purchaseOrder{
		id: "PO_STAGING_TEST_6", branchID: c.branches[4].ID, supplierID: c.supplierOf("ITEM_2"), status: "CANCELLED", createdAt: day(9, 6),
		submittedAt: day(9, 7), approvedAt: day(9, 8), approvedBy: c.managerID, placedAt: day(9, 9), closedAt: day(8, 6),
		cancelReason: "The supplier had none",
	}, bought{itemID: "ITEM_2", units: 80})
}

// wholeCost is one minor unit at catalog.CostScale.
const wholeCost = 1_000_000

// bought is a line of a purchase order in whole units at the catalogue's cost.
type bought struct {
	itemID string
	units  int64
}

func (c *company) item(id string) catalog.Item {
	return c.catalogue.Items[slices.IndexFunc(c.catalogue.Items, func(i catalog.Item) bool { return i.ID == id })]
}

func (c *company) supplierOf(itemID string) string {
	return c.catalogue.Suppliers[c.item(itemID).Supplier].ID
}
