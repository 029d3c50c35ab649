package orders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// clockSkew is how far a terminal's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// FinishedOrder is an order that a terminal took while it was offline.
type FinishedOrder struct {
	NewOrder
	Adjustments []FinishedAdjustment
	ClosedAt    time.Time // zero if it was voided before
	// ContentHash tells a resend from another order with the same id.
	ContentHash []byte
	OpenedAt    time.Time // ClosedAt or VoidedAt if zero
	Tickets     []Ticket
	VoidReason  string
	VoidedAt    time.Time
}

// FinishedAdjustment is a discount, comp or refund that the terminal granted; on a comp, 0 means all that remains.
type FinishedAdjustment struct {
	Amount int64
	At     time.Time // ClosedAt if zero
	Kind   AdjustmentKind
	LineNo int32
	Reason string
}

// errUnchanged says that an ingested order is there already.
var errUnchanged = errors.New("order is there already")

// Ingest takes one finished order with its own instants. errUnchanged means that it is there with the same content;
// another content is already_exists ORDER_ID_TAKEN.
func (s *Service) Ingest(ctx context.Context, tx postgres.Querier, f FinishedOrder) error {
	hash, exists, err := s.store.hash(ctx, tx, caller.From(ctx).OrgID, f.ID)
	switch {
	case err != nil:
		return err
	case exists && bytes.Equal(hash, f.ContentHash):
		return errUnchanged
	case exists:
		return taken(f.ID)
	}
	if err := f.check(s.clock()); err != nil {
		return err
	}
	o, b, err := s.prepare(ctx, tx, f.NewOrder, f.opened())
	if err != nil {
		return err
	}
	o.ContentHash = f.ContentHash
	days, err := s.replay(ctx, tx, o, b, f)
	if err != nil {
		return err
	}
	// A resend that runs at the same time waits here for the first to end; then its work is rolled back.
	inserted, err := s.store.insert(ctx, tx, o)
	if err != nil {
		return err
	}
	if !inserted {
		return s.again(ctx, tx, f)
	}
	if err := s.countDays(ctx, tx, o, days); err != nil {
		return err
	}
	return s.announce(ctx, tx, b, ingestedEvents(o)...)
}

// again answers for an order whose id was taken while it was worked on.
func (s *Service) again(ctx context.Context, tx postgres.Querier, f FinishedOrder) error {
	hash, _, err := s.store.hash(ctx, tx, caller.From(ctx).OrgID, f.ID)
	if err != nil {
		return err
	}
	if bytes.Equal(hash, f.ContentHash) {
		return errUnchanged
	}
	return taken(f.ID)
}

// replay brings an order to the state in which the terminal left it and returns what it counts for on which days.
func (s *Service) replay(ctx context.Context, tx postgres.Querier, o *Order, b branch.Branch, f FinishedOrder) (map[civil.Date]daysales.Figures, error) {
	by := caller.From(ctx).ActorID()
	for i, t := range f.Tickets {
		t.No, t.Target = int32(i)+1, b.ServiceTarget
		o.Tickets = append(o.Tickets, t)
	}
	for i, a := range f.Adjustments {
		g := Grant{At: orElse(a.At, f.ended()), By: by, LineNo: a.LineNo, Reason: a.Reason}
		var err error
		switch a.Kind {
		case KindComp:
			err = o.GrantComp(a.Amount, g)
		case KindDiscount:
			err = o.GrantDiscount(a.Amount, g)
		case KindRefund: // after closing, below
		}
		if err != nil {
			return nil, within(fmt.Sprintf("adjustments[%d]", i), err)
		}
	}
	days := make(map[civil.Date]daysales.Figures, 2)
	count := func(date civil.Date, f daysales.Figures) { days[date] = days[date].Plus(f) }
	if !f.ClosedAt.IsZero() {
		if err := o.Close(f.ClosedAt, b.BusinessDate(f.ClosedAt)); err != nil {
			return nil, err
		}
		dishes, err := s.dishes(ctx, tx, o)
		if err != nil {
			return nil, err
		}
		if err := s.consume(ctx, tx, o, dishes); err != nil {
			return nil, err
		}
		count(o.BusinessDate, o.figures())
	}
	for i, a := range f.Adjustments {
		if a.Kind != KindRefund {
			continue
		}
		at := orElse(a.At, f.ClosedAt)
		refund, err := o.Refund(a.Amount, b.BusinessDate(at), false, Grant{At: at, By: by, Reason: a.Reason})
		if err != nil {
			return nil, within(fmt.Sprintf("adjustments[%d]", i), err)
		}
		count(refund.BusinessDate, refundDelta(refund))
	}
	if !f.VoidedAt.IsZero() {
		was := *o
		if err := o.Void(f.VoidedAt, b.BusinessDate(f.VoidedAt), f.VoidReason, by, false); err != nil {
			return nil, err
		}
		count(o.BusinessDate, voidDelta(&was, o))
	}
	return days, nil
}

// countDays adds to several branch days, in the order of their dates so that writers never wait for each other in a ring.
func (s *Service) countDays(ctx context.Context, tx postgres.Querier, o *Order, days map[civil.Date]daysales.Figures) error {
	for _, date := range slices.SortedFunc(maps.Keys(days), civil.Date.Compare) {
		if err := s.count(ctx, tx, o, date, days[date]); err != nil {
			return err
		}
	}
	return nil
}

// check refuses instants that can't be.
func (f *FinishedOrder) check(now time.Time) error {
	latest := now.Add(clockSkew)
	if f.ClosedAt.IsZero() && f.VoidedAt.IsZero() {
		return fault.Invalid("closed_at", "must be set, or voided_at: only finished orders are taken")
	}
	instants := []struct {
		field string
		at    time.Time
	}{{"opened_at", f.OpenedAt}, {"closed_at", f.ClosedAt}, {"voided_at", f.VoidedAt}}
	for i, a := range f.Adjustments {
		instants = append(instants, struct {
			field string
			at    time.Time
		}{fmt.Sprintf("adjustments[%d].at", i), a.At})
		if a.Kind == KindRefund && f.ClosedAt.IsZero() {
			return fault.Invalid(fmt.Sprintf("adjustments[%d].kind", i), "must not be a refund of an order that was not closed")
		}
		if a.Kind == KindRefund && !a.At.IsZero() && a.At.Before(f.ClosedAt) {
			return fault.Invalid(fmt.Sprintf("adjustments[%d].at", i), "must not be before closed_at")
		}
	}
	for _, i := range instants {
		if err := checkInstant(i.field, i.at, latest); err != nil {
			return err
		}
	}
	if !f.ClosedAt.IsZero() && !f.VoidedAt.IsZero() && f.VoidedAt.Before(f.ClosedAt) {
		return fault.Invalid("voided_at", "must not be before closed_at")
	}
	if f.opened().After(f.ended()) {
		return fault.Invalid("opened_at", "must not be after the order ended")
	}
	for i, t := range f.Tickets {
		if err := checkInstant(fmt.Sprintf("tickets[%d].sent_at", i), t.SentAt, latest); err != nil {
			return err
		}
		if err := checkInstant(fmt.Sprintf("tickets[%d].ready_at", i), t.ReadyAt, latest); err != nil {
			return err
		}
		if !t.ReadyAt.IsZero() && t.ReadyAt.Before(t.SentAt) {
			return fault.Invalid(fmt.Sprintf("tickets[%d].ready_at", i), "must not be before sent_at")
		}
	}
	return nil
}

// earliest is before any order that a report could show.
var earliest = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// checkInstant refuses an instant that is given and can't be.
func checkInstant(field string, at, latest time.Time) error {
	if at.After(latest) {
		return fault.Invalid(field, "must not be in the future")
	}
	if !at.IsZero() && at.Before(earliest) {
		return fault.Invalid(field, "must not be before "+earliest.Format(time.DateOnly))
	}
	return nil
}

func (f *FinishedOrder) ended() time.Time  { return orElse(f.ClosedAt, f.VoidedAt) }
func (f *FinishedOrder) opened() time.Time { return orElse(f.OpenedAt, f.ended()) }

func orElse(t, other time.Time) time.Time {
	if t.IsZero() {
		return other
	}
	return t
}

// within names the part of an order in which a rule was broken.
func within(part string, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Violations) == 0 {
		return err
	}
	return fault.Invalid(part+"."+f.Violations[0].Field, f.Violations[0].Rule)
}
