package stock_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
)

var (
	noon  = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC) // in Kampala
	today = civil.NewDate(2024, time.November, 8)
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// testBundle is a branch that moves stock of one item, beef.
type testBundle struct {
	beef   string
	branch string
	db     *postgres.DB
	owner  caller.Caller
	t      *testing.T
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	db := dbtest.New(t)
	owner := factory.Organisation(t, db, factory.OrgOpts{})
	return &testBundle{beef: factory.Item(t, db, owner), branch: factory.Branch(t, db, owner, factory.BranchOpts{}), db: db, owner: owner, t: t}
}

// batch puts beef on the shelf, so many days after the first of the month.
func (b *testBundle) batch(quantity, unitCost string, day int) string {
	b.t.Helper()
	return factory.Batch(b.t, b.db, b.owner, factory.BatchOpts{
		BranchID: b.branch, ItemID: b.beef, Quantity: quantity, ReceivedAt: time.Date(2024, time.November, 1+day, 0, 0, 0, 0, time.UTC), UnitCost: unitCost,
	})
}

func (b *testBundle) sell(orderID string, quantities ...string) stock.Consumed {
	b.t.Helper()
	sale := stock.Sale{At: noon, BranchID: b.branch, BusinessDate: today, OrderID: orderID, OrgID: b.owner.OrgID}
	for i, quantity := range quantities {
		sale.Needs = append(sale.Needs, stock.Need{ItemID: b.beef, LineNo: int32(i) + 1, Quantity: dec(quantity)})
	}
	var consumed stock.Consumed
	b.inTx(func(ctx context.Context, tx postgres.Querier) (err error) {
		consumed, err = stock.Consume(ctx, tx, sale)
		return err
	})
	return consumed
}

func (b *testBundle) receive(quantity, unitCost string) (batch stock.Batch, settled int64) {
	b.t.Helper()
	b.inTx(func(ctx context.Context, tx postgres.Querier) error {
		batches, cogs, err := stock.Receive(ctx, tx, stock.Incoming{
			At: noon.Add(time.Hour), BranchID: b.branch, BusinessDate: today, OrgID: b.owner.OrgID, Source: stock.SourceReceipt, SourceID: ids.New("rcp"),
			Lines: []stock.IncomingLine{{ItemID: b.beef, Quantity: dec(quantity), UnitCost: dec(unitCost)}},
		})
		if err == nil {
			batch, settled = batches[0], cogs
		}
		return err
	})
	return batch, settled
}

func (b *testBundle) waste(quantity string) (cost int64, err error) {
	b.t.Helper()
	err = b.db.InTx(b.t.Context(), func(ctx context.Context, tx postgres.Querier) error {
		taken, err := stock.Waste(ctx, tx, stock.Withdrawal{
			At: noon, BranchID: b.branch, BusinessDate: today, Needs: []stock.Need{{ItemID: b.beef, Quantity: dec(quantity)}}, OrgID: b.owner.OrgID,
			SourceID: ids.New("was"),
		})
		cost = taken.CostByLine[0]
		return err
	})
	return cost, err
}

func (b *testBundle) restock(orderID string) {
	b.t.Helper()
	b.inTx(func(ctx context.Context, tx postgres.Querier) error {
		return stock.Restock(ctx, tx, b.owner.OrgID, orderID, today, noon.Add(2*time.Hour))
	})
}

func (b *testBundle) inTx(do func(ctx context.Context, tx postgres.Querier) error) {
	b.t.Helper()
	require.NoError(b.t, b.db.InTx(b.t.Context(), do))
}

// left returns what a batch still holds.
func (b *testBundle) left(batchID string) string {
	b.t.Helper()
	var left decimal.Decimal
	err := b.db.QueryRow(b.t.Context(), "SELECT remaining_qty FROM stock_batches WHERE org_id = $1 AND id = $2", b.owner.OrgID, batchID).Scan(&left)
	require.NoError(b.t, err)
	return left.String()
}

// onHand returns what the ledger says is on hand.
func (b *testBundle) onHand() string {
	b.t.Helper()
	var sum decimal.Decimal
	err := b.db.QueryRow(b.t.Context(), "SELECT coalesce(sum(quantity), 0) FROM stock_movements WHERE org_id = $1", b.owner.OrgID).Scan(&sum)
	require.NoError(b.t, err)
	return sum.String()
}

// requireBalanced checks that the ledger explains every batch and every shortfall.
func requireBalanced(t *testing.T, db *postgres.DB, orgID string) {
	t.Helper()
	differences, err := stock.Check(t.Context(), db, orgID)
	require.NoError(t, err)
	require.Empty(t, differences)
	days, err := stock.CheckDays(t.Context(), db, orgID, "", today.AddDays(-10_000), today.AddDays(10_000))
	require.NoError(t, err)
	require.Empty(t, days)
}

func TestConsume(t *testing.T) {
	t.Parallel()

	t.Run("TakesTheOldestBatchFirst", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		newer, older := b.batch("20", "4600", 2), b.batch("10", "4000", 1)
		consumed := b.sell("O1", "14")
		require.Equal(t, map[int32]int64{1: 58_400}, consumed.CostByLine)
		require.False(t, consumed.Short)
		require.Equal(t, "0", b.left(older))
		require.Equal(t, "16", b.left(newer))
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("ServesTheLinesOfAnOrderInTheirOrder", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("10", "4000", 1)
		b.batch("20", "4600", 2)
		require.Equal(t, map[int32]int64{1: 32_000, 2: 17_200}, b.sell("O1", "8", "4").CostByLine)
	})

	t.Run("BooksWhatIsMissingAtTheNewestBatchsCost", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("10", "4000", 1)
		consumed := b.sell("O1", "12")
		require.Equal(t, map[int32]int64{1: 48_000}, consumed.CostByLine)
		require.True(t, consumed.Short)
		require.Equal(t, "-2", b.onHand())
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("BooksAtAnotherBranchsCostWhereTheBranchNeverHadIt", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: other, ItemID: b.beef, Quantity: "1", UnitCost: "3900.5"})
		require.Equal(t, map[int32]int64{1: 7_801}, b.sell("O1", "2").CostByLine)
	})

	t.Run("BooksAtNothingWhereNobodyEverHadIt", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		consumed := b.sell("O1", "2")
		require.Equal(t, map[int32]int64{1: 0}, consumed.CostByLine)
		require.True(t, consumed.Short)
	})

	t.Run("LeavesTheShelfAloneWhenNothingIsNeeded", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		batch := b.batch("10", "4000", 1)
		require.Empty(t, b.sell("O1", "0").CostByLine)
		require.Equal(t, "10", b.left(batch))
	})

	t.Run("RefusesMoreThanCanBeBooked", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			_, err := stock.Consume(ctx, tx, stock.Sale{
				At: noon, BranchID: b.branch, BusinessDate: today, OrderID: "O1", OrgID: b.owner.OrgID,
				Needs: []stock.Need{{ItemID: b.beef, LineNo: 1, Quantity: dec("100000000000")}},
			})
			return err
		})
		var refusal *fault.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, "QUANTITY_TOO_LARGE", refusal.Reason)
	})
}

func TestWaste(t *testing.T) {
	t.Parallel()

	t.Run("TakesTheOldestBatchFirst", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("2", "4000", 1)
		b.batch("1", "4600", 2)
		cost, err := b.waste("3")
		require.NoError(t, err)
		require.Equal(t, int64(12_600), cost)
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("RefusesMoreThanIsOnHandAndTakesNothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		batch := b.batch("2.5", "4000", 1)
		_, err := b.waste("2.501")
		var refusal *fault.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, fault.KindFailedPrecondition, refusal.Kind)
		require.Equal(t, "INSUFFICIENT_STOCK", refusal.Reason)
		require.Equal(t, "2.5", refusal.Metadata["available"])
		require.Equal(t, "2.5", b.left(batch))
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()

	t.Run("SettlesTheOldestShortfallsFirst", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("1", "4000", 1)
		b.sell("O1", "3")
		b.sell("O2", "5")
		batch, settled := b.receive("4", "5000")
		require.Equal(t, int64(4_000), settled, "4 × (5,000 − 4,000)")
		require.Equal(t, "0", batch.Remaining.String(), "what is settled never reaches the shelf")
		require.Equal(t, "-3", b.onHand())

		batch, settled = b.receive("10", "3900.5")
		require.Equal(t, int64(-299), settled, "3 × −99.5, rounded once")
		require.Equal(t, "7", b.left(batch.ID))
		require.Equal(t, "7", b.onHand())
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("SettlesNothingWhereNothingIsOwed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		batch, settled := b.receive("4", "5000")
		require.Zero(t, settled)
		require.Equal(t, "4", b.left(batch.ID))
		requireBalanced(t, b.db, b.owner.OrgID)
	})
}

func TestRestock(t *testing.T) {
	t.Parallel()

	t.Run("PutsGoodsBackIntoTheirBatches", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		older, newer := b.batch("10", "4000", 1), b.batch("20", "4600", 2)
		b.sell("O1", "8", "6")
		b.restock("O1")
		require.Equal(t, "10", b.left(older))
		require.Equal(t, "20", b.left(newer))
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("ChangesNothingTheSecondTime", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		batch := b.batch("10", "4000", 1)
		b.sell("O1", "8")
		b.restock("O1")
		b.restock("O1")
		require.Equal(t, "10", b.left(batch))
	})

	t.Run("ForgivesWhatIsStillOwed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("10", "4000", 1)
		b.sell("O1", "12")
		b.restock("O1")
		require.Equal(t, "10", b.onHand())
		_, settled := b.receive("5", "9000")
		require.Zero(t, settled)
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("BringsBackWhatWasSettledAtTheCostOfTheSale", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("10", "4000", 1)
		b.sell("O1", "15")
		b.receive("3", "5000")
		b.restock("O1")
		require.Equal(t, "13", b.onHand(), "10 in their batch, 3 in one of their own, and 2 forgiven")
		require.Equal(t, map[int32]int64{1: 10*4000 + 3*4000}, b.sell("O2", "13").CostByLine)
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("OfARefundLeavesTheUseAndOfAVoidTakesItBack", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch("10", "4000", 1)
		used := func() (used string) {
			err := b.db.QueryRow(t.Context(), "SELECT used FROM stock_days WHERE org_id = $1 AND business_date = $2", b.owner.OrgID, today).Scan(&used)
			require.NoError(t, err)
			return used
		}
		b.sell("O1", "8")
		b.restock("O1")
		require.Equal(t, "8.000", used(), "the dish was sold all the same")
		b.sell("O2", "12")
		require.Equal(t, "20.000", used())
		for range 2 {
			b.inTx(func(ctx context.Context, tx postgres.Querier) error {
				return stock.Void(ctx, tx, b.owner.OrgID, "O2", today, noon)
			})
		}
		require.Equal(t, "8.000", used(), "it never was")
		b.restock("O2")
		require.Equal(t, "10", b.onHand())
		requireBalanced(t, b.db, b.owner.OrgID)
	})

	t.Run("LeavesWastageWithTheSameIDAlone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		batch := b.batch("10", "4000", 1)
		b.inTx(func(ctx context.Context, tx postgres.Querier) error {
			_, err := stock.Waste(ctx, tx, stock.Withdrawal{
				At: noon, BranchID: b.branch, BusinessDate: today, Needs: []stock.Need{{ItemID: b.beef, Quantity: dec("1")}}, OrgID: b.owner.OrgID,
				SourceID: "SAME",
			})
			return err
		})
		b.restock("SAME")
		require.Equal(t, "9", b.left(batch))
	})
}
