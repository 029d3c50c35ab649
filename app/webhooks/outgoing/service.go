package outgoing

import (
	"context"
	"fmt"
	"slices"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// maxReleased is how many held deliveries are let go at a time.
const maxReleased = 1000

// problemDeleted is why what waited for a deleted endpoint failed.
const problemDeleted = "the endpoint was deleted"

// Service changes endpoints in the transaction that it is given, for the caller in the context.
type Service struct {
	allowLoopback bool
	clock         clock.Clock
	emitter       *Emitter
	store         store
}

// NewService returns a service that dates what happens by now.
func NewService(settings config.Outgoing, emitter *Emitter, now clock.Clock) *Service {
	return &Service{allowLoopback: settings.AllowLoopback, clock: now, emitter: emitter, store: newStore()}
}

// Create adds an endpoint with a new secret. Too many are failed_precondition ENDPOINT_LIMIT.
func (s *Service) Create(ctx context.Context, tx postgres.Querier, wanted Subscription) (*Endpoint, error) {
	c := caller.From(ctx)
	if err := s.check(ctx, tx, wanted); err != nil {
		return nil, err
	}
	if err := s.store.lockOrganisation(ctx, tx, c.OrgID); err != nil {
		return nil, err
	}
	present, err := s.store.list(ctx, tx, c.OrgID)
	if err != nil {
		return nil, err
	}
	if len(present) >= maxEndpoints {
		return nil, fault.FailedPrecondition("ENDPOINT_LIMIT", fmt.Sprintf("an organisation has at most %d endpoints", maxEndpoints))
	}
	now := s.clock()
	e := &Endpoint{
		CreatedAt: now, CreatedBy: c.ActorID(), ID: ids.New("ep"), OrgID: c.OrgID, Secret: newSecret(), State: StateEnabled, StateSince: now,
		Subscription: wanted, UpdatedAt: now,
	}
	if err := s.store.insert(ctx, tx, e); err != nil {
		return nil, err
	}
	return e, s.store.updateOrganisation(ctx, tx, c.OrgID)
}

// check refuses a subscription that breaks a rule.
func (s *Service) check(ctx context.Context, q postgres.Querier, wanted Subscription) error {
	if err := wanted.check(s.allowLoopback); err != nil || len(wanted.BranchIDs) == 0 {
		return err
	}
	branches, err := branch.List(ctx, q, caller.From(ctx))
	if err != nil {
		return err
	}
	for i, id := range wanted.BranchIDs {
		if !slices.ContainsFunc(branches, func(b branch.Branch) bool { return b.ID == id }) {
			return fault.Invalid(fmt.Sprintf("branch_ids[%d]", i), "must be a branch, not "+id)
		}
	}
	return nil
}

// change locks an endpoint, lets apply change it, saves it and writes down what the organisation's endpoints want in all.
func (s *Service) change(ctx context.Context, tx postgres.Querier, orgID, id string, apply func(*Endpoint) error) (*Endpoint, error) {
	if err := s.store.lockOrganisation(ctx, tx, orgID); err != nil {
		return nil, err
	}
	e, err := s.store.get(ctx, tx, orgID, id, true)
	if err != nil {
		return nil, err
	}
	if err := apply(e); err != nil {
		return nil, err
	}
	if err := s.store.update(ctx, tx, e); err != nil {
		return nil, err
	}
	return e, s.store.updateOrganisation(ctx, tx, orgID)
}

// Update replaces what an endpoint gets and where.
func (s *Service) Update(ctx context.Context, tx postgres.Querier, id string, wanted Subscription) (*Endpoint, error) {
	if err := s.check(ctx, tx, wanted); err != nil {
		return nil, err
	}
	return s.change(ctx, tx, caller.From(ctx).OrgID, id, func(e *Endpoint) error {
		e.Subscription, e.UpdatedAt = wanted, s.clock()
		return nil
	})
}

// Delete removes an endpoint; what waits for it fails.
func (s *Service) Delete(ctx context.Context, tx postgres.Querier, id string) error {
	e, err := s.change(ctx, tx, caller.From(ctx).OrgID, id, func(e *Endpoint) error {
		e.Delete(s.clock())
		return nil
	})
	if err != nil {
		return err
	}
	return s.store.fail(ctx, tx, e, problemDeleted)
}

// Rotate gives an endpoint a new secret.
func (s *Service) Rotate(ctx context.Context, tx postgres.Querier, id string, dropOld bool) (*Endpoint, error) {
	return s.change(ctx, tx, caller.From(ctx).OrgID, id, func(e *Endpoint) error { return e.Rotate(newSecret(), dropOld, s.clock()) })
}

// Enable lets events go to an endpoint, and with replayHeld some of what was held back. It returns how many of those.
func (s *Service) Enable(ctx context.Context, tx postgres.Querier, id string, replayHeld bool) (*Endpoint, int, error) {
	e, err := s.change(ctx, tx, caller.From(ctx).OrgID, id, func(e *Endpoint) error {
		e.Enable(s.clock())
		return nil
	})
	if err != nil || !replayHeld {
		return e, 0, err
	}
	released, err := s.store.release(ctx, tx, e, maxReleased, s.clock())
	if err != nil {
		return nil, 0, err
	}
	return e, len(released), s.emitter.enqueue(ctx, tx, released)
}

// Disable sends nothing to an endpoint until it is enabled and holds back what waits.
func (s *Service) Disable(ctx context.Context, tx postgres.Querier, id, reason string) (*Endpoint, error) {
	if reason == "" {
		reason = "disabled by a user"
	}
	return s.disable(ctx, tx, caller.From(ctx).OrgID, id, reason)
}

func (s *Service) disable(ctx context.Context, tx postgres.Querier, orgID, id, reason string) (*Endpoint, error) {
	e, err := s.change(ctx, tx, orgID, id, func(e *Endpoint) error {
		e.Disable(reason, s.clock())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e, s.store.hold(ctx, tx, e)
}

// disableFailing disables an endpoint to which nothing can be delivered and tells the organisation's other endpoints. It returns false
// if the endpoint was disabled or deleted meanwhile.
func (s *Service) disableFailing(ctx context.Context, tx postgres.Querier, orgID, id, reason string) (bool, error) {
	if err := s.store.lockOrganisation(ctx, tx, orgID); err != nil {
		return false, err
	}
	was, err := s.store.get(ctx, tx, orgID, id, true)
	if isNotFound(err) || (err == nil && was.State == StateDisabled) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	e, err := s.disable(ctx, tx, orgID, id, reason)
	if err != nil {
		return false, err
	}
	return true, s.emitter.Emit(ctx, tx, orgID, Event{At: e.StateSince, Type: TypeEndpointDisabled, Data: EndpointDisabled{
		EndpointID: e.ID, URL: e.URL, Reason: reason, DisabledAt: e.StateSince, FailingSince: nullTime(e.FailingSince),
	}})
}

// Get returns an endpoint.
func (s *Service) Get(ctx context.Context, q postgres.Querier, id string) (*Endpoint, error) {
	return s.store.get(ctx, q, caller.From(ctx).OrgID, id, false)
}

// List returns all endpoints, oldest first.
func (s *Service) List(ctx context.Context, q postgres.Querier) ([]*Endpoint, error) {
	return s.store.list(ctx, q, caller.From(ctx).OrgID)
}
