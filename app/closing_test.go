package app_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/reconciliation"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
)

// TestSixteenTerminalsCloseTheSameDishesAtOnce closes orders of dishes that share their ingredients, while goods come in, go to the
// other branch and are counted. There is never enough: no sale may wait for a delivery, and none may meet another in a deadlock.
func TestSixteenTerminalsCloseTheSameDishesAtOnce(t *testing.T) {
	t.Parallel()
	const terminals, turns = 16, 6
	db := dbtest.New(t)
	k := openKitchen(t, db)
	sold := make([]decimal.Decimal, terminals) // portions of the first dish
	failures := make(chan error, (terminals+1)*turns)
	var group sync.WaitGroup
	for terminal := range terminals {
		group.Go(func() {
			random := rand.New(rand.NewPCG(16, uint64(terminal)))
			for turn := range turns {
				portions := 1 + random.Int64N(5)
				sold[terminal] = sold[terminal].Add(decimal.NewFromInt(portions))
				failures <- k.close(t, fmt.Sprintf("T-%d-%d", terminal, turn), random, portions)
			}
		})
	}
	group.Go(func() {
		random := rand.New(rand.NewPCG(16, terminals))
		for range turns {
			failures <- k.restless(t, random)
		}
	})
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}

	report, err := reconciliation.Run(t.Context(), db, k.owner.OrgID, reconciliation.Args{
		From: civil.NewDate(2024, time.November, 1), To: civil.NewDate(2024, time.November, 30),
	})
	require.NoError(t, err)
	require.Empty(t, report.Lines())
	var used, portions decimal.Decimal
	for _, s := range sold {
		portions = portions.Add(s)
	}
	require.NoError(t, db.QueryRow(t.Context(), "SELECT sum(used) FROM stock_days WHERE org_id = $1 AND item_id = $2", k.owner.OrgID, k.items[0]).Scan(&used))
	require.True(t, portions.Mul(decimal.RequireFromString("0.25")).Equal(used), "%s portions used %s", portions, used)
	requireNoDeadlock(t, db)
}

// close sells so many portions of the first dish and one of the second, in a random order.
func (k *kitchen) close(t *testing.T, id string, random *rand.Rand, portions int64) error {
	lines := []*ordersv1.NewLine{{MenuItemId: k.dishes[0], Quantity: float64(portions)}, {MenuItemId: k.dishes[1], Quantity: 1}}
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	_, err := k.orders.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{OrderId: id, BranchId: k.branches[0], Covers: 1, Lines: lines})
	if err == nil {
		_, err = k.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: id})
	}
	return err
}

// restless brings goods in, sends some away and back, and counts.
func (k *kitchen) restless(t *testing.T, random *rand.Rand) error {
	for _, item := range k.items {
		_, err := k.inventory.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{
			BranchId: k.branches[random.IntN(2)], ItemId: item, Quantity: float64(1 + random.IntN(9)), UnitCost: "77.7",
		})
		if err != nil {
			return err
		}
	}
	for i, from := range k.branches {
		if err := k.transfer(t, from, k.items[i], 1, i == 0); err != nil {
			return err
		}
	}
	_, err := k.inventory.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{BranchId: k.branches[0], Items: []*inventoryv1.CountedItem{
		{ItemId: k.items[1], Quantity: float64(random.IntN(5))}, {ItemId: k.items[0], Quantity: float64(random.IntN(5))},
	}})
	return err
}

// requireNoDeadlock asks the database, to which a transaction that ran again after a deadlock counts too. Its sessions report
// what they met when they end.
func requireNoDeadlock(t *testing.T, db *postgres.DB) {
	t.Helper()
	db.Reset()
	require.Eventually(t, func() bool {
		var others int
		err := db.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&others)
		return err == nil && others == 0
	}, 10*time.Second, 10*time.Millisecond)
	var deadlocks int64
	require.NoError(t, db.QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&deadlocks))
	require.Zero(t, deadlocks)
}
