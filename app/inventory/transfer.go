package inventory

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// TransferStatus is where a transfer stands: DRAFT → APPROVED → IN_TRANSIT → RECEIVED, or CANCELLED before it is sent.
type TransferStatus string

// The states of a transfer.
const (
	TransferApproved  TransferStatus = "APPROVED"
	TransferCancelled TransferStatus = "CANCELLED"
	TransferDraft     TransferStatus = "DRAFT"
	TransferInTransit TransferStatus = "IN_TRANSIT"
	TransferReceived  TransferStatus = "RECEIVED"
)

// Transfer is goods on their way from one branch to another.
type Transfer struct {
	ApprovedAt   time.Time
	ApprovedBy   string
	ClosedAt     time.Time
	ClosedBy     string
	CreatedAt    time.Time
	CreatedBy    string
	FromBranchID string
	ID           string
	Lines        []TransferLine // nil in lists
	Note         string
	SentAt       time.Time
	SentBy       string
	Status       TransferStatus
	ToBranchID   string
}

// TransferLine is what is sent of one item.
type TransferLine struct {
	Cost     int64 // of what was sent
	ItemID   string
	Lost     decimal.Decimal
	LostCost int64
	No       int32 // from 1
	Quantity decimal.Decimal
	Received decimal.Decimal
}

// Arrival is what arrived of one item.
type Arrival struct {
	ItemID   string
	Quantity decimal.Decimal
}

// parcel is what of a line is still on its way from one batch.
type parcel struct {
	stock.Parcel
	no int32
}

// move refuses a step that doesn't follow from where the transfer stands.
func (t *Transfer) move(to TransferStatus, from ...TransferStatus) error {
	for _, status := range from {
		if t.Status == status {
			t.Status = to
			return nil
		}
	}
	return fault.FailedPrecondition("TRANSFER_"+string(t.Status), "transfer "+t.ID+" is "+string(t.Status)).With("status", string(t.Status))
}

// receipt is what receiving does: what comes in, what is lost, and how much of which parcel is done with.
type receipt struct {
	in, lost  []stock.IncomingLine
	parcelNos []int32
	lineNos   []int32
	taken     []decimal.Decimal
}

func (r *receipt) take(line int32, p *parcel, quantity decimal.Decimal) stock.IncomingLine {
	r.lineNos, r.parcelNos, r.taken = append(r.lineNos, line), append(r.parcelNos, p.no), append(r.taken, quantity)
	p.Quantity = p.Quantity.Sub(quantity)
	return stock.IncomingLine{ExpiresOn: p.ExpiresOn, Quantity: quantity, ReceivedAt: p.ReceivedAt, UnitCost: p.UnitCost}
}

// Receive books what arrived, out of the parcels in the order in which they were taken, and with complete what did not arrive as
// lost. parcels are what is still on its way by line.
func (t *Transfer) Receive(arrivals []Arrival, complete bool, parcels map[int32][]parcel) (receipt, error) {
	var r receipt
	if err := t.move(TransferInTransit, TransferInTransit); err != nil {
		return r, err
	}
	if len(arrivals) == 0 && !complete {
		return r, fault.Invalid("items", "must not be empty unless complete")
	}
	for i, a := range arrivals {
		l := t.line(a.ItemID)
		if l == nil {
			return r, fault.Invalid(fmt.Sprintf("items[%d].item_id", i), "must be an item of the transfer, not "+a.ItemID)
		}
		left := l.Quantity.Sub(l.Received)
		if a.Quantity.GreaterThan(left) {
			return r, fault.FailedPrecondition("OVER_RECEIPT", "only "+left.String()+" of item "+a.ItemID+" on the way, not "+a.Quantity.String()).
				With("item_id", a.ItemID).With("remaining", left.String())
		}
		l.Received = l.Received.Add(a.Quantity)
		for rest, ps := a.Quantity, parcels[l.No]; rest.IsPositive(); ps = ps[1:] {
			if quantity := decimal.Min(rest, ps[0].Quantity); quantity.IsPositive() {
				in := r.take(l.No, &ps[0], quantity)
				in.ItemID = l.ItemID
				r.in = append(r.in, in)
				rest = rest.Sub(quantity)
			}
		}
	}
	done := true
	for i := range t.Lines {
		l := &t.Lines[i]
		if complete {
			if err := l.lose(&r, parcels[l.No]); err != nil {
				return r, err
			}
		}
		done = done && l.Received.Add(l.Lost).Equal(l.Quantity)
	}
	if done {
		t.Status = TransferReceived
	}
	return r, nil
}

// lose books what is left of a line as lost.
func (l *TransferLine) lose(r *receipt, parcels []parcel) error {
	var cost decimal.Decimal
	for i := range parcels {
		p := &parcels[i]
		if !p.Quantity.IsPositive() {
			continue
		}
		l.Lost = l.Lost.Add(p.Quantity)
		cost = cost.Add(p.Quantity.Mul(p.UnitCost))
		lost := r.take(l.No, p, p.Quantity)
		lost.ItemID = l.ItemID
		r.lost = append(r.lost, lost)
	}
	rounded, err := stock.Cost(decimal.NewFromInt(1), cost)
	l.LostCost = rounded
	return err
}

func (t *Transfer) line(itemID string) *TransferLine {
	for i := range t.Lines {
		if t.Lines[i].ItemID == itemID {
			return &t.Lines[i]
		}
	}
	return nil
}
