package kpi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/budgets"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

const (
	// SnapshotTTL is how long figures are kept that nothing changed.
	SnapshotTTL = time.Minute
	// StandingTTL is how old stock at risk, and what was sold before today, may be: reading them costs more than the rest.
	StandingTTL = 5 * time.Second
)

// Service loads live figures.
type Service struct {
	budgets   *budgets.Service
	cache     *cache.Cache
	clock     clock.Clock
	db        postgres.Querier
	directory organisation.Directory
	store     store
}

// NewService returns a service that reads db and keeps what it read in reports.
func NewService(db *postgres.DB, directory organisation.Directory, reports *cache.Cache, now clock.Clock) *Service {
	return &Service{budgets: budgets.NewService(db, now), cache: reports, clock: now, db: db, directory: directory}
}

// Reading is an organisation's live figures with what tells how current they are.
type Reading struct {
	*kpiv1.Kpis
	// Stamp is what the figures were read under; empty without Valkey.
	Stamp string
	// StandingAsOf is when the part of them was read that may be seconds old.
	StandingAsOf time.Time
	// Until is when time alone changes the figures: at the first change of a business date.
	Until time.Time
}

// Read returns the live figures of all branches, as of some instant after the call began. The message is shared: nobody may change it.
func (s *Service) Read(ctx context.Context, orgID string) (Reading, error) {
	view := s.cache.Begin(ctx, orgID, cache.KPIs)
	o, err := cache.Snapshot(ctx, view, func(ctx context.Context) (*organisation.Organisation, error) {
		return s.directory.Organisation(ctx, orgID)
	})
	if err != nil {
		return Reading{}, err
	}
	now := s.clock()
	calendar := o.Calendar(now).String()
	standing, err := s.standing(ctx, o, calendar)
	if err != nil {
		return Reading{}, err
	}
	kpis, _, err := cache.Read(ctx, view, calendar+" "+standing.GetAsOf().AsTime().String(), func(ctx context.Context) (*kpiv1.Kpis, error) {
		return s.load(ctx, o, standing)
	})
	return Reading{Kpis: kpis, Stamp: view.Stamp(), StandingAsOf: standing.GetAsOf().AsTime(), Until: nextDate(o, now)}, err
}

// Current reports whether figures that were read under a stamp are still what Read would return, but for what may be seconds old.
func (s *Service) Current(ctx context.Context, orgID, stamp string) bool {
	return stamp != "" && s.cache.Begin(ctx, orgID, cache.KPIs).Stamp() == stamp
}

func (s *Service) load(ctx context.Context, o *organisation.Organisation, standing *kpiv1.Standing) (*kpiv1.Kpis, error) {
	asOf := s.clock() // before reading: what is committed meanwhile may be missing
	spans := make([]figures.Span, len(o.Branches))
	for i, b := range o.Branches {
		today := b.BusinessDate(asOf)
		spans[i] = figures.Span{BranchID: b.ID, Dates: ranges.Dates{From: today, To: today}}
	}
	sums, err := figures.Load(ctx, s.db, o, spans)
	if err != nil {
		return nil, err
	}
	open, err := s.store.openOrders(ctx, s.db, o.ID)
	if err != nil {
		return nil, err
	}
	known := make(map[string]*kpiv1.BranchStanding, len(standing.GetBranches()))
	for _, b := range standing.GetBranches() {
		known[b.GetBranchId()] = b
	}
	states := make([]state, len(o.Branches))
	for i, b := range o.Branches {
		states[i] = state{Figures: sums[i].Figures, openOrders: open[b.ID]}.stand(known[b.ID])
	}
	return toProto(o.Branches, states, o.Currency, asOf), nil
}

// standing returns what may be seconds old.
func (s *Service) standing(ctx context.Context, o *organisation.Organisation, calendar string) (*kpiv1.Standing, error) {
	view := s.cache.Begin(ctx, o.ID, cache.Standing)
	standing, _, err := cache.Read(ctx, view, calendar, func(ctx context.Context) (*kpiv1.Standing, error) {
		asOf := s.clock()
		atRisk, err := s.store.stockAtRisk(ctx, s.db, o, asOf)
		if err != nil {
			return nil, err
		}
		paces, err := s.budgets.Paces(ctx, o, asOf)
		if err != nil {
			return nil, err
		}
		standing := &kpiv1.Standing{AsOf: timestamppb.New(asOf), Branches: make([]*kpiv1.BranchStanding, len(o.Branches))}
		for i, b := range o.Branches {
			standing.Branches[i] = &kpiv1.BranchStanding{
				BranchId: b.ID, HasTarget: paces[i].HasTarget, RevenueBeforeToday: paces[i].RevenueBeforeToday, StockAtRisk: atRisk[b.ID],
				TargetToDate: paces[i].TargetToDate,
			}
		}
		return standing, nil
	})
	return standing, err
}

// nextDate returns when the first branch's business date ends.
func nextDate(o *organisation.Organisation, now time.Time) time.Time {
	until := now.Add(24 * time.Hour)
	for _, b := range o.Branches {
		if _, end := civil.Span(b.BusinessDate(now), b.Location, b.CutoffMinutes); end.Before(until) {
			until = end
		}
	}
	return until
}
