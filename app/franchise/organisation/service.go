package organisation

import (
	"cmp"
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// defaultServiceTarget is how soon a ticket must be ready in a branch that says nothing else.
const defaultServiceTarget = 900 * time.Second

// Service changes settings and branches in the transaction that it is given, for the caller in the context.
type Service struct {
	clock clock.Clock
}

// NewService returns a service that dates new branches by now.
func NewService(now clock.Clock) *Service { return &Service{clock: now} }

// BranchSettings describe a branch to create or to change.
type BranchSettings struct {
	// ID is minted if empty.
	ID   string
	Name string
	// OpenedOn is the first day of business; if zero, a new branch opens today and an old one keeps its date.
	OpenedOn civil.Date
	// ServiceTarget is 15 minutes if 0.
	ServiceTarget time.Duration
	// TimeZone is an IANA name.
	TimeZone string
}

// UpsertBranch creates a branch or replaces its settings. Orders that are closed keep their business dates.
func (s *Service) UpsertBranch(ctx context.Context, tx postgres.Querier, settings BranchSettings) (branch.Branch, error) {
	b := branch.Branch{
		ID:            cmp.Or(settings.ID, ids.New("br")),
		Name:          settings.Name,
		OpenedOn:      settings.OpenedOn,
		OrgID:         caller.From(ctx).OrgID,
		ServiceTarget: cmp.Or(settings.ServiceTarget, defaultServiceTarget),
		TimeZone:      settings.TimeZone,
	}
	if !ids.Valid(b.ID) {
		return branch.Branch{}, fault.Invalid("branch.id", "must be 1 to 64 letters, digits, _ or -")
	}
	location, err := branch.Zone(b.TimeZone)
	if err != nil {
		return branch.Branch{}, fault.Invalid("branch.time_zone", "must be an IANA time zone such as Africa/Kampala")
	}
	b.Location = location
	organisation, err := Load(ctx, tx, b.OrgID)
	if err != nil {
		return branch.Branch{}, err
	}
	b.CutoffMinutes, b.Currency = organisation.CutoffMinutes, organisation.Currency
	now := s.clock()
	b.OpenedOn, err = upsertBranch(ctx, tx, b, b.BusinessDate(now), now)
	return b, err
}

// UpdateSettings replaces the settings that are given and returns all. A new cut-off counts for orders that close from now
// on.
func (s *Service) UpdateSettings(ctx context.Context, tx postgres.Querier, change Change) (Settings, error) {
	if change.Weights != nil {
		if err := change.Weights.Check("ranking_weights"); err != nil {
			return Settings{}, err
		}
	}
	return updateSettings(ctx, tx, caller.From(ctx).OrgID, change)
}
