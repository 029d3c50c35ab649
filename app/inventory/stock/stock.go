package stock

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

// Source tells where a batch came from.
type Source string

// The sources of batches.
const (
	SourceAdjustment Source = "ADJUSTMENT"
	SourceCount      Source = "COUNT"
	SourceOpening    Source = "OPENING"
	SourceReceipt    Source = "RECEIPT"
	SourceRestock    Source = "RESTOCK"
	SourceTransfer   Source = "TRANSFER"
)

// kind tells why goods moved.
type kind string

// The kinds of movement.
const (
	kindAdjustment   kind = "ADJUSTMENT"
	kindCount        kind = "COUNT"
	kindOpening      kind = "OPENING"
	kindReceipt      kind = "RECEIPT"
	kindRestock      kind = "RESTOCK"
	kindSale         kind = "SALE"
	kindSettlement   kind = "SETTLEMENT"
	kindShortfall    kind = "SHORTFALL"
	kindTransferIn   kind = "TRANSFER_IN"
	kindTransferLoss kind = "TRANSFER_LOSS"
	kindTransferOut  kind = "TRANSFER_OUT"
	kindVoid         kind = "VOID"
	kindWaste        kind = "WASTE"
)

// Batch is stock that came in together at one cost.
type Batch struct {
	BranchID   string
	ExpiresOn  civil.Date // zero if it doesn't expire
	ID         string
	ItemID     string
	Received   decimal.Decimal
	ReceivedAt time.Time
	Remaining  decimal.Decimal
	// SettledCOGS is what settling shortfalls from the batch added to the cost of sales, in minor units; may be negative.
	SettledCOGS int64
	// UnitCost is the cost of one base unit in minor units, with at most six decimals.
	UnitCost decimal.Decimal
}

// shortfall is stock that was sold before it was booked in.
type shortfall struct {
	ID       string
	ItemID   string
	Open     decimal.Decimal // still owed
	Quantity decimal.Decimal // owed at first
	UnitCost decimal.Decimal // what the sale was charged
	lineNo   int32
}

// movement is a row of the ledger. It moves either a batch or a shortfall; see schema/30_inventory.sql for the signs.
type movement struct {
	BatchID     string
	ItemID      string
	Kind        kind
	LineNo      int32
	Quantity    decimal.Decimal
	ShortfallID string
	UnitCost    decimal.Decimal
}

// posting is a set of movements with one cause.
type posting struct {
	At           time.Time
	BusinessDate civil.Date
	SourceID     string
}

// maxAmount keeps the sum of many movements far inside int64.
var maxAmount = decimal.New(1, 15)

// amount rounds a cost to minor units, once, half away from zero.
func amount(cost decimal.Decimal) (int64, error) {
	if cost.Abs().GreaterThan(maxAmount) {
		return 0, money.ErrTooLarge
	}
	return money.Round(cost)
}

// Cost returns quantity × unit cost in minor units, rounded half away from zero.
func Cost(quantity, unitCost decimal.Decimal) (int64, error) { return amount(quantity.Mul(unitCost)) }
