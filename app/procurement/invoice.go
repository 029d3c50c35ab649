package procurement

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// MatchStatus says whether an invoice can be paid.
type MatchStatus string

// The states of a match.
const (
	MatchHold    MatchStatus = "HOLD"
	MatchMatched MatchStatus = "MATCHED"
)

// Billed is a line of an invoice.
type Billed struct {
	ItemID   string
	Quantity decimal.Decimal
	UnitCost decimal.Decimal
}

// Invoice is what a supplier bills for an order, with its three-way match. Money is in minor units.
type Invoice struct {
	Billed     int64
	ID         string
	Lines      []Match
	Number     string
	OrderID    string
	Payable    int64
	RecordedAt time.Time
	RecordedBy string
	Status     MatchStatus
	SupplierID string
}

// Match compares an item as ordered, received and billed. Quantities are in base units.
type Match struct {
	BilledCost       decimal.Decimal
	BilledQuantity   decimal.Decimal
	DisputedPrice    int64 // payable quantity × difference of the prices
	DisputedQuantity int64 // what was billed and not received × billed price
	ItemID           string
	OrderedCost      decimal.Decimal
	OrderedQuantity  decimal.Decimal
	Payable          int64
	PayableQuantity  decimal.Decimal
	ReceivedQuantity decimal.Decimal // and not billed before
}

// PriceBP returns (billed − ordered price) ÷ ordered price; false if nothing was to be paid.
func (m Match) PriceBP() (int64, bool) {
	return money.BpDecimal(m.BilledCost.Sub(m.OrderedCost), m.OrderedCost)
}

// Reasons says what is disputed.
func (m Match) Reasons() []string {
	var reasons []string
	if m.DisputedQuantity > 0 {
		reasons = append(reasons, "QUANTITY")
	}
	if m.DisputedPrice > 0 {
		reasons = append(reasons, "PRICE")
	}
	return reasons
}

// matchLine pays for what was received, at most: at the billed price if that is within the tolerance, else at the ordered one.
func matchLine(l Line, unbilled decimal.Decimal, b Billed, toleranceBP int32) (m Match, billed int64, err error) {
	m = Match{
		BilledCost: b.UnitCost, BilledQuantity: b.Quantity, ItemID: b.ItemID, OrderedCost: l.UnitCost, OrderedQuantity: l.Quantity,
		PayableQuantity: decimal.Max(decimal.Zero, decimal.Min(b.Quantity, unbilled)), ReceivedQuantity: unbilled,
	}
	limit := l.UnitCost.Mul(decimal.NewFromInt32(fullBP + toleranceBP)).Div(decimal.NewFromInt(fullBP))
	price := b.UnitCost
	if price.GreaterThan(limit) {
		price = l.UnitCost
	}
	if billed, err = lineAmount("items", b.Quantity, b.UnitCost); err != nil {
		return m, 0, err
	}
	if m.Payable, err = lineAmount("items", m.PayableQuantity, price); err != nil {
		return m, 0, err
	}
	if m.DisputedQuantity, err = lineAmount("items", b.Quantity.Sub(m.PayableQuantity), b.UnitCost); err != nil {
		return m, 0, err
	}
	// The rest, so that the three sum to what is billed to the minor unit.
	m.DisputedPrice = billed - m.Payable - m.DisputedQuantity
	return m, billed, nil
}

// RecordInvoice compares what is billed with what was ordered and received, and keeps the result. Earlier invoices of the order count as
// billed.
func (s *Service) RecordInvoice(ctx context.Context, tx postgres.Querier, orderID, number string, billed []Billed) (Invoice, error) {
	c := caller.From(ctx)
	o, err := s.store.get(ctx, tx, c.OrgID, orderID, true)
	if err != nil {
		return Invoice{}, err
	}
	if !c.MayBranch(o.BranchID) {
		return Invoice{}, notFound(orderID)
	}
	if o.PlacedAt.IsZero() {
		return Invoice{}, fault.FailedPrecondition("PO_NOT_PLACED", "purchase order "+o.ID+" was never placed: it can't be billed").With("status", string(o.Status))
	}
	supplier, err := s.store.getSupplier(ctx, tx, c.OrgID, o.SupplierID)
	if err != nil {
		return Invoice{}, err
	}
	before, err := s.store.billed(ctx, tx, c.OrgID, o.ID)
	if err != nil {
		return Invoice{}, err
	}
	v := Invoice{
		ID: ids.New("inv"), Number: number, OrderID: o.ID, RecordedAt: s.clock(), RecordedBy: c.ActorID(), Status: MatchMatched, SupplierID: o.SupplierID,
	}
	seen := map[string]bool{}
	for i, b := range billed {
		field := fmt.Sprintf("items[%d].item_id", i)
		l := o.line(b.ItemID)
		if l == nil {
			return Invoice{}, fault.Invalid(field, "must be an item of the order, not "+b.ItemID)
		}
		if seen[b.ItemID] {
			return Invoice{}, fault.Invalid(field, "must not name "+b.ItemID+" a second time")
		}
		seen[b.ItemID] = true
		m, amount, err := matchLine(*l, l.Received.Sub(before[b.ItemID]), b, supplier.PriceToleranceBP)
		if err != nil {
			return Invoice{}, err
		}
		if len(m.Reasons()) > 0 {
			v.Status = MatchHold
		}
		v.Billed += amount
		v.Payable += m.Payable
		v.Lines = append(v.Lines, m)
	}
	inserted, err := s.store.insertInvoice(ctx, tx, c.OrgID, &v)
	if err != nil {
		return Invoice{}, err
	}
	if !inserted {
		return Invoice{}, fault.AlreadyExists("INVOICE_KNOWN", "invoice "+number+" of supplier "+o.SupplierID+" was recorded already")
	}
	return v, nil
}

func (o *Order) line(itemID string) *Line {
	for i := range o.Lines {
		if o.Lines[i].ItemID == itemID {
			return &o.Lines[i]
		}
	}
	return nil
}

// ListInvoices returns up to size invoices before a cursor, newest first, of the caller's scope.
func (s *Service) ListInvoices(ctx context.Context, q postgres.Querier, orderID string, status MatchStatus, before invoiceCursor, size int32) ([]Invoice, error) {
	c := caller.From(ctx)
	return s.store.listInvoices(ctx, q, c.OrgID, c.BranchID, orderID, status, before, size)
}
