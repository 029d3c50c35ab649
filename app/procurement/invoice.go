package procurement

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// MatchStatus says whether an invoice can be paid.
type MatchStatus string

// The states of a match.
const (
	MatchHold    MatchStatus = "HOLD"
	MatchMatched MatchStatus = "MATCHED"
)

// Invoice is what a supplier bills for an order, with its three-way match. Money is in minor units.
type Invoice struct {
	Billed     int64
	BranchID   string
	ID         string
	Lines      []Match
	MatchedAt  time.Time
	MatchedBy  string
	Number     string
	OrderID    string
	Payable    int64
	RecordedAt time.Time
	RecordedBy string
	Status     MatchStatus
	SupplierID string
	Tolerances Tolerances // as they were when it was matched
}

// RecordInvoice compares what is billed with what was ordered and received, and keeps the result. Earlier invoices of the order count as
// billed. An item that doesn't exist or comes twice is invalid_argument; one that is not of the order is disputed.
func (s *Service) RecordInvoice(ctx context.Context, tx postgres.Querier, orderID, number string, billed []Billed) (Invoice, error) {
	c := caller.From(ctx)
	o, err := s.lockBilled(ctx, tx, orderID)
	if err != nil {
		return Invoice{}, err
	}
	if err := s.checkBilled(ctx, tx, o, billed); err != nil {
		return Invoice{}, err
	}
	now := s.clock()
	v := Invoice{
		BranchID: o.BranchID, ID: ids.New("inv"), MatchedAt: now, MatchedBy: c.ActorID(), Number: number, OrderID: o.ID, RecordedAt: now,
		RecordedBy: c.ActorID(), SupplierID: o.SupplierID,
	}
	if err := s.match(ctx, tx, o, &v, billed); err != nil {
		return Invoice{}, err
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

// MatchInvoice compares an invoice again, with what has been received by now and the supplier's tolerances as they are now.
func (s *Service) MatchInvoice(ctx context.Context, tx postgres.Querier, id string) (Invoice, error) {
	c := caller.From(ctx)
	v, err := s.GetInvoice(ctx, tx, id)
	if err != nil {
		return Invoice{}, err
	}
	// The order's lock keeps others from comparing its invoices meanwhile. What is billed never changes, so it may be read before.
	o, err := s.lockBilled(ctx, tx, v.OrderID)
	if err != nil {
		return Invoice{}, err
	}
	billed := make([]Billed, len(v.Lines))
	for i, m := range v.Lines {
		billed[i] = Billed{ItemID: m.ItemID, Quantity: m.BilledQuantity, UnitCost: m.BilledCost}
	}
	v.MatchedAt, v.MatchedBy = s.clock(), c.ActorID()
	if err := s.match(ctx, tx, o, &v, billed); err != nil {
		return Invoice{}, err
	}
	return v, s.store.updateMatch(ctx, tx, c.OrgID, &v)
}

// lockBilled locks an order that can be billed: failed_precondition PO_NOT_PLACED if it never reached the supplier.
func (s *Service) lockBilled(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	c := caller.From(ctx)
	o, err := s.store.get(ctx, tx, c.OrgID, id, true)
	if err != nil {
		return nil, err
	}
	if !c.MayBranch(o.BranchID) {
		return nil, notFound(id)
	}
	if o.PlacedAt.IsZero() {
		return nil, fault.FailedPrecondition("PO_NOT_PLACED", "purchase order "+o.ID+" was never placed: it can't be billed").With("status", string(o.Status))
	}
	return o, nil
}

func (s *Service) checkBilled(ctx context.Context, q postgres.Querier, o *Order, billed []Billed) error {
	itemIDs := make([]string, len(billed))
	for i, b := range billed {
		itemIDs[i] = b.ItemID
	}
	items, err := inventory.Load(ctx, q, o.OrgID, itemIDs)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(billed))
	for i, id := range itemIDs {
		field := fmt.Sprintf("items[%d].item_id", i)
		if _, ok := items[id]; !ok {
			return fault.Invalid(field, "must be an inventory item, not "+id)
		}
		if seen[id] {
			return fault.Invalid(field, "must not name "+id+" a second time")
		}
		seen[id] = true
	}
	return nil
}

// match sets what came of comparing what is billed with the order and its other invoices.
func (s *Service) match(ctx context.Context, q postgres.Querier, o *Order, v *Invoice, billed []Billed) error {
	supplier, err := s.store.getSupplier(ctx, q, o.OrgID, o.SupplierID)
	if err != nil {
		return err
	}
	before, err := s.store.billed(ctx, q, o.OrgID, o.ID, v.ID)
	if err != nil {
		return err
	}
	v.Tolerances = Tolerances{PriceBP: supplier.PriceToleranceBP, QuantityBP: supplier.QuantityToleranceBP}
	v.Billed, v.Lines, v.Payable, v.Status = 0, nil, 0, MatchMatched
	for i, b := range billed {
		var l Line
		if found := o.line(b.ItemID); found != nil {
			l = *found
		}
		m, err := matchLine(fmt.Sprintf("items[%d]", i), l, l.Received.Sub(before[b.ItemID]), b, v.Tolerances)
		if err != nil {
			return err
		}
		if len(m.Reasons()) > 0 {
			v.Status = MatchHold
		}
		v.Billed += m.Payable + m.DisputedQuantity + m.DisputedPrice
		v.Payable += m.Payable
		v.Lines = append(v.Lines, m)
	}
	return nil
}

func (o *Order) line(itemID string) *Line {
	for i := range o.Lines {
		if o.Lines[i].ItemID == itemID {
			return &o.Lines[i]
		}
	}
	return nil
}

// GetInvoice returns an invoice of the caller's scope.
func (s *Service) GetInvoice(ctx context.Context, q postgres.Querier, id string) (Invoice, error) {
	c := caller.From(ctx)
	v, err := s.store.getInvoice(ctx, q, c.OrgID, id)
	if err != nil {
		return Invoice{}, err
	}
	if !c.MayBranch(v.BranchID) {
		return Invoice{}, fault.NotFound("supplier invoice", id)
	}
	return v, nil
}

// InvoiceFilter says which invoices to list; empty fields match all.
type InvoiceFilter struct {
	BranchID   string
	OrderID    string
	Status     MatchStatus
	SupplierID string
}

// ListInvoices returns up to size invoices before a cursor, newest first, of the caller's scope.
func (s *Service) ListInvoices(ctx context.Context, q postgres.Querier, f InvoiceFilter, before invoiceCursor, size int32) ([]Invoice, error) {
	c := caller.From(ctx)
	if f.BranchID == "" {
		f.BranchID = c.BranchID
	}
	if f.BranchID != "" {
		if _, err := branch.Get(ctx, q, c, f.BranchID); err != nil {
			return nil, err
		}
	}
	return s.store.listInvoices(ctx, q, c.OrgID, f, before, size)
}
