package outgoing

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// description is a type of event as users are told of it.
type description struct {
	Type    Type
	Text    string
	Example any // a payload
}

// exampleAt is when the examples happen.
var exampleAt = time.Date(2026, time.March, 6, 18, 30, 0, 0, time.UTC)

var (
	exampleDate  = civil.NewDate(2026, time.March, 6)
	exampleOrder = Order{
		OrderID: "ord_1", BranchID: "br_kampala", BusinessDate: exampleDate, Status: "CLOSED", Channel: "POS", OrderType: "DINE_IN", Covers: 2,
		Currency: "UGX", Gross: 30_000, Discount: 3000, Net: 27_000, Tax: 4860, Due: 31_860, COGS: 8400,
		OpenedAt: exampleAt.Add(-time.Hour), ClosedAt: &exampleAt,
		Lines: []OrderLine{{LineNo: 1, MenuItemID: "menu_burger", Name: "Burger", Quantity: decimal.NewFromInt(2), UnitPrice: 15_000, Gross: 30_000, Discount: 3000, Tax: 4860}},
	}
	exampleGoods = []PurchaseOrderLine{{ItemID: "item_beef", Quantity: decimal.RequireFromString("12.5"), UnitCost: decimal.NewFromInt(18_000), Amount: 225_000}}
)

// voided is the example of a voided order.
func voided(o Order) Order {
	o.Status, o.COGS, o.VoidReason, o.VoidedAt = "VOIDED", 0, "wrong table", &exampleAt
	return o
}

// catalogue is every type of event, by name.
var catalogue = []description{
	{
		TypeBudgetExceeded, "The cost of sales or the waste of a month is over the branch's target of the whole month; once for each.",
		BudgetExceeded{BranchID: "br_kampala", Period: "2026-03", Metric: "COGS", Currency: "UGX", Target: 10_500_000, Actual: 10_612_000, AsOf: exampleAt},
	},
	{
		TypeEndpointDisabled, "Another endpoint of the organisation was disabled, as deliveries to it failed.",
		EndpointDisabled{EndpointID: "ep_1", URL: "https://example.com/hook", Reason: "every attempt has failed for 3 days", DisabledAt: exampleAt},
	},
	{
		TypeKpiThreshold, "A figure of today crossed a threshold that the organisation set.",
		KpiThreshold{ThresholdID: "kpi_1", BranchID: "br_kampala", BusinessDate: exampleDate, Metric: "FOOD_COST_BP", Direction: "ABOVE", Threshold: 3500, Value: 3620, Currency: "UGX", AsOf: exampleAt},
	},
	{TypeOrderClosed, "An order was closed, or taken over closed from a terminal.", exampleOrder},
	{
		TypeOrderRefunded, "Part of a closed order was paid back.",
		Refund{OrderID: "ord_1", RefundID: "adj_1", BranchID: "br_kampala", BusinessDate: exampleDate, Currency: "UGX", Amount: 5000, Tax: 900, Refunded: 5000, Net: 22_000, Reason: "cold", RefundedAt: exampleAt},
	},
	{TypeOrderVoided, "An order was voided.", voided(exampleOrder)},
	{
		TypePurchaseOrderPlaced, "A purchase order was sent to its supplier.",
		PurchaseOrder{PurchaseOrderID: "po_1", BranchID: "br_kampala", SupplierID: "sup_meat", Status: "PLACED", Currency: "UGX", Total: 225_000, PlacedAt: exampleAt, Lines: exampleGoods},
	},
	{
		TypePurchaseOrderReceived, "Goods of a purchase order came.",
		Receipt{
			PurchaseOrderID: "po_1", ReceiptID: "rcp_1", BranchID: "br_kampala", SupplierID: "sup_meat", BusinessDate: exampleDate, Status: "RECEIVED",
			Currency: "UGX", Cost: 225_000, ReceivedAt: exampleAt, ReceivedBy: "Grace", Lines: exampleGoods,
		},
	},
}

// known says whether a type can be subscribed to.
func known(t Type) bool {
	_, found := slices.BinarySearchFunc(catalogue, t, func(d description, t Type) int { return cmp.Compare(d.Type, t) })
	return found
}

// example is the body of an example.
func (d description) example() ([]byte, error) {
	data, err := json.Marshal(d.Example)
	if err != nil {
		return nil, err
	}
	return body{Type: d.Type, Timestamp: exampleAt, Data: data, ID: "evt_1"}.encode()
}
