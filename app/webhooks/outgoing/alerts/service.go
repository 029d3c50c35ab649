package alerts

import (
	"context"
	"fmt"
	"slices"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Service changes thresholds in the transaction that it is given, for the caller in the context.
type Service struct {
	clock clock.Clock
	store store
}

// NewService returns a service that dates what happens by now.
func NewService(now clock.Clock) *Service { return &Service{clock: now, store: newStore()} }

// Set adds a threshold or replaces the one with its id. Too many are failed_precondition THRESHOLD_LIMIT.
func (s *Service) Set(ctx context.Context, tx postgres.Querier, t Threshold) (Threshold, error) {
	c := caller.From(ctx)
	if t.BranchID != "" {
		if _, err := branch.Get(ctx, tx, c, t.BranchID); err != nil {
			return Threshold{}, err
		}
	}
	if err := s.store.lockOrganisation(ctx, tx, c.OrgID); err != nil {
		return Threshold{}, err
	}
	present, err := s.store.list(ctx, tx, c.OrgID, false)
	if err != nil {
		return Threshold{}, err
	}
	replaces := slices.ContainsFunc(present, func(p Threshold) bool { return p.ID == t.ID })
	if !replaces && len(present) >= maxThresholds {
		return Threshold{}, fault.FailedPrecondition("THRESHOLD_LIMIT", fmt.Sprintf("an organisation has at most %d thresholds", maxThresholds))
	}
	if t.ID == "" {
		t.ID = ids.New("kpi")
	}
	t.OrgID, t.UpdatedAt, t.UpdatedBy = c.OrgID, s.clock(), c.ActorID()
	return s.store.upsert(ctx, tx, t)
}

// List returns all thresholds, oldest first.
func (s *Service) List(ctx context.Context, q postgres.Querier) ([]Threshold, error) {
	return s.store.list(ctx, q, caller.From(ctx).OrgID, false)
}

// Delete removes a threshold.
func (s *Service) Delete(ctx context.Context, tx postgres.Querier, id string) error {
	removed, err := s.store.remove(ctx, tx, caller.From(ctx).OrgID, id)
	if err != nil {
		return err
	}
	if !removed {
		return fault.NotFound("threshold", id)
	}
	return nil
}
