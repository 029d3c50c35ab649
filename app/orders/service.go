package orders

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
)

// Service changes orders in the transaction that it is given, for the caller in the context.
type Service struct {
	clock   clock.Clock
	emitter *outgoing.Emitter
	pricer  *promotions.Pricer
	store   store
}

// NewService returns a service that dates what happens by now, and announces it with emitter unless that is nil.
func NewService(now clock.Clock, pricer *promotions.Pricer, emitter *outgoing.Emitter) *Service {
	return &Service{clock: now, emitter: emitter, pricer: pricer}
}

// NewOrder describes an order to open.
type NewOrder struct {
	BranchID  string
	Channel   string // POS if empty
	Covers    int32
	Currency  string // the organisation's if empty
	ID        string // minted if empty
	Lines     []NewLine
	OrderType string // DINE_IN if empty
}

// NewLine describes a dish to add.
type NewLine struct {
	MenuItemID string
	Modifiers  []Modifier
	Quantity   decimal.Decimal
	TaxRateBP  *int32 // the menu's if nil
	UnitPrice  *int64 // the menu's if nil
}

// sold says that a terminal has sold the line already, at a price of its own, so that what it sold can't be refused any more.
func (n NewLine) sold() bool { return n.UnitPrice != nil }

// Open starts an order. An id that is taken is already_exists ORDER_ID_TAKEN.
func (s *Service) Open(ctx context.Context, tx postgres.Querier, n NewOrder) (*Order, error) {
	o, _, err := s.prepare(ctx, tx, n, s.clock())
	if err != nil {
		return nil, err
	}
	inserted, err := s.store.insert(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if !inserted {
		return nil, taken(o.ID)
	}
	return o, nil
}

func taken(id string) error {
	return fault.AlreadyExists("ORDER_ID_TAKEN", "order "+id+" exists with other content")
}

// prepare builds an open order in memory.
func (s *Service) prepare(ctx context.Context, q postgres.Querier, n NewOrder, at time.Time) (*Order, branch.Branch, error) {
	c := caller.From(ctx)
	b, err := branch.Get(ctx, q, c, n.BranchID)
	if err != nil {
		return nil, b, err
	}
	if err := b.CheckCurrency(n.Currency); err != nil {
		return nil, b, err
	}
	o := &Order{
		BranchID: b.ID, Channel: n.Channel, Covers: n.Covers, Currency: b.Currency, ID: n.ID, OpenedAt: at, OpenedBy: c.ActorID(),
		OrderType: n.OrderType, OrgID: b.OrgID, Status: StatusOpen, UpdatedAt: s.clock(),
	}
	if o.ID == "" {
		o.ID = ids.New("ord")
	}
	if o.Channel == "" {
		o.Channel = "POS"
	}
	if o.OrderType == "" {
		o.OrderType = "DINE_IN"
	}
	lines, err := s.price(ctx, q, b.OrgID, n.Lines)
	if err != nil {
		return nil, b, err
	}
	return o, b, o.AddLines(lines)
}

// price looks the dishes up and takes over their names, and prices and taxes where the caller has none.
func (s *Service) price(ctx context.Context, q postgres.Querier, orgID string, lines []NewLine) ([]Line, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	dishes, err := menu.Load(ctx, q, orgID, menuIDs(lines))
	if err != nil {
		return nil, err
	}
	choices, err := loadChoices(ctx, q, orgID, dishes, lines)
	if err != nil {
		return nil, err
	}
	priced := make([]Line, len(lines))
	for i, n := range lines {
		dish, ok := dishes[n.MenuItemID]
		field := fmt.Sprintf("lines[%d].menu_item_id", i)
		if !ok {
			return nil, fault.Invalid(field, "must be a dish of the menu, not "+n.MenuItemID)
		}
		modifiers, err := choices.choose(fmt.Sprintf("lines[%d].modifiers", i), dish, n)
		if err != nil {
			return nil, err
		}
		l := Line{
			MenuItemID: dish.ID, Modifiers: modifiers, Name: dish.Name, Quantity: n.Quantity, TaxRateBP: dish.TaxRateBP, UnitPrice: dish.Price,
		}
		if n.sold() {
			l.UnitPrice = *n.UnitPrice
		} else if !dish.Active {
			return nil, fault.Invalid(field, "must be on the menu; "+n.MenuItemID+" was taken off it")
		}
		if n.TaxRateBP != nil {
			l.TaxRateBP = *n.TaxRateBP
		}
		priced[i] = l
	}
	return priced, nil
}

func menuIDs(lines []NewLine) []string {
	var found []string
	for _, l := range lines {
		if !slices.Contains(found, l.MenuItemID) {
			found = append(found, l.MenuItemID)
		}
	}
	return found
}

// change locks an order that the caller may touch, lets apply change it, and saves the difference.
func (s *Service) change(ctx context.Context, tx postgres.Querier, id string, apply func(*Order, branch.Branch) error) (*Order, error) {
	c := caller.From(ctx)
	before, err := s.store.get(ctx, tx, c.OrgID, id, true)
	if err != nil {
		return nil, err
	}
	if !c.MayBranch(before.BranchID) {
		return nil, fault.NotFound("order", id)
	}
	b, err := branch.Get(ctx, tx, c, before.BranchID)
	if err != nil {
		return nil, err
	}
	after := before.clone()
	after.UpdatedAt = s.clock()
	if err := apply(after, b); err != nil {
		return nil, err
	}
	return after, s.store.save(ctx, tx, before, after)
}

// AddItems adds dishes at the menu's prices.
func (s *Service) AddItems(ctx context.Context, tx postgres.Querier, id string, lines []NewLine) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order, b branch.Branch) error {
		priced, err := s.price(ctx, tx, b.OrgID, lines)
		if err != nil {
			return err
		}
		return o.AddLines(priced)
	})
}

// VoidLine strikes a line.
func (s *Service) VoidLine(ctx context.Context, tx postgres.Querier, id string, no int32, reason string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order, _ branch.Branch) error {
		return o.VoidLine(no, reason, s.clock())
	})
}

// Send sends what wasn't sent yet to the kitchen.
func (s *Service) Send(ctx context.Context, tx postgres.Querier, id string) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order, b branch.Branch) error {
		return o.Send(s.clock(), b.ServiceTarget)
	})
}

// MarkReady stops the time of a ticket, or of all if no is 0. On a closed order it counts in the day's service level.
func (s *Service) MarkReady(ctx context.Context, tx postgres.Querier, id string, no int32) (*Order, error) {
	var delta daysales.Figures
	o, err := s.change(ctx, tx, id, func(o *Order, _ branch.Branch) error {
		stopped, err := o.MarkReady(no, s.clock())
		if o.Status == StatusClosed {
			for _, t := range stopped {
				delta.Tickets += t.ready()
				delta.TicketsOnTime += t.onTime()
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return o, s.count(ctx, tx, o, o.BusinessDate, delta)
}

// Discount takes an amount off a line, or off the order if the grant names none.
func (s *Service) Discount(ctx context.Context, tx postgres.Querier, id string, amount int64, g Grant) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order, _ branch.Branch) error {
		return o.GrantDiscount(amount, s.signed(ctx, g))
	})
}

// Comp gives lines away, all if there are none.
func (s *Service) Comp(ctx context.Context, tx postgres.Querier, id string, lines []int32, g Grant) (*Order, error) {
	return s.change(ctx, tx, id, func(o *Order, _ branch.Branch) error {
		return o.CompLines(lines, s.signed(ctx, g))
	})
}

func (s *Service) signed(ctx context.Context, g Grant) Grant {
	g.At, g.By = s.clock(), caller.From(ctx).ActorID()
	return g
}

func (s *Service) count(ctx context.Context, tx postgres.Querier, o *Order, date civil.Date, f daysales.Figures) error {
	return daysales.Add(ctx, tx, daysales.Delta{Figures: f, BranchID: o.BranchID, Currency: o.Currency, Date: date, OrgID: o.OrgID})
}

// Get returns an order that the caller may see.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (*Order, error) {
	c := caller.From(ctx)
	o, err := s.store.get(ctx, q, c.OrgID, id, false)
	if err != nil {
		return nil, err
	}
	if !c.MayBranch(o.BranchID) {
		return nil, fault.NotFound("order", id)
	}
	return o, nil
}

// List returns a page of a branch's orders without their lines, last changed first.
func (s *Service) List(ctx context.Context, q postgres.Querier, branchID string, status Status, after cursor, size int32) ([]*Order, error) {
	c := caller.From(ctx)
	if _, err := branch.Get(ctx, q, c, branchID); err != nil {
		return nil, err
	}
	return s.store.list(ctx, q, c.OrgID, branchID, status, after, size)
}
