package inventory

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// CountStatus is where a count stands: OPEN → COMMITTED or CANCELLED.
type CountStatus string

// The states of a count.
const (
	CountCancelled CountStatus = "CANCELLED"
	CountCommitted CountStatus = "COMMITTED"
	CountOpen      CountStatus = "OPEN"
)

// Count is what was found on a branch's shelves at one instant.
type Count struct {
	BranchID     string
	BusinessDate civil.Date // zero until committed
	CountedAt    time.Time  // zero until committed
	CountedBy    string
	ID           string
	Lines        []CountLine // by item; nil in lists
	Note         string
	OpenedAt     time.Time
	OpenedBy     string
	Status       CountStatus
}

// CountLine is what was found of one item.
type CountLine struct {
	Cost    int64 // of the difference, negative for what was missing
	Counted decimal.NullDecimal
	// Expected is what the ledger had, what is owed being negative; unknown until committed.
	Expected decimal.NullDecimal
	ItemID   string
}

// Difference returns what is there too much, negative for what is missing; 0 until committed.
func (l CountLine) Difference() decimal.Decimal {
	if !l.Expected.Valid {
		return decimal.Zero
	}
	return l.Counted.Decimal.Sub(l.Expected.Decimal)
}

// CountedItem is what somebody counted of an item.
type CountedItem struct {
	ItemID   string
	Quantity decimal.Decimal
}

// set notes what was counted. An item that is no part of the count, or named twice, is invalid_argument.
func (c *Count) set(counted []CountedItem) error {
	lines := make(map[string]*CountLine, len(c.Lines))
	for i := range c.Lines {
		lines[c.Lines[i].ItemID] = &c.Lines[i]
	}
	seen := make(map[string]bool, len(counted))
	for i, item := range counted {
		field := fmt.Sprintf("items[%d].item_id", i)
		line := lines[item.ItemID]
		if line == nil {
			return fault.Invalid(field, "must be an item of the count, not "+item.ItemID)
		}
		if seen[item.ItemID] {
			return fault.Invalid(field, "must not name "+item.ItemID+" a second time")
		}
		seen[item.ItemID] = true
		line.Counted = decimal.NewNullDecimal(item.Quantity)
	}
	return nil
}

// counted returns the lines that somebody counted. Others are failed_precondition COUNT_INCOMPLETE unless they are left alone, and
// so is a count of nothing.
func (c *Count) counted(leaveUncounted bool) ([]*CountLine, error) {
	var counted []*CountLine
	missing := ""
	for i := range c.Lines {
		switch l := &c.Lines[i]; {
		case l.Counted.Valid:
			counted = append(counted, l)
		case missing == "":
			missing = l.ItemID
		}
	}
	if len(counted) == 0 || missing != "" && !leaveUncounted {
		return nil, fault.FailedPrecondition("COUNT_INCOMPLETE",
			fmt.Sprintf("%d of %d items were counted; item %s was not", len(counted), len(c.Lines), missing)).With("item_id", missing)
	}
	return counted, nil
}
