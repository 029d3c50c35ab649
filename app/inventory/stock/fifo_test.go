package stock

import (
	"cmp"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func batch(id, item, remaining, unitCost string) Batch {
	return Batch{ID: id, ItemID: item, Remaining: dec(remaining), UnitCost: dec(unitCost)}
}

func TestAllocate(t *testing.T) {
	t.Parallel()

	t.Run("TakesTheOldestBatchFirst", func(t *testing.T) {
		t.Parallel()
		parts := allocate([]Need{{ItemID: "BEEF", LineNo: 1, Quantity: dec("14")}},
			[]Batch{batch("b1", "BEEF", "10", "4000"), batch("b2", "BEEF", "20", "4600")})
		costs, err := costByLine(parts)
		require.NoError(t, err)
		require.Equal(t, map[int32]int64{1: 58_400}, costs)
	})

	t.Run("ServesLinesInTheOrderOfTheirNumbers", func(t *testing.T) {
		t.Parallel()
		parts := allocate([]Need{
			{ItemID: "BEEF", LineNo: 2, Quantity: dec("4")},
			{ItemID: "BEEF", LineNo: 1, Quantity: dec("8")},
		}, []Batch{batch("b1", "BEEF", "10", "4000"), batch("b2", "BEEF", "20", "4600")})
		costs, err := costByLine(parts)
		require.NoError(t, err)
		require.Equal(t, map[int32]int64{1: 32_000, 2: 2*4000 + 2*4600}, costs)
	})

	t.Run("RoundsALineOnceOverAllOfItsItems", func(t *testing.T) {
		t.Parallel()
		parts := allocate([]Need{
			{ItemID: "OIL", LineNo: 1, Quantity: dec("0.5")},
			{ItemID: "SALT", LineNo: 1, Quantity: dec("0.5")},
		}, []Batch{batch("b1", "OIL", "1", "0.5"), batch("b2", "SALT", "1", "0.5")})
		costs, err := costByLine(parts)
		require.NoError(t, err)
		require.Equal(t, map[int32]int64{1: 1}, costs, "0.25 + 0.25, not 0 + 0")
	})

	t.Run("LeavesWhatIsMissingWithoutABatch", func(t *testing.T) {
		t.Parallel()
		parts := allocate([]Need{{ItemID: "BEEF", LineNo: 1, Quantity: dec("12")}}, []Batch{batch("b1", "BEEF", "10", "4000")})
		require.Len(t, parts, 2)
		require.True(t, parts[1].short())
		require.Equal(t, "2", parts[1].Quantity.String())
	})
}

func TestCostByLineRefusesWhatCannotBeBooked(t *testing.T) {
	t.Parallel()
	parts := []part{{Need: Need{LineNo: 1, Quantity: dec("99999999999")}, BatchID: "b1", UnitCost: dec("999999999999")}}
	_, err := costByLine(parts)
	require.ErrorContains(t, err, "too large")
}

func TestAllocateConservesQuantityAndCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batches, needs := drawBatches(t), drawNeeds(t)
		parts := allocate(needs, slices.Clone(batches))

		taken, costs := map[string]decimal.Decimal{}, map[int32]decimal.Decimal{}
		served, short := map[Need]decimal.Decimal{}, map[string]bool{}
		key := func(n Need) Need { return Need{ItemID: n.ItemID, LineNo: n.LineNo} }
		var last part
		for i, p := range parts {
			require.True(t, p.Quantity.IsPositive())
			require.LessOrEqual(t, last.LineNo, p.LineNo, "lines are served in order")
			served[key(p.Need)] = served[key(p.Need)].Add(p.Quantity)
			if p.short() {
				short[p.ItemID] = true
				continue
			}
			at := slices.IndexFunc(batches, func(b Batch) bool { return b.ID == p.BatchID })
			require.Equal(t, batches[at].ItemID, p.ItemID)
			require.True(t, batches[at].UnitCost.Equal(p.UnitCost))
			taken[p.BatchID] = taken[p.BatchID].Add(p.Quantity)
			costs[p.LineNo] = costs[p.LineNo].Add(p.Quantity.Mul(batches[at].UnitCost))
			last = parts[i]
		}
		wanted := map[Need]decimal.Decimal{}
		for _, n := range needs {
			wanted[key(n)] = wanted[key(n)].Add(n.Quantity)
		}
		for n, quantity := range wanted {
			require.True(t, quantity.Equal(served[n]), "%v wanted %s, got %s", n, quantity, served[n])
		}
		requireOldestFirst(t, batches, taken, short)
		rounded, err := costByLine(parts)
		require.NoError(t, err)
		for line, cost := range rounded {
			require.True(t, costs[line].Round(0).Equal(decimal.NewFromInt(cost)))
		}
	})
}

// requireOldestFirst checks that no batch was touched while an older one of its item had something left, that none gave
// more than it had, and that an item is short only when all of its batches are empty.
func requireOldestFirst(t *rapid.T, batches []Batch, taken map[string]decimal.Decimal, short map[string]bool) {
	untouched := map[string]bool{}
	for _, b := range batches {
		left := b.Remaining.Sub(taken[b.ID])
		require.False(t, left.IsNegative(), "batch %s gave more than it had", b.ID)
		if taken[b.ID].IsPositive() {
			require.False(t, untouched[b.ItemID], "batch %s was touched before an older one was used up", b.ID)
		}
		if left.IsPositive() {
			untouched[b.ItemID] = true
			require.False(t, short[b.ItemID], "item %s is short with batch %s on the shelf", b.ItemID, b.ID)
		}
	}
}

var drawItem = rapid.SampledFrom([]string{"BEEF", "OIL", "SALT"})

func drawThousandths(t *rapid.T, label string) decimal.Decimal {
	return decimal.New(rapid.Int64Range(1, 50_000).Draw(t, label), -3)
}

func drawBatches(t *rapid.T) []Batch {
	batches := make([]Batch, rapid.IntRange(0, 12).Draw(t, "batches"))
	for i := range batches {
		batches[i] = Batch{
			ID: string(rune('a' + i)), ItemID: drawItem.Draw(t, "item"), Remaining: drawThousandths(t, "remaining"),
			UnitCost: decimal.New(rapid.Int64Range(0, 9_000_000_000).Draw(t, "unit cost"), -6),
		}
	}
	slices.SortStableFunc(batches, func(a, b Batch) int { return cmp.Compare(a.ItemID, b.ItemID) })
	return batches
}

func drawNeeds(t *rapid.T) []Need {
	needs := make([]Need, rapid.IntRange(1, 8).Draw(t, "needs"))
	for i := range needs {
		needs[i] = Need{ItemID: drawItem.Draw(t, "item"), LineNo: rapid.Int32Range(1, 4).Draw(t, "line"), Quantity: drawThousandths(t, "need")}
	}
	return needs
}
