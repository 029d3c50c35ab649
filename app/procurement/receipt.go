package procurement

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

const (
	// fullBP is one whole in basis points.
	fullBP = 10_000
	// maxAmount keeps the sum of many lines far inside int64.
	maxAmount = 1_000_000_000_000_000
)

// Delivered is one item of a delivery.
type Delivered struct {
	ExpiresOn civil.Date // zero if it doesn't expire
	ItemID    string
	Quantity  decimal.Decimal
	UnitCost  *decimal.Decimal // the order's if nil
}

// lineAmount returns quantity × unit cost rounded; what is too large is invalid_argument on field.
func lineAmount(field string, bought, unitCost decimal.Decimal) (int64, error) {
	amount, err := money.Round(bought.Mul(unitCost))
	if err != nil || amount > maxAmount {
		return 0, fault.Invalid(field, fmt.Sprintf("makes an amount over %d", int64(maxAmount)))
	}
	return amount, nil
}

// Receive takes a delivery in: all of it or, with an error, nothing. It returns the receipt's lines and cost, without
// batches. An item that isn't of the order or comes twice is invalid_argument on items[i].item_id, more than ordered and
// tolerated is failed_precondition OVER_RECEIPT, and an order that isn't placed is PO_NOT_RECEIVABLE.
func (o *Order) Receive(delivered []Delivered, at time.Time) (Receipt, error) {
	matched, err := o.match(delivered)
	if err != nil {
		return Receipt{}, err
	}
	if !o.Status.receivable() && o.Status != StatusReceived {
		return Receipt{}, o.notReceivable()
	}
	receipt := Receipt{BranchID: o.BranchID, ReceivedAt: at}
	lines := append([]Line(nil), o.Lines...)
	for i, d := range delivered {
		line := &lines[matched[i]]
		if err := o.checkOverReceipt(line, d.Quantity); err != nil {
			return Receipt{}, err
		}
		line.Received = line.Received.Add(d.Quantity)
		unitCost := line.UnitCost
		if d.UnitCost != nil {
			unitCost = *d.UnitCost
		}
		amount, err := lineAmount(fmt.Sprintf("items[%d].unit_cost", i), d.Quantity, unitCost)
		if err != nil {
			return Receipt{}, err
		}
		receipt.Cost += amount
		receipt.Lines = append(receipt.Lines, ReceiptLine{
			Amount: amount, ItemID: d.ItemID, No: int32(i) + 1, Quantity: d.Quantity, UnitCost: unitCost,
		})
	}
	// Asked last: a delivery that was sent a second time should hear that it is too much.
	if !o.Status.receivable() {
		return Receipt{}, o.notReceivable()
	}
	o.Lines = lines
	o.Status = StatusPartiallyReceived
	if complete(lines) {
		o.Status, o.ClosedAt = StatusReceived, at
	}
	return receipt, nil
}

func (o *Order) notReceivable() error {
	return fault.FailedPrecondition("PO_NOT_RECEIVABLE", "purchase order "+o.ID+" is "+string(o.Status)+": only placed orders take deliveries").
		With("status", string(o.Status))
}

// match finds the order's line of each delivered item.
func (o *Order) match(delivered []Delivered) ([]int, error) {
	index := make(map[string]int, len(o.Lines))
	for i := range o.Lines {
		index[o.Lines[i].ItemID] = i
	}
	matched := make([]int, len(delivered))
	seen := make(map[string]bool, len(delivered))
	for i, d := range delivered {
		field := fmt.Sprintf("items[%d].item_id", i)
		line, ok := index[d.ItemID]
		if !ok {
			return nil, fault.Invalid(field, "must be an item of the order, not "+d.ItemID)
		}
		if seen[d.ItemID] {
			return nil, fault.Invalid(field, "must not name "+d.ItemID+" a second time")
		}
		seen[d.ItemID] = true
		matched[i] = line
	}
	return matched, nil
}

// checkOverReceipt refuses more than ordered × (1 + tolerance), compared exactly.
func (o *Order) checkOverReceipt(l *Line, delivered decimal.Decimal) error {
	sum := l.Received.Add(delivered)
	most := l.Quantity.Mul(decimal.NewFromInt(fullBP + int64(o.ToleranceBP)))
	if sum.Mul(decimal.NewFromInt(fullBP)).LessThanOrEqual(most) && quantity.Fits(sum) {
		return nil
	}
	remaining := decimal.Max(l.Quantity.Sub(l.Received), decimal.Zero)
	return fault.FailedPrecondition("OVER_RECEIPT",
		fmt.Sprintf("item %s: %s delivered, but only %s of the %s ordered remain", l.ItemID, delivered, remaining, l.Quantity)).
		With("item_id", l.ItemID).With("remaining", remaining.String()).With("ordered", l.Quantity.String()).
		With("received", l.Received.String()).With("tolerance_bp", decimal.NewFromInt32(o.ToleranceBP).String())
}

// complete reports whether all that was ordered has come.
func complete(lines []Line) bool {
	for i := range lines {
		if lines[i].Received.LessThan(lines[i].Quantity) {
			return false
		}
	}
	return true
}
