package procurement

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Service changes suppliers and purchase orders in the transaction that it is given, for the caller in the context.
type Service struct {
	clock clock.Clock
	store store
}

// NewService returns a service that dates what happens by now.
func NewService(now clock.Clock) *Service {
	return &Service{clock: now, store: newStore()}
}

// NewOrder describes an order to write.
type NewOrder struct {
	BranchID    string
	Currency    string // the organisation's if empty
	ID          string // minted if empty
	Lines       []NewLine
	SupplierID  string
	ToleranceBP int32
}

// NewLine is one item to buy.
type NewLine struct {
	ItemID   string
	Quantity decimal.Decimal
	UnitCost decimal.Decimal
}

var errBranchScope = fault.PermissionDenied("BRANCH_SCOPE", "suppliers belong to the whole organisation, and this key to one branch")

// UpsertSupplier creates a supplier or replaces it.
func (s *Service) UpsertSupplier(ctx context.Context, tx postgres.Querier, supplier Supplier) (Supplier, error) {
	c := caller.From(ctx)
	if c.BranchID != "" {
		return Supplier{}, errBranchScope
	}
	if supplier.ID == "" {
		supplier.ID = ids.New("sup")
	}
	return supplier, s.store.upsertSupplier(ctx, tx, c.OrgID, supplier, s.clock())
}

// ListSuppliers returns up to size suppliers after an id.
func (s *Service) ListSuppliers(ctx context.Context, q postgres.Querier, afterID string, size int32) ([]Supplier, error) {
	return s.store.listSuppliers(ctx, q, caller.From(ctx).OrgID, afterID, size)
}

// Create writes a draft. A branch out of the caller's reach and an unknown supplier are not_found, an item that doesn't
// exist, is inactive or was named before is invalid_argument on lines[i].item_id, and an id that is taken is
// already_exists PO_ID_TAKEN.
func (s *Service) Create(ctx context.Context, tx postgres.Querier, n NewOrder) (*Order, error) {
	c := caller.From(ctx)
	b, err := branch.Get(ctx, tx, c, n.BranchID)
	if err != nil {
		return nil, err
	}
	if err := b.CheckCurrency(n.Currency); err != nil {
		return nil, err
	}
	known, err := s.store.supplierExists(ctx, tx, b.OrgID, n.SupplierID)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fault.NotFound("supplier", n.SupplierID)
	}
	o := &Order{
		BranchID: b.ID, CreatedAt: s.clock(), CreatedBy: c.ActorID(), Currency: b.Currency, ID: n.ID, OrgID: b.OrgID, Status: StatusDraft,
		SupplierID: n.SupplierID, ToleranceBP: n.ToleranceBP,
	}
	if o.ID == "" {
		o.ID = ids.New("po")
	}
	if err := s.addLines(ctx, tx, o, n.Lines); err != nil {
		return nil, err
	}
	inserted, err := s.store.insert(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if !inserted {
		return nil, fault.AlreadyExists("PO_ID_TAKEN", "purchase order "+o.ID+" exists")
	}
	return o, nil
}

func (s *Service) addLines(ctx context.Context, q postgres.Querier, o *Order, lines []NewLine) error {
	itemIDs := make([]string, len(lines))
	for i, l := range lines {
		itemIDs[i] = l.ItemID
	}
	items, err := inventory.Load(ctx, q, o.OrgID, itemIDs)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(lines))
	for i, l := range lines {
		field := fmt.Sprintf("lines[%d].item_id", i)
		item, ok := items[l.ItemID]
		switch {
		case !ok:
			return fault.Invalid(field, "must be an inventory item, not "+l.ItemID)
		case !item.Active:
			return fault.Invalid(field, "must be active; "+l.ItemID+" is not")
		case seen[l.ItemID]:
			return fault.Invalid(field, "must not name "+l.ItemID+" a second time")
		}
		seen[l.ItemID] = true
		amount, err := lineAmount(fmt.Sprintf("lines[%d].quantity", i), l.Quantity, l.UnitCost)
		if err != nil {
			return err
		}
		o.Total += amount
		o.Lines = append(o.Lines, Line{
			Amount: amount, ItemID: l.ItemID, No: int32(i) + 1, Quantity: l.Quantity, UnitCost: l.UnitCost,
		})
	}
	return nil
}

// Submit asks for approval.
func (s *Service) Submit(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order) error { return o.Submit(s.clock()) })
}

// Approve lets the order be placed; a manager's own order is permission_denied SELF_APPROVAL.
func (s *Service) Approve(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order) error { return o.Approve(caller.From(ctx), s.clock()) })
}

// Place sends the order to the supplier.
func (s *Service) Place(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order) error { return o.Place(s.clock()) })
}

// Cancel ends an order of which nothing has come.
func (s *Service) Cancel(ctx context.Context, tx postgres.Querier, id, reason string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order) error { return o.Cancel(reason, s.clock()) })
}

// CloseShort ends a partly received order whose rest won't come.
func (s *Service) CloseShort(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order) error { return o.CloseShort(s.clock()) })
}

// change locks an order that the caller may touch, lets apply change it, and saves it.
func (s *Service) change(ctx context.Context, tx postgres.Querier, id string, apply func(*Order) error) (*Order, error) {
	c := caller.From(ctx)
	o, err := s.store.get(ctx, tx, c.OrgID, id, true)
	if err != nil {
		return nil, err
	}
	if !c.MayBranch(o.BranchID) {
		return nil, notFound(id)
	}
	if err := apply(o); err != nil {
		return nil, err
	}
	return o, s.store.update(ctx, tx, o)
}

func notFound(id string) error { return fault.NotFound("purchase order", id) }

// Get returns an order that the caller may see, with its receipts.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (*Order, error) {
	c := caller.From(ctx)
	o, err := s.store.get(ctx, q, c.OrgID, id, false)
	if err != nil {
		return nil, err
	}
	if !c.MayBranch(o.BranchID) {
		return nil, notFound(id)
	}
	o.Receipts, err = s.store.receipts(ctx, q, c.OrgID, id)
	return o, err
}

// Filter says which orders to list; empty fields match all.
type Filter struct {
	BranchID    string
	CreatedFrom time.Time
	Status      Status
	SupplierID  string
}

// List returns up to size orders with their lines before a cursor, newest first, of one branch or of all that the caller
// may see.
func (s *Service) List(ctx context.Context, q postgres.Querier, f Filter, before cursor, size int32) ([]*Order, error) {
	c := caller.From(ctx)
	if f.BranchID == "" {
		f.BranchID = c.BranchID
	}
	if f.BranchID != "" {
		if _, err := branch.Get(ctx, q, c, f.BranchID); err != nil {
			return nil, err
		}
	}
	return s.store.list(ctx, q, c.OrgID, f, before, size)
}

// Update replaces the lines of a draft.
func (s *Service) Update(ctx context.Context, tx postgres.Querier, id string, lines []NewLine) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order) error {
		if o.Status != StatusDraft {
			return fault.FailedPrecondition("PO_NOT_DRAFT", "purchase order "+id+" is "+string(o.Status)+": only drafts can be edited").
				With("status", string(o.Status))
		}
		o.Lines, o.Total = nil, 0
		if err := s.addLines(ctx, tx, o, lines); err != nil {
			return err
		}
		return s.store.replaceLines(ctx, tx, o)
	})
}

// SetSupplierItems says which items a supplier sells; others of it stay.
func (s *Service) SetSupplierItems(ctx context.Context, tx postgres.Querier, supplierID string, items []SupplierItem) error {
	c := caller.From(ctx)
	if c.BranchID != "" {
		return errBranchScope
	}
	if _, err := s.store.getSupplier(ctx, tx, c.OrgID, supplierID); err != nil {
		return err
	}
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ItemID
	}
	known, err := inventory.Load(ctx, tx, c.OrgID, ids)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, id := range ids {
		field := fmt.Sprintf("items[%d].item_id", i)
		if _, ok := known[id]; !ok {
			return fault.Invalid(field, "must be an inventory item, not "+id)
		}
		if seen[id] {
			return fault.Invalid(field, "must not name "+id+" a second time")
		}
		seen[id] = true
	}
	return s.store.upsertSupplierItems(ctx, tx, c.OrgID, supplierID, items, s.clock())
}

// ListSupplierItems returns what a supplier sells, by item.
func (s *Service) ListSupplierItems(ctx context.Context, q postgres.Querier, supplierID string) ([]SupplierItem, error) {
	orgID := caller.From(ctx).OrgID
	if _, err := s.store.getSupplier(ctx, q, orgID, supplierID); err != nil {
		return nil, err
	}
	return s.store.listSupplierItems(ctx, q, orgID, supplierID)
}

// ListInvoices returns up to size invoices before a cursor, newest first, of the caller's scope.
func (s *Service) ListInvoices(ctx context.Context, q postgres.Querier, orderID string, status MatchStatus, before invoiceCursor, size int32) ([]Invoice, error) {
	c := caller.From(ctx)
	return s.store.listInvoices(ctx, q, c.OrgID, c.BranchID, orderID, status, before, size)
}

// maxDifferenceDays is the longest range of price differences.
const maxDifferenceDays = 400

// PriceDifferences returns what was received at another cost than ordered, by supplier and item, and the currency.
func (s *Service) PriceDifferences(ctx context.Context, q postgres.Querier, branchID string, from, to civil.Date) ([]PriceDifference, string, error) {
	if days := to.DaysSince(from) + 1; days < 1 || days > maxDifferenceDays {
		return nil, "", fault.Invalid("end_date", fmt.Sprintf("must be from start_date to %d days later", maxDifferenceDays-1))
	}
	branches, err := s.branches(ctx, q, branchID)
	if err != nil || len(branches) == 0 {
		return nil, "", err
	}
	ids := make([]string, len(branches))
	for i, b := range branches {
		ids[i] = b.ID
	}
	differences, err := s.store.priceDifferences(ctx, q, branches[0].OrgID, ids, from, to)
	return differences, branches[0].Currency, err
}
