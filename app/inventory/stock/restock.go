package stock

import (
	"context"
	"slices"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Restock puts what a refunded order consumed back: into the batches that it came from, and off the shortfalls that are still
// open. A shortfall that was settled since comes back as a batch that was received at the given instant, at the cost that
// the sale was charged. An order that consumed nothing, or was put back before, changes nothing.
func Restock(ctx context.Context, tx postgres.Querier, orgID, orderID string, businessDate civil.Date, at time.Time) error {
	return restore(ctx, tx, orgID, orderID, kindRestock, posting{At: at, BusinessDate: businessDate, SourceID: orderID})
}

// Void puts what a voided order consumed back, as [Restock] does. The goods were never sold: they count no more as used on the
// business date, on which the order was closed.
func Void(ctx context.Context, tx postgres.Querier, orgID, orderID string, businessDate civil.Date, at time.Time) error {
	return restore(ctx, tx, orgID, orderID, kindVoid, posting{At: at, BusinessDate: businessDate, SourceID: orderID})
}

func restore(ctx context.Context, tx postgres.Querier, orgID, orderID string, k kind, cause posting) error {
	branchID, sold, err := newStore(tx, orgID, "").movements(ctx, orderID)
	if err != nil {
		return err
	}
	wasPutBack := func(m movement) bool { return m.Kind == kindRestock || m.Kind == kindVoid }
	if len(sold) == 0 || slices.ContainsFunc(sold, wasPutBack) {
		return nil
	}
	needs := make([]Need, len(sold))
	var shortfallIDs []string
	for i, m := range sold {
		needs[i].ItemID = m.ItemID
		if m.ShortfallID != "" {
			shortfallIDs = append(shortfallIDs, m.ShortfallID)
		}
	}
	st := newStore(tx, orgID, branchID)
	if err := st.lock(ctx, items(needs)); err != nil {
		return err
	}
	var shortfalls map[string]shortfall
	if len(shortfallIDs) > 0 {
		if shortfalls, err = st.shortfalls(ctx, shortfallIDs); err != nil {
			return err
		}
	}
	movements, batches := putBack(sold, shortfalls, k, cause.At)
	if len(batches) > 0 {
		in := Incoming{At: cause.At, BusinessDate: cause.BusinessDate, Source: SourceRestock, SourceID: orderID}
		if err := st.insertBatches(ctx, in, batches); err != nil {
			return err
		}
	}
	return st.book(ctx, cause, movements)
}

// putBack reverses the movements of a sale, given its shortfalls as they are now.
func putBack(sold []movement, shortfalls map[string]shortfall, k kind, at time.Time) (movements []movement, batches []Batch) {
	for _, m := range sold {
		m.Kind, m.Quantity = k, m.Quantity.Neg()
		if m.ShortfallID == "" {
			movements = append(movements, m)
			continue
		}
		s := shortfalls[m.ShortfallID]
		if s.Open.IsPositive() {
			stillOwed := m
			stillOwed.Quantity = s.Open
			movements = append(movements, stillOwed)
		}
		if settled := s.Quantity.Sub(s.Open); settled.IsPositive() {
			b := Batch{ID: ids.New("bat"), ItemID: m.ItemID, Received: settled, ReceivedAt: at, Remaining: settled, UnitCost: m.UnitCost}
			batches = append(batches, b)
			m.BatchID, m.ShortfallID, m.Quantity = b.ID, "", settled
			movements = append(movements, m)
		}
	}
	return movements, batches
}
