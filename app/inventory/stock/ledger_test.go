package stock_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
)

// floor is a branch on which stock moves at random.
type floor struct {
	branch string
	items  []string
	owner  caller.Caller
}

func newFloor(t testing.TB, db *postgres.DB, items int) *floor {
	owner := factory.Organisation(t, db, factory.OrgOpts{})
	f := &floor{branch: factory.Branch(t, db, owner, factory.BranchOpts{}), owner: owner}
	for range items {
		f.items = append(f.items, factory.Item(t, db, owner))
	}
	return f
}

func (f *floor) sale(orderID string, needs ...stock.Need) stock.Sale {
	return stock.Sale{At: noon, BranchID: f.branch, BusinessDate: today, Needs: needs, OrderID: orderID, OrgID: f.owner.OrgID}
}

func (f *floor) incoming(lines ...stock.IncomingLine) stock.Incoming {
	return stock.Incoming{
		At: noon, BranchID: f.branch, BusinessDate: today, Lines: lines, OrgID: f.owner.OrgID, Source: stock.SourceReceipt, SourceID: ids.New("rcp"),
	}
}

func (f *floor) loss(itemID string, quantity decimal.Decimal) stock.Withdrawal {
	return stock.Withdrawal{
		At: noon, BranchID: f.branch, BusinessDate: today, Needs: []stock.Need{{ItemID: itemID, Quantity: quantity}}, OrgID: f.owner.OrgID,
		SourceID: ids.New("was"),
	}
}

// ledgerCost is what the ledger says that sales, settled and put back, have cost; exactly.
func (f *floor) ledgerCost(ctx context.Context, t require.TestingT, db *postgres.DB) decimal.Decimal {
	var cost decimal.Decimal
	err := db.QueryRow(ctx, `SELECT coalesce(sum(-quantity * unit_cost), 0) FROM stock_movements
		WHERE org_id = $1 AND kind IN ('SALE', 'SHORTFALL', 'SETTLEMENT', 'RESTOCK', 'VOID')`, f.owner.OrgID).Scan(&cost)
	require.NoError(t, err)
	return cost
}

// order is a sale and what it was charged.
type order struct {
	cost int64
	id   string
}

func TestLedgerExplainsStockWhateverHappens(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := newFloor(t, db, 2)
		item := rapid.SampledFrom(f.items)
		quantity := func(label string) decimal.Decimal { return decimal.New(rapid.Int64Range(1, 9_000).Draw(rt, label), -3) }
		var booked, roundings int64
		var sold []order
		run := func(do func(ctx context.Context, tx postgres.Querier) error) {
			require.NoError(rt, db.InTx(t.Context(), do))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"sell": func(rt *rapid.T) {
				o := order{id: ids.New("ord")}
				run(func(ctx context.Context, tx postgres.Querier) error {
					consumed, err := stock.Consume(ctx, tx, f.sale(o.id,
						stock.Need{ItemID: item.Draw(rt, "item"), LineNo: 1, Quantity: quantity("portion")},
						stock.Need{ItemID: item.Draw(rt, "item"), LineNo: 2, Quantity: quantity("portion")}))
					for _, cost := range consumed.CostByLine {
						o.cost += cost
					}
					return err
				})
				sold = append(sold, o)
				booked += o.cost
				roundings += 2
			},
			"receive": func(rt *rapid.T) {
				unitCost := decimal.New(rapid.Int64Range(0, 9_000_000_000).Draw(rt, "unit cost"), -6)
				run(func(ctx context.Context, tx postgres.Querier) error {
					_, settled, err := stock.Receive(ctx, tx, f.incoming(stock.IncomingLine{
						ItemID: item.Draw(rt, "item"), Quantity: quantity("received"), UnitCost: unitCost,
					}))
					booked += settled
					return err
				})
				roundings++
			},
			"waste": func(rt *rapid.T) {
				err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
					_, err := stock.Waste(ctx, tx, f.loss(item.Draw(rt, "item"), quantity("wasted")))
					return err
				})
				var refusal *fault.Error
				require.True(rt, err == nil || errors.As(err, &refusal) && refusal.Reason == "INSUFFICIENT_STOCK", "%v", err)
			},
			"restock": func(rt *rapid.T) {
				if len(sold) == 0 {
					rt.Skip("nothing was sold")
				}
				i := rapid.IntRange(0, len(sold)-1).Draw(rt, "order")
				putBack := stock.Restock
				if rapid.Bool().Draw(rt, "voided") {
					putBack = stock.Void
				}
				run(func(ctx context.Context, tx postgres.Querier) error {
					return putBack(ctx, tx, f.owner.OrgID, sold[i].id, today, noon)
				})
				booked -= sold[i].cost
				roundings += 2
				sold = slices.Delete(sold, i, i+1)
			},
			"": func(rt *rapid.T) {
				differences, err := stock.Check(t.Context(), db, f.owner.OrgID)
				require.NoError(rt, err)
				require.Empty(rt, differences)
				days, err := stock.CheckDays(t.Context(), db, f.owner.OrgID, "", today.AddDays(-1000), today.AddDays(1000))
				require.NoError(rt, err)
				require.Empty(rt, days)
				off := f.ledgerCost(t.Context(), rt, db).Sub(decimal.NewFromInt(booked)).Abs()
				require.True(rt, off.LessThanOrEqual(decimal.New(5*roundings, -1)), "booked costs are off the ledger by %s", off)
			},
		})
	})
}

func TestConcurrentWritersOfTheSameItems(t *testing.T) {
	t.Parallel()
	const writers, turns = 16, 25
	db := dbtest.New(t)
	f := newFloor(t, db, 5)
	var attempts atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, writers*turns)
	for writer := range writers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(writer)))
			for turn := range turns {
				err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
					attempts.Add(1)
					return f.anything(ctx, tx, random, turn)
				})
				var refusal *fault.Error
				if err != nil && (!errors.As(err, &refusal) || refusal.Reason != "INSUFFICIENT_STOCK") {
					failures <- err
				}
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, int64(writers*turns), attempts.Load(), "a transaction ran again: it lost to another in a deadlock")
	requireBalanced(t, db, f.owner.OrgID)
	f.requireNothingOwedWithGoodsLeft(t, db)
}

// anything sells all of the items in a random order, receives two of them, books a transfer that arrived in part, or throws
// some of one away.
func (f *floor) anything(ctx context.Context, tx postgres.Querier, random *rand.Rand, turn int) error {
	items := append([]string(nil), f.items...)
	random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	amount := func() decimal.Decimal { return decimal.New(1+random.Int64N(4_000), -3) }
	switch turn % 5 {
	case 0: // the item that comes first in the order of locks is lost
		slices.Sort(items)
		_, err := stock.Arrive(ctx, tx, f.incoming(
			stock.IncomingLine{ItemID: items[len(items)-1], Quantity: amount(), UnitCost: dec("4100")}),
			[]stock.IncomingLine{{ItemID: items[0], Quantity: amount(), UnitCost: dec("4100")}})
		return err
	case 1:
		_, _, err := stock.Receive(ctx, tx, f.incoming(
			stock.IncomingLine{ItemID: items[0], Quantity: amount().Mul(decimal.NewFromInt(4)), UnitCost: dec("4000")},
			stock.IncomingLine{ItemID: items[1], Quantity: amount().Mul(decimal.NewFromInt(4)), UnitCost: dec("4600")}))
		return err
	case 2:
		_, err := stock.Waste(ctx, tx, f.loss(items[0], amount()))
		return err
	default:
		var needs []stock.Need
		for i, item := range items {
			needs = append(needs, stock.Need{ItemID: item, LineNo: int32(i), Quantity: amount()})
		}
		_, err := stock.Consume(ctx, tx, f.sale(ids.New("ord"), needs...))
		return err
	}
}

// requireNothingOwedWithGoodsLeft checks that no sale missed goods that were there: without restocking, an item is either
// on the shelf or owed.
func (f *floor) requireNothingOwedWithGoodsLeft(t *testing.T, db *postgres.DB) {
	t.Helper()
	var both int
	err := db.QueryRow(t.Context(), `SELECT count(*) FROM stock_batches b
		JOIN stock_shortfalls s ON s.org_id = b.org_id AND s.item_id = b.item_id
		WHERE b.org_id = $1 AND b.remaining_qty > 0 AND s.open_qty > 0`, f.owner.OrgID).Scan(&both)
	require.NoError(t, err)
	require.Zero(t, both)
}
