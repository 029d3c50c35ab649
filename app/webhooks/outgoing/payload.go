package outgoing

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Order is the data of order.closed and order.voided. Money is in minor units of Currency.
type Order struct {
	OrderID      string      `json:"order_id"`
	BranchID     string      `json:"branch_id"`
	BusinessDate civil.Date  `json:"business_date"`
	Status       string      `json:"status"`
	Channel      string      `json:"channel"`
	OrderType    string      `json:"order_type"`
	Covers       int32       `json:"covers"`
	Currency     string      `json:"currency"`
	Gross        int64       `json:"gross"`
	Discount     int64       `json:"discount"`
	Comp         int64       `json:"comp"`
	Refunded     int64       `json:"refunded"`
	Net          int64       `json:"net"` // gross − discount − comp − refunded
	Tax          int64       `json:"tax"`
	Due          int64       `json:"due"` // gross − discount − comp + tax
	COGS         int64       `json:"cogs"`
	OpenedAt     time.Time   `json:"opened_at"`
	ClosedAt     *time.Time  `json:"closed_at,omitempty"`
	VoidedAt     *time.Time  `json:"voided_at,omitempty"`
	VoidReason   string      `json:"void_reason,omitempty"`
	Lines        []OrderLine `json:"lines"`
}

// OrderLine is a dish of an order that wasn't struck.
type OrderLine struct {
	LineNo     int32           `json:"line_no"`
	MenuItemID string          `json:"menu_item_id"`
	Name       string          `json:"name"`
	Quantity   decimal.Decimal `json:"quantity"` // a string, exact
	UnitPrice  int64           `json:"unit_price"`
	Gross      int64           `json:"gross"`
	Discount   int64           `json:"discount"`
	Comp       int64           `json:"comp"`
	Tax        int64           `json:"tax"`
}

// Refund is the data of order.refunded.
type Refund struct {
	OrderID      string     `json:"order_id"`
	RefundID     string     `json:"refund_id"`
	BranchID     string     `json:"branch_id"`
	BusinessDate civil.Date `json:"business_date"` // of the refund
	Currency     string     `json:"currency"`
	Amount       int64      `json:"amount"` // before tax
	Tax          int64      `json:"tax"`    // paid back on top
	Refunded     int64      `json:"refunded"`
	Net          int64      `json:"net"` // what the order comes to after it
	Reason       string     `json:"reason"`
	RefundedAt   time.Time  `json:"refunded_at"`
}

// PurchaseOrder is the data of purchase_order.placed.
type PurchaseOrder struct {
	PurchaseOrderID string              `json:"purchase_order_id"`
	BranchID        string              `json:"branch_id"`
	SupplierID      string              `json:"supplier_id"`
	Status          string              `json:"status"`
	Currency        string              `json:"currency"`
	Total           int64               `json:"total"`
	PlacedAt        time.Time           `json:"placed_at"`
	Lines           []PurchaseOrderLine `json:"lines"`
}

// PurchaseOrderLine is one item; quantities are of its base unit.
type PurchaseOrderLine struct {
	ItemID   string          `json:"item_id"`
	Quantity decimal.Decimal `json:"quantity"`  // a string, exact
	UnitCost decimal.Decimal `json:"unit_cost"` // a string, exact, in minor units
	Amount   int64           `json:"amount"`
}

// Receipt is the data of purchase_order.received: one delivery of goods.
type Receipt struct {
	PurchaseOrderID string              `json:"purchase_order_id"`
	ReceiptID       string              `json:"receipt_id"`
	BranchID        string              `json:"branch_id"`
	SupplierID      string              `json:"supplier_id"`
	BusinessDate    civil.Date          `json:"business_date"`
	Status          string              `json:"status"` // of the purchase order after it
	Currency        string              `json:"currency"`
	Cost            int64               `json:"cost"`
	ReceivedAt      time.Time           `json:"received_at"`
	ReceivedBy      string              `json:"received_by"`
	Lines           []PurchaseOrderLine `json:"lines"`
}

// BudgetExceeded is the data of budget.exceeded.
type BudgetExceeded struct {
	BranchID string    `json:"branch_id"`
	Period   string    `json:"period"` // YYYY-MM
	Metric   string    `json:"metric"` // COGS or WASTE
	Currency string    `json:"currency"`
	Target   int64     `json:"target"` // of the whole month
	Actual   int64     `json:"actual"` // of its completed business dates
	AsOf     time.Time `json:"as_of"`
}

// KpiThreshold is the data of kpi.threshold.
type KpiThreshold struct {
	ThresholdID  string     `json:"threshold_id"`
	BranchID     string     `json:"branch_id,omitempty"` // absent for the whole organisation
	BusinessDate civil.Date `json:"business_date"`
	Metric       string     `json:"metric"`
	Direction    string     `json:"direction"` // ABOVE or BELOW
	Threshold    int64      `json:"threshold"`
	Value        int64      `json:"value"`
	Currency     string     `json:"currency"`
	AsOf         time.Time  `json:"as_of"`
}

// EndpointDisabled is the data of endpoint.disabled.
type EndpointDisabled struct {
	EndpointID   string     `json:"endpoint_id"`
	URL          string     `json:"url"`
	Reason       string     `json:"reason"`
	DisabledAt   time.Time  `json:"disabled_at"`
	FailingSince *time.Time `json:"failing_since,omitempty"`
}

// Test is the data of test.
type Test struct {
	EndpointID string `json:"endpoint_id"`
	Message    string `json:"message"`
}
