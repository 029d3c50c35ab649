package promotions

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// errBranchScope refuses callers of one branch: a promotion may hold in all.
var errBranchScope = fault.PermissionDenied("BRANCH_SCOPE", "promotions belong to the organisation; the caller is bound to one branch")

// Service changes promotions in the transaction that it is given, for the caller in the context.
type Service struct {
	clock clock.Clock
	store store
}

// NewService returns a service that dates what happens by now.
func NewService(now clock.Clock) *Service { return &Service{clock: now, store: newStore()} }

// Create writes a draft. An id that is taken is already_exists PROMOTION_ID_TAKEN.
func (s *Service) Create(ctx context.Context, tx postgres.Querier, id string, terms pricing.Terms) (Promotion, []Warning, error) {
	c := caller.From(ctx)
	if err := s.check(ctx, tx, c, &terms); err != nil {
		return Promotion{}, nil, err
	}
	if id == "" {
		id = ids.New("promo")
	}
	now := s.clock()
	p := Promotion{Author: c.ActorID(), CreatedAt: now, ID: id, Revision: 1, Status: StatusDraft, Terms: terms, UpdatedAt: now}
	inserted, err := s.store.insert(ctx, tx, c.OrgID, &p)
	if err != nil {
		return Promotion{}, nil, err
	}
	if !inserted {
		return Promotion{}, nil, fault.AlreadyExists("PROMOTION_ID_TAKEN", "promotion "+id+" exists already")
	}
	if err := s.record(ctx, tx, &p, ActionCreated, ""); err != nil {
		return Promotion{}, nil, err
	}
	warnings, err := s.warnings(ctx, tx, c.OrgID, &p)
	return p, warnings, err
}

// Update puts new terms in the place of the old. revision is the one that was read, 0 for any.
func (s *Service) Update(ctx context.Context, tx postgres.Querier, id string, revision int64, terms pricing.Terms) (Promotion, []Warning, error) {
	c := caller.From(ctx)
	if err := s.check(ctx, tx, c, &terms); err != nil {
		return Promotion{}, nil, err
	}
	p, err := s.change(ctx, tx, id, revision, func(p *Promotion) error {
		if err := p.rewrite(terms, c.ActorID()); err != nil {
			return err
		}
		return s.store.update(ctx, tx, c.OrgID, p)
	}, ActionUpdated, "")
	if err != nil {
		return Promotion{}, nil, err
	}
	warnings, err := s.warnings(ctx, tx, c.OrgID, &p)
	return p, warnings, err
}

// Approve lets a draft be activated.
func (s *Service) Approve(ctx context.Context, tx postgres.Querier, id string, revision int64, note string) (Promotion, error) {
	c := caller.From(ctx)
	return s.move(ctx, tx, id, revision, func(p *Promotion) error {
		author, err := auth.PersonBehind(ctx, tx, c.OrgID, p.Author)
		if err != nil {
			return err
		}
		return p.approve(c.ActorID(), author)
	}, ActionApproved, note)
}

// Activate puts a promotion to work.
func (s *Service) Activate(ctx context.Context, tx postgres.Querier, id, note string) (Promotion, []Warning, error) {
	p, err := s.move(ctx, tx, id, 0, func(p *Promotion) error { return p.activate(s.clock()) }, ActionActivated, note)
	if err != nil {
		return Promotion{}, nil, err
	}
	warnings, err := s.warnings(ctx, tx, caller.From(ctx).OrgID, &p)
	return p, warnings, err
}

// Pause takes a promotion out of work.
func (s *Service) Pause(ctx context.Context, tx postgres.Querier, id, note string) (Promotion, error) {
	return s.move(ctx, tx, id, 0, (*Promotion).pause, ActionPaused, note)
}

// Archive ends a promotion for good.
func (s *Service) Archive(ctx context.Context, tx postgres.Querier, id, note string) (Promotion, error) {
	return s.move(ctx, tx, id, 0, (*Promotion).archive, ActionArchived, note)
}

// move changes where a promotion stands and nothing of its terms.
func (s *Service) move(
	ctx context.Context, tx postgres.Querier, id string, revision int64, to func(*Promotion) error, action Action, note string,
) (Promotion, error) {
	return s.change(ctx, tx, id, revision, func(p *Promotion) error {
		if err := to(p); err != nil {
			return err
		}
		return s.store.setStatus(ctx, tx, caller.From(ctx).OrgID, p)
	}, action, note)
}

// change locks a promotion, lets apply change and save it, and records what was done.
func (s *Service) change(
	ctx context.Context, tx postgres.Querier, id string, revision int64, apply func(*Promotion) error, action Action, note string,
) (Promotion, error) {
	c := caller.From(ctx)
	if c.BranchID != "" {
		return Promotion{}, errBranchScope
	}
	p, err := s.store.lock(ctx, tx, c.OrgID, id)
	if err != nil {
		return Promotion{}, err
	}
	if revision != 0 && revision != p.Revision {
		return Promotion{}, fault.Aborted("REVISION_CHANGED", fmt.Sprintf("promotion %s was changed since: it is at revision %d, not %d", id, p.Revision, revision))
	}
	p.Revision++
	p.UpdatedAt = s.clock()
	if err := apply(&p); err != nil {
		return Promotion{}, err
	}
	if err := s.record(ctx, tx, &p, action, note); err != nil {
		return Promotion{}, err
	}
	return s.store.get(ctx, tx, c.OrgID, id)
}

// record adds to the history and makes every node look at the promotions anew.
func (s *Service) record(ctx context.Context, tx postgres.Querier, p *Promotion, action Action, note string) error {
	c := caller.From(ctx)
	e := Event{Action: action, Actor: c.ActorID(), At: p.UpdatedAt, Note: note, Revision: p.Revision}
	if action == ActionCreated || action == ActionUpdated {
		e.Terms = &p.Terms
	}
	if err := s.store.insertEvent(ctx, tx, c.OrgID, p.ID, e); err != nil {
		return err
	}
	return s.store.bumpVersion(ctx, tx, c.OrgID)
}

// check refuses terms that contradict themselves, name what doesn't exist, or do without approval where the caller may not.
func (s *Service) check(ctx context.Context, q postgres.Querier, c caller.Caller, terms *pricing.Terms) error {
	if c.BranchID != "" {
		return errBranchScope
	}
	if !terms.ApprovalRequired && c.Role != caller.RoleOwner {
		return fault.PermissionDenied("APPROVAL_NEEDED", "only an OWNER may write a promotion without approval_required")
	}
	if err := terms.Check(); err != nil {
		return err
	}
	branches, err := branch.List(ctx, q, c)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(branches))
	for _, b := range branches {
		known[b.ID] = true
	}
	for i, id := range terms.Scope.BranchIDs {
		if !known[id] {
			return fault.Invalid(fmt.Sprintf("terms.scope.branch_ids[%d]", i), "must be a branch of the organisation, not "+id)
		}
	}
	dishes, err := menu.Load(ctx, q, c.OrgID, terms.Scope.MenuItemIDs)
	if err != nil {
		return err
	}
	for i, id := range terms.Scope.MenuItemIDs {
		if _, ok := dishes[id]; !ok {
			return fault.Invalid(fmt.Sprintf("terms.scope.menu_item_ids[%d]", i), "must be a dish of the menu, not "+id)
		}
	}
	return nil
}

// warnings names what may not be meant.
func (s *Service) warnings(ctx context.Context, q postgres.Querier, orgID string, p *Promotion) ([]Warning, error) {
	unknown, err := s.store.unknownCategories(ctx, q, orgID, p.Terms.Scope.Categories)
	if err != nil {
		return nil, err
	}
	var warnings []Warning
	for _, category := range unknown {
		warnings = append(warnings, Warning{Reason: "UNKNOWN_CATEGORY", Message: "no dish has the category " + category})
	}
	if !p.Terms.Exclusive {
		return warnings, nil
	}
	others, err := s.store.listExclusive(ctx, q, orgID, p.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		if p.Terms.Overlaps(&o.Terms) {
			warnings = append(warnings, Warning{
				Reason: "EXCLUSIVE_OVERLAP", PromotionID: o.ID,
				Message: fmt.Sprintf("both this and %q are exclusive and may hold for the same order; only one of them can apply", o.Terms.Name),
			})
		}
	}
	return warnings, nil
}

// Get returns a promotion with its history and what was redeemed by code.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (Promotion, []Event, map[string]int64, error) {
	orgID := caller.From(ctx).OrgID
	p, err := s.store.get(ctx, q, orgID, id)
	if err != nil {
		return Promotion{}, nil, nil, err
	}
	if c := caller.From(ctx); c.BranchID != "" && !p.Terms.InBranch(c.BranchID) {
		return Promotion{}, nil, nil, fault.NotFound("promotion", id)
	}
	events, err := s.store.listEvents(ctx, q, orgID, id)
	if err != nil {
		return Promotion{}, nil, nil, err
	}
	coupons, err := s.store.couponCounts(ctx, q, orgID, id)
	return p, events, coupons, err
}

// Filter says which promotions to list; empty fields match all.
type Filter struct {
	BranchID     string
	CouponCode   string
	HoldsAt      time.Time
	NameContains string
	Statuses     []Status
}

// List returns up to size promotions after a cursor, in the order in which they are applied. Who is bound to a branch sees those that
// may hold there.
func (s *Service) List(ctx context.Context, q postgres.Querier, f Filter, after cursor, size int32) ([]Promotion, error) {
	c := caller.From(ctx)
	if f.BranchID = cmp.Or(f.BranchID, c.BranchID); f.BranchID != "" {
		if _, err := branch.Get(ctx, q, c, f.BranchID); err != nil {
			return nil, err
		}
	}
	return s.store.list(ctx, q, c.OrgID, f, after, size)
}

// Results returns what promotions gave away in a range of business dates, the largest first, and the currency.
func (s *Service) Results(ctx context.Context, q postgres.Querier, f resultFilter) ([]Result, string, error) {
	c := caller.From(ctx)
	currency, err := s.store.currency(ctx, q, c.OrgID)
	if err != nil {
		return nil, "", err
	}
	results, err := s.store.listResults(ctx, q, c.OrgID, f)
	return results, currency, err
}
