package orders

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// Status is where an order stands.
type Status string

// The states of an order; see the package comment for the ways between them.
const (
	StatusClosed Status = "CLOSED"
	StatusOpen   Status = "OPEN"
	StatusReady  Status = "READY"
	StatusSent   Status = "SENT"
	StatusVoided Status = "VOIDED"
)

// AdjustmentKind tells discounts, comps and refunds apart.
type AdjustmentKind string

// The kinds of adjustment.
const (
	KindComp     AdjustmentKind = "COMP"
	KindDiscount AdjustmentKind = "DISCOUNT"
	KindRefund   AdjustmentKind = "REFUND"
)

// Order is what one party ordered. Money is in minor units of Currency, before tax unless said otherwise.
type Order struct {
	BranchID     string
	BusinessDate civil.Date // zero until closed or voided
	COGS         int64      // FIFO cost of what it used up; 0 again after a restocking void
	Channel      string
	ClosedAt     time.Time
	Comp         int64
	ContentHash  []byte // of an ingested order
	Covers       int32
	Currency     string
	Discount     int64
	Gross        int64
	ID           string
	OpenedAt     time.Time
	OpenedBy     string
	OrderType    string
	OrgID        string
	// PromotionDiscount is the part of Discount that promotions took off.
	PromotionDiscount int64
	Refunded          int64
	Status            Status
	StockShort        bool
	Tax               int64
	UpdatedAt         time.Time
	VoidReason        string
	VoidedAt          time.Time
	VoidedBy          string

	Adjustments []Adjustment
	Lines       []Line
	Promotions  []AppliedPromotion
	Tickets     []Ticket
}

// Line is one dish of an order.
type Line struct {
	COGS           int64
	Comp           int64
	Discount       int64
	Gross          int64 // quantity × (unit price + modifiers), rounded
	MenuItemID     string
	Modifiers      []Modifier
	ModifiersPrice int64
	Name           string
	No             int32 // from 1
	// PromotionDiscount is the part of Discount that promotions took off.
	PromotionDiscount int64
	Quantity          decimal.Decimal
	Tax               int64
	TaxRateBP         int32
	TicketNo          int32 // 0 until sent
	UnitPrice         int64
	VoidReason        string
	VoidedAt          time.Time
}

// Modifier is an extra or a change of a dish; Price is for one portion. One of the menu has its id, and a recipe.
type Modifier struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	Price int64  `json:"price"`
}

// Adjustment is one discount, comp or refund.
type Adjustment struct {
	Amount       int64
	BusinessDate civil.Date // of a refund
	CreatedAt    time.Time
	CreatedBy    string
	ID           string
	Kind         AdjustmentKind
	LineNo       int32 // 0: the whole order
	Reason       string
	// RestockedCOGS is the cost of what a refund put back into stock.
	RestockedCOGS int64
	Tax           int64 // paid back on top of a refund
}

// AppliedPromotion is what a promotion, or one code of it, took off the order.
type AppliedPromotion struct {
	Amount      int64
	CouponCode  string
	Lines       []pricing.LineDiscount
	Name        string
	PromotionID string
}

// Ticket is what went to the kitchen at one time.
type Ticket struct {
	No      int32
	ReadyAt time.Time // zero while running
	SentAt  time.Time
	Target  time.Duration
}

// Net returns net sales: gross − discount − comp − refunded.
func (o *Order) Net() int64 { return o.Gross - o.Discount - o.Comp - o.Refunded }

// Due returns what the guest owed at closing, tax included.
func (o *Order) Due() int64 { return o.Gross - o.Discount - o.Comp + o.Tax }

// figures returns what a closed order counts for on its business date, without refunds.
func (o *Order) figures() daysales.Figures {
	f := daysales.Figures{
		COGS:      o.COGS,
		Comps:     o.Comp,
		Covers:    int64(o.Covers),
		Discounts: o.Discount,
		Gross:     o.Gross,
		Orders:    1,
		Tax:       o.Tax,
	}
	for _, t := range o.Tickets {
		f.Tickets += t.ready()
		f.TicketsOnTime += t.onTime()
	}
	return f
}

func (t Ticket) ready() int64 {
	if t.ReadyAt.IsZero() {
		return 0
	}
	return 1
}

func (t Ticket) onTime() int64 {
	if t.ReadyAt.IsZero() || t.ReadyAt.Sub(t.SentAt) > t.Target {
		return 0
	}
	return 1
}

// remaining is what is left to pay of a line, before tax.
func (l *Line) remaining() int64 {
	if !l.VoidedAt.IsZero() {
		return 0
	}
	return l.Gross - l.Discount - l.Comp
}
