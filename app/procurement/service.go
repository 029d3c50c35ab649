package procurement

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
)

// Service changes suppliers and purchase orders in the transaction that it is given, for the caller in the context.
type Service struct {
	clock   clock.Clock
	emitter *outgoing.Emitter
	store   store
}

// NewService returns a service that dates what happens by now, and announces it with emitter unless that is nil.
func NewService(now clock.Clock, emitter *outgoing.Emitter) *Service {
	return &Service{clock: now, emitter: emitter, store: newStore()}
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
	if o.Lines, err = s.lines(ctx, tx, b.OrgID, n.Lines); err != nil {
		return nil, err
	}
	o.Total = totalOf(o.Lines)
	inserted, err := s.store.insert(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if !inserted {
		return nil, fault.AlreadyExists("PO_ID_TAKEN", "purchase order "+o.ID+" exists")
	}
	return o, s.record(ctx, tx, o, ActionCreated, "")
}

// lines checks what is to be bought and works out the amounts.
func (s *Service) lines(ctx context.Context, q postgres.Querier, orgID string, wanted []NewLine) ([]Line, error) {
	itemIDs := make([]string, len(wanted))
	for i, l := range wanted {
		itemIDs[i] = l.ItemID
	}
	items, err := inventory.Load(ctx, q, orgID, itemIDs)
	if err != nil {
		return nil, err
	}
	lines := make([]Line, len(wanted))
	seen := make(map[string]bool, len(wanted))
	for i, l := range wanted {
		field := fmt.Sprintf("lines[%d].item_id", i)
		item, ok := items[l.ItemID]
		switch {
		case !ok:
			return nil, fault.Invalid(field, "must be an inventory item, not "+l.ItemID)
		case !item.Active:
			return nil, fault.Invalid(field, "must be active; "+l.ItemID+" is not")
		case seen[l.ItemID]:
			return nil, fault.Invalid(field, "must not name "+l.ItemID+" a second time")
		}
		seen[l.ItemID] = true
		amount, err := lineAmount(fmt.Sprintf("lines[%d].quantity", i), l.Quantity, l.UnitCost)
		if err != nil {
			return nil, err
		}
		lines[i] = Line{Amount: amount, ItemID: l.ItemID, No: int32(i) + 1, Quantity: l.Quantity, UnitCost: l.UnitCost}
	}
	return lines, nil
}

// Update puts new lines in the place of a draft's. A nil tolerance stays as it is.
func (s *Service) Update(ctx context.Context, tx postgres.Querier, id string, toleranceBP *int32, wanted []NewLine) (*Order, error) {
	c := caller.From(ctx)
	return s.change(ctx, tx, id, ActionUpdated, "", func(o *Order) error {
		lines, err := s.lines(ctx, tx, c.OrgID, wanted)
		if err != nil {
			return err
		}
		if err := o.Rewrite(lines, c.ActorID(), s.clock()); err != nil {
			return err
		}
		if toleranceBP != nil {
			o.ToleranceBP = *toleranceBP
		}
		return s.store.replaceLines(ctx, tx, o)
	})
}

// Submit asks for approval.
func (s *Service) Submit(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, ActionSubmitted, "", func(o *Order) error { return o.Submit(s.clock()) })
}

// Approve lets the order be placed; a manager's own order is permission_denied SELF_APPROVAL.
func (s *Service) Approve(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, ActionApproved, "", func(o *Order) error {
		authors := []string{o.CreatedBy, o.UpdatedBy}
		for i, actor := range authors {
			var err error
			if authors[i], err = auth.PersonBehind(ctx, tx, o.OrgID, actor); err != nil {
				return err
			}
		}
		return o.Approve(caller.From(ctx), authors, s.clock())
	})
}

// Place sends the order to the supplier.
func (s *Service) Place(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	o, err := s.change(ctx, tx, id, ActionPlaced, "", func(o *Order) error { return o.Place(s.clock()) })
	if err != nil {
		return nil, err
	}
	return o, s.emitter.Emit(ctx, tx, o.OrgID, placedEvent(o))
}

// Cancel ends an order of which nothing has come.
func (s *Service) Cancel(ctx context.Context, tx postgres.Querier, id, reason string) (*Order, error) {
	return s.change(ctx, tx, id, ActionCancelled, reason, func(o *Order) error { return o.Cancel(reason, s.clock()) })
}

// CloseShort ends a partly received order whose rest won't come.
func (s *Service) CloseShort(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, ActionClosedShort, "", func(o *Order) error { return o.CloseShort(s.clock()) })
}

// change locks an order that the caller may touch, lets apply change it, saves it and adds to its history.
func (s *Service) change(ctx context.Context, tx postgres.Querier, id string, action Action, note string, apply func(*Order) error) (*Order, error) {
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
	if err := s.store.update(ctx, tx, o); err != nil {
		return nil, err
	}
	return o, s.record(ctx, tx, o, action, note)
}

// record adds a step to an order's history.
func (s *Service) record(ctx context.Context, tx postgres.Querier, o *Order, action Action, note string) error {
	return s.store.insertEvents(ctx, tx, o.OrgID, []string{o.ID}, Event{Action: action, Actor: caller.From(ctx).ActorID(), At: s.clock(), Note: note, Status: o.Status})
}

func notFound(id string) error { return fault.NotFound("purchase order", id) }

// Get returns an order that the caller may see, with its receipts and history.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (*Order, error) {
	c := caller.From(ctx)
	o, err := s.store.get(ctx, q, c.OrgID, id, false)
	if err != nil {
		return nil, err
	}
	if !c.MayBranch(o.BranchID) {
		return nil, notFound(id)
	}
	return o, s.addDetail(ctx, q, o)
}

// addDetail reads an order's receipts and history.
func (s *Service) addDetail(ctx context.Context, q postgres.Querier, o *Order) error {
	var err error
	if o.Receipts, err = s.store.receipts(ctx, q, o.OrgID, o.ID); err != nil {
		return err
	}
	o.Events, err = s.store.events(ctx, q, o.OrgID, o.ID)
	return err
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
