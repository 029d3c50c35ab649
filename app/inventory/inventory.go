package inventory

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Item is something that is bought, stored and used up.
type Item struct {
	Active   bool // false: hidden from new purchases
	BaseUnit string
	ID       string
	Name     string
}

// Level is what a branch has on hand of an item.
type Level struct {
	BaseUnit string
	ItemID   string
	ItemName string
	OnHand   decimal.Decimal // negative if more was sold than was booked in
	Value    int64           // of the batches, at their cost, in minor units
}

// Wastage is one record of stock thrown away.
type Wastage struct {
	BranchID     string
	BusinessDate civil.Date
	Cost         int64 // FIFO, in minor units
	CreatedAt    time.Time
	ID           string
	ItemID       string
	Quantity     decimal.Decimal // in base units
	Reason       string
	RecordedBy   string
	WastedAt     time.Time
}

// OpeningStock describes a batch that no purchase order brought.
type OpeningStock struct {
	BranchID   string
	ExpiresOn  civil.Date // zero if it doesn't expire
	ItemID     string
	Quantity   decimal.Decimal
	ReceivedAt time.Time // now if zero
	UnitCost   decimal.Decimal
}

// NewWastage describes what was thrown away.
type NewWastage struct {
	BranchID string
	ID       string // minted if empty
	ItemID   string
	Quantity decimal.Decimal
	Reason   string
	WastedAt time.Time // now if zero
}

// describes reports whether a stored record is what n asks for, so that n is a resend of it. Who sends it, and when if it
// doesn't say, is no part of the content.
func (n NewWastage) describes(w Wastage) bool {
	return n.BranchID == w.BranchID && n.ItemID == w.ItemID && n.Reason == w.Reason && n.Quantity.Equal(w.Quantity) &&
		(n.WastedAt.IsZero() || n.WastedAt.Equal(w.WastedAt))
}

// BatchFilter selects batches of a branch.
type BatchFilter struct {
	BranchID     string
	IncludeEmpty bool
	ItemID       string // all if empty
}
