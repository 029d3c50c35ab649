package sim

import (
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// Sink takes what happens. Records are reused: they are only valid during the call.
type Sink interface {
	// Batch is called once for each batch: when it is used up, or at the end.
	Batch(*Batch)
	// Day is called last on each date.
	Day(*Day)
	Delivery(*Delivery)
	Movement(*Movement)
	Order(*Order)
	Wastage(*Wastage)
}

// Order is a row of orders with what belongs to it. Money is in minor units.
type Order struct {
	Adjustments  []Adjustment
	BusinessDate civil.Date // zero while it is open
	COGS         int64
	Channel      string
	ClosedAt     time.Time
	Comp         int64
	Covers       int32
	Discount     int64
	Gross        int64
	ID           string
	Lines        []Line
	OpenedAt     time.Time
	OrderType    string
	Refunded     int64
	Status       string
	Tax          int64
	Tickets      []Ticket
	UpdatedAt    time.Time
	VoidReason   string
	VoidedAt     time.Time
}

// Line is a row of order_lines; its number is its place, from 1.
type Line struct {
	COGS       int64
	Comp       int64
	Discount   int64
	Dish       *catalog.Dish
	Gross      int64
	Modifier   *catalog.Modifier // nil for none
	Portions   int64
	Tax        int64
	TicketNo   int32 // 0: not sent
	VoidReason string
	VoidedAt   time.Time
}

// remaining is what is left to pay of a line, before tax.
func (l *Line) remaining() int64 {
	if !l.VoidedAt.IsZero() {
		return 0
	}
	return l.Gross - l.Discount - l.Comp
}

// Adjustment is a row of order_adjustments.
type Adjustment struct {
	Amount       int64
	BusinessDate civil.Date // of a refund
	CreatedAt    time.Time
	ID           string
	Kind         string
	LineNo       int32 // 0: the whole order
	Reason       string
	Tax          int64
}

// Ticket is a row of order_tickets; its number is its place, from 1.
type Ticket struct {
	ReadyAt time.Time // zero while it runs
	SentAt  time.Time
}

// Batch is a row of stock_batches. Quantities are in thousandths of the item's unit, unit costs in millionths of a minor unit.
type Batch struct {
	BusinessDate civil.Date
	ExpiresOn    civil.Date
	ID           string
	Item         int
	Received     int64
	ReceivedAt   time.Time
	Remaining    int64
	Source       string
	SourceID     string
	UnitCost     int64

	// sold is what was taken for sales since the ledger was last written.
	sold int64
}

// Movement is a row of stock_movements; what goes out is negative.
type Movement struct {
	BatchID      string
	BusinessDate civil.Date
	Item         int
	Kind         string
	LineNo       int32
	OccurredAt   time.Time
	Quantity     int64
	SourceID     string
	UnitCost     int64
}

// Wastage is a row of wastage.
type Wastage struct {
	BusinessDate civil.Date
	Cost         int64
	ID           string
	Item         int
	Quantity     int64
	Reason       string
	WastedAt     time.Time
}

// Delivery is a purchase order and the receipt that fulfilled it.
type Delivery struct {
	BusinessDate    civil.Date
	Cost            int64 // of what was received
	Lines           []DeliveryLine
	OrderedAt       time.Time
	PurchaseOrderID string
	ReceiptID       string
	ReceivedAt      time.Time
	Short           bool // less came than was ordered, and the order was closed
	Supplier        int
	Total           int64 // of what was ordered
}

// DeliveryLine is a line of the purchase order and of its receipt; its number is its place, from 1.
type DeliveryLine struct {
	BatchID      string
	Item         int
	Ordered      int64
	OrderedCost  int64 // in minor units
	Received     int64
	ReceivedCost int64 // in minor units
	UnitCost     int64
}

// Day is a row of branch_day_sales, and what was used of each item.
type Day struct {
	daysales.Figures
	Date civil.Date
	// Used is the quantity that sales took, by item.
	Used []int64
}

// Rows of these tables are told apart by these words.
const (
	statusClosed = "CLOSED"
	statusOpen   = "OPEN"
	statusReady  = "READY"
	statusSent   = "SENT"
	statusVoided = "VOIDED"

	kindComp     = "COMP"
	kindDiscount = "DISCOUNT"
	kindRefund   = "REFUND"

	movedOpening = "OPENING"
	movedReceipt = "RECEIPT"
	movedSale    = "SALE"
	movedWaste   = "WASTE"
)
