package orders

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Void cancels an order. restock puts what a closed one used up back into its batches.
func (s *Service) Void(ctx context.Context, tx postgres.Querier, id, reason string, restock bool) (*Order, error) {
	var was Order
	var at branch.Branch
	o, err := s.change(ctx, tx, id, func(o *Order, b branch.Branch) error {
		was, at = *o, b
		now := s.clock()
		restocked := restock && o.Status == StatusClosed
		if err := o.Void(now, b.BusinessDate(now), reason, caller.From(ctx).ActorID(), restocked); err != nil {
			return err
		}
		if was.PromotionDiscount > 0 {
			if err := s.pricer.Release(ctx, tx, o.OrgID, o.ID, now); err != nil {
				return err
			}
		}
		if restocked {
			return stock.Void(ctx, tx, o.OrgID, o.ID, o.BusinessDate, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.count(ctx, tx, o, o.BusinessDate, voidDelta(&was, o)); err != nil {
		return nil, err
	}
	return o, s.announce(ctx, tx, at, voidedEvent(o))
}

// voidDelta is what a void changes of its business date.
func voidDelta(was, is *Order) daysales.Figures {
	delta := daysales.Figures{Voids: 1, VoidsValue: is.Gross}
	if was.Status != StatusClosed {
		return delta
	}
	taken := was.figures()
	taken.COGS -= is.COGS // stays in the day unless it was restocked
	return delta.Minus(taken)
}

// Refund pays back part of a closed order; it counts today.
func (s *Service) Refund(ctx context.Context, tx postgres.Querier, id string, amount int64, restock bool, g Grant) (*Order, error) {
	var a Adjustment
	var at branch.Branch
	o, err := s.change(ctx, tx, id, func(o *Order, b branch.Branch) (err error) {
		at = b
		now := s.clock()
		if a, err = o.Refund(amount, b.BusinessDate(now), restock, s.signed(ctx, g)); err != nil || !restock {
			return err
		}
		return stock.Restock(ctx, tx, o.OrgID, o.ID, a.BusinessDate, now)
	})
	if err != nil {
		return nil, err
	}
	if err := s.count(ctx, tx, o, a.BusinessDate, refundDelta(a)); err != nil {
		return nil, err
	}
	return o, s.announce(ctx, tx, at, refundedEvent(o, a))
}

func refundDelta(a Adjustment) daysales.Figures {
	return daysales.Figures{Refunds: a.Amount, Tax: -a.Tax, COGS: -a.RestockedCOGS}
}
