package stock_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
)

// TestTransfersConserveCost moves goods between two branches at random, among sales, counts, adjustments and waste. What left a
// branch is at the other, on its way or lost, to the last decimal of its cost.
func TestTransfersConserveCost(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		here := newFloor(t, db, 2)
		there := *here
		there.branch = factory.Branch(t, db, here.owner, factory.BranchOpts{})
		floors := []*floor{here, &there}
		j := journey{db: db, floors: floors, t: t}
		rt.Repeat(map[string]func(*rapid.T){
			"receive": j.receive, "sell": j.sell, "takeOut": j.takeOut, "find": j.find, "send": j.send, "arrive": j.arrive, "": j.check,
		})
		j.rebuild(rt)
	})
}

// journey is what happens to goods between branches.
type journey struct {
	db      *postgres.DB
	floors  []*floor
	items   []string // of the parcels, by place
	lost    decimal.Decimal
	parcels []stock.Parcel // on their way
	t       *testing.T
}

func (j *journey) floor(rt *rapid.T) *floor { return rapid.SampledFrom(j.floors).Draw(rt, "branch") }

func thousandths(rt *rapid.T) decimal.Decimal {
	return decimal.New(rapid.Int64Range(1, 9_000).Draw(rt, "quantity"), -3)
}

// run does it in a transaction and lets a refusal for want of stock pass; it reports whether it was done.
func (j *journey) run(rt *rapid.T, do func(ctx context.Context, tx postgres.Querier) error) bool {
	err := j.db.InTx(j.t.Context(), do)
	var refusal *fault.Error
	require.True(rt, err == nil || errors.As(err, &refusal) && refusal.Reason == "INSUFFICIENT_STOCK", "%v", err)
	return err == nil
}

func (j *journey) receive(rt *rapid.T) { j.bring(rt, stock.SourceReceipt) }

func (j *journey) find(rt *rapid.T) {
	j.bring(rt, rapid.SampledFrom([]stock.Source{stock.SourceAdjustment, stock.SourceCount, stock.SourceOpening}).Draw(rt, "source"))
}

func (j *journey) bring(rt *rapid.T, source stock.Source) {
	f := j.floor(rt)
	in := f.incoming(stock.IncomingLine{
		ItemID: rapid.SampledFrom(f.items).Draw(rt, "item"), Quantity: thousandths(rt),
		UnitCost: decimal.New(rapid.Int64Range(0, 9_000_000_000).Draw(rt, "unit cost"), -6),
	})
	in.Source = source
	require.True(rt, j.run(rt, func(ctx context.Context, tx postgres.Querier) error {
		_, _, err := stock.Receive(ctx, tx, in)
		return err
	}))
}

func (j *journey) sell(rt *rapid.T) {
	f := j.floor(rt)
	sale := f.sale(ids.New("ord"), stock.Need{ItemID: rapid.SampledFrom(f.items).Draw(rt, "item"), LineNo: 1, Quantity: thousandths(rt)})
	require.True(rt, j.run(rt, func(ctx context.Context, tx postgres.Querier) error {
		_, err := stock.Consume(ctx, tx, sale)
		return err
	}), "a sale is never blocked")
}

func (j *journey) takeOut(rt *rapid.T) {
	f := j.floor(rt)
	w := f.loss(rapid.SampledFrom(f.items).Draw(rt, "item"), thousandths(rt))
	take := rapid.SampledFrom([]func(context.Context, postgres.Querier, stock.Withdrawal) (stock.Withdrawn, error){
		stock.Adjust, stock.CountOut, stock.Waste,
	}).Draw(rt, "how")
	j.run(rt, func(ctx context.Context, tx postgres.Querier) error {
		_, err := take(ctx, tx, w)
		return err
	})
}

func (j *journey) send(rt *rapid.T) {
	f := j.floor(rt)
	w := f.loss(rapid.SampledFrom(f.items).Draw(rt, "item"), thousandths(rt))
	var sent stock.Withdrawn
	if !j.run(rt, func(ctx context.Context, tx postgres.Querier) (err error) {
		sent, err = stock.Send(ctx, tx, w)
		return err
	}) {
		return
	}
	total := decimal.Zero
	for _, p := range sent.Parcels {
		total = total.Add(p.Quantity)
		j.parcels, j.items = append(j.parcels, p), append(j.items, w.Needs[0].ItemID)
	}
	require.True(rt, total.Equal(w.Needs[0].Quantity), "all of it is sent")
}

// arrive lets one parcel come in at any branch, a part of it lost.
func (j *journey) arrive(rt *rapid.T) {
	if len(j.parcels) == 0 {
		rt.Skip("nothing is on its way")
	}
	i := rapid.IntRange(0, len(j.parcels)-1).Draw(rt, "parcel")
	p, f := j.parcels[i], j.floor(rt)
	line := stock.IncomingLine{ExpiresOn: p.ExpiresOn, ItemID: j.items[i], ReceivedAt: p.ReceivedAt, UnitCost: p.UnitCost}
	got, gone := line, line
	gone.Quantity = decimal.New(rapid.Int64Range(0, p.Quantity.Shift(3).IntPart()).Draw(rt, "lost"), -3)
	got.Quantity = p.Quantity.Sub(gone.Quantity)
	in := f.incoming()
	in.Source = stock.SourceTransfer
	var lost []stock.IncomingLine
	if got.Quantity.IsPositive() {
		in.Lines = append(in.Lines, got)
	}
	if gone.Quantity.IsPositive() {
		lost = append(lost, gone)
	}
	require.True(rt, j.run(rt, func(ctx context.Context, tx postgres.Querier) error {
		_, err := stock.Arrive(ctx, tx, in, lost)
		return err
	}))
	j.lost = j.lost.Add(gone.Quantity.Mul(gone.UnitCost))
	j.parcels, j.items = slices.Delete(j.parcels, i, i+1), slices.Delete(j.items, i, i+1)
}

func (j *journey) check(rt *rapid.T) {
	j.balanced(rt)
	value := func(kinds ...string) (sum decimal.Decimal) {
		require.NoError(rt, j.db.QueryRow(j.t.Context(), `SELECT coalesce(sum(quantity * unit_cost), 0) FROM stock_movements
			WHERE org_id = $1 AND kind = ANY ($2)`, j.floors[0].owner.OrgID, kinds).Scan(&sum))
		return sum
	}
	onItsWay := decimal.Zero
	for _, p := range j.parcels {
		onItsWay = onItsWay.Add(p.Quantity.Mul(p.UnitCost))
	}
	require.True(rt, value("TRANSFER_OUT", "TRANSFER_IN").Add(onItsWay).IsZero(), "what was sent has arrived or is on its way")
	require.True(rt, value("TRANSFER_LOSS").Add(j.lost).IsZero(), "what is lost is lost at its cost")
}

func (j *journey) balanced(rt *rapid.T) {
	differences, err := stock.Check(j.t.Context(), j.db, j.floors[0].owner.OrgID)
	require.NoError(rt, err)
	require.Empty(rt, differences)
	days, err := stock.CheckDays(j.t.Context(), j.db, j.floors[0].owner.OrgID, "", today.AddDays(-1000), today.AddDays(1000))
	require.NoError(rt, err)
	require.Empty(rt, days)
}

// rebuild forgets all that the ledger can tell, and requires that it comes back.
func (j *journey) rebuild(rt *rapid.T) {
	orgID := j.floors[0].owner.OrgID
	held := func() (all string) {
		require.NoError(rt, j.db.QueryRow(j.t.Context(), `SELECT coalesce(string_agg(held, ' ' ORDER BY held), '') FROM (
			SELECT id || '=' || remaining_qty AS held FROM stock_batches WHERE org_id = $1
			UNION ALL SELECT id || '=' || open_qty FROM stock_shortfalls WHERE org_id = $1
			UNION ALL SELECT branch_id || item_id || business_date || '=' || used || ',' || moved FROM stock_days WHERE org_id = $1) AS h`, orgID).Scan(&all))
		return all
	}
	before := held()
	for _, forget := range []string{
		"UPDATE stock_batches SET remaining_qty = received_qty WHERE org_id = $1", "UPDATE stock_shortfalls SET open_qty = 0 WHERE org_id = $1",
		"DELETE FROM stock_days WHERE org_id = $1", "DELETE FROM stock_positions WHERE org_id = $1",
	} {
		_, err := j.db.Exec(j.t.Context(), forget, orgID)
		require.NoError(rt, err)
	}
	for _, f := range j.floors {
		require.NoError(rt, j.db.InTx(j.t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			return stock.Rebuild(ctx, tx, orgID, f.branch)
		}))
	}
	j.balanced(rt)
	require.Equal(rt, before, held())
}
