package stock

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func owed(id, item, open, unitCost string) *shortfall {
	return &shortfall{ID: id, ItemID: item, Open: dec(open), Quantity: dec(open), UnitCost: dec(unitCost)}
}

func TestSettle(t *testing.T) {
	t.Parallel()

	t.Run("PaysTheOldestShortfallFirst", func(t *testing.T) {
		t.Parallel()
		open := []*shortfall{owed("s1", "BEEF", "3", "4000"), owed("s2", "BEEF", "5", "4200")}
		settled := settle(dec("4"), dec("5000"), open)
		require.Len(t, settled, 2)
		require.Equal(t, "3000", settled[0].difference().String())
		require.Equal(t, "800", settled[1].difference().String())
		require.Equal(t, "4", open[1].Open.String())
	})

	t.Run("GivesBackWhatWasBookedTooDear", func(t *testing.T) {
		t.Parallel()
		settled := settle(dec("10"), dec("3500"), []*shortfall{owed("s1", "BEEF", "2", "4000")})
		require.Equal(t, "-1000", settled[0].difference().String())
	})
}

func TestSettleConservesQuantity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		open := make([]*shortfall, rapid.IntRange(0, 6).Draw(t, "shortfalls"))
		before := decimal.Zero
		for i := range open {
			open[i] = &shortfall{Open: decimal.New(rapid.Int64Range(0, 9000).Draw(t, "open"), -3)}
			before = before.Add(open[i].Open)
		}
		received := drawThousandths(t, "received")
		paid := decimal.Zero
		for _, s := range settle(received, dec("1"), open) {
			require.True(t, s.Quantity.IsPositive())
			paid = paid.Add(s.Quantity)
		}
		after := decimal.Zero
		owing := false
		for _, s := range open {
			require.False(t, s.Open.IsNegative())
			after = after.Add(s.Open)
			owing = owing || s.Open.IsPositive()
		}
		require.True(t, before.Equal(after.Add(paid)))
		require.False(t, paid.GreaterThan(received))
		require.True(t, paid.Equal(received) || !owing, "something is owed although goods are left")
	})
}

func TestPutBackReversesEachMovement(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, time.November, 8, 12, 0, 0, 0, time.UTC)
	sold := []movement{
		{BatchID: "b1", ItemID: "BEEF", Kind: kindSale, LineNo: 1, Quantity: dec("-10"), UnitCost: dec("4000")},
		{ShortfallID: "s1", ItemID: "BEEF", Kind: kindShortfall, LineNo: 1, Quantity: dec("-5"), UnitCost: dec("4000")},
	}
	movements, batches := putBack(sold, map[string]shortfall{"s1": {Open: dec("2"), Quantity: dec("5")}}, kindRestock, at)
	require.Len(t, movements, 3)
	require.Equal(t, "10", movements[0].Quantity.String())
	require.Equal(t, "2", movements[1].Quantity.String(), "what is still owed is forgiven")
	require.Len(t, batches, 1, "what was settled comes back as a batch of its own")
	require.Equal(t, "3", batches[0].Received.String())
	require.Equal(t, batches[0].ID, movements[2].BatchID)

	returned := decimal.Zero
	for i, m := range movements {
		require.Equal(t, kindRestock, m.Kind)
		require.NotEqual(t, m.BatchID == "", m.ShortfallID == "", "movement %d moves one thing", i)
		returned = returned.Add(m.Quantity.Mul(m.UnitCost))
	}
	require.Equal(t, "60000", returned.String(), "at the cost that the sale was charged")
}
