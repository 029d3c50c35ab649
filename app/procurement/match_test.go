package procurement

import (
	"cmp"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMatchLine(t *testing.T) {
	t.Parallel()
	tolerances := Tolerances{PriceBP: 200}
	cases := map[string]struct {
		received   string // and not billed before, of 60 ordered
		quantity   string
		cost       string
		tolerances Tolerances
		ordered    string   // 9,000 if empty
		want       [3]int64 // payable, disputed for the quantity, for the price
		reasons    []string
	}{
		"worked example":                    {"58", "60", "9200", tolerances, "", [3]int64{522_000, 18_400, 11_600}, []string{ReasonQuantity, ReasonPrice}},
		"just as ordered and received":      {"60", "60", "9000", tolerances, "", [3]int64{540_000, 0, 0}, nil},
		"less than received":                {"60", "10", "9000", tolerances, "", [3]int64{90_000, 0, 0}, nil},
		"cheaper than ordered":              {"60", "60", "8000", tolerances, "", [3]int64{480_000, 0, 0}, nil},
		"a price just within the tolerance": {"60", "60", "9180", tolerances, "", [3]int64{550_800, 0, 0}, nil},
		"a price just above the tolerance":  {"60", "60", "9180.000001", tolerances, "", [3]int64{540_000, 0, 10_800}, []string{ReasonPrice}},
		"a quantity within the tolerance":   {"50", "51", "9000", Tolerances{QuantityBP: 200}, "", [3]int64{459_000, 0, 0}, nil},
		"a quantity above the tolerance":    {"50", "51.001", "9000", Tolerances{QuantityBP: 200}, "", [3]int64{450_000, 9_009, 0}, []string{ReasonQuantity}},
		"nothing received":                  {"0", "60", "9000", tolerances, "", [3]int64{0, 540_000, 0}, []string{ReasonQuantity}},
		"billed before":                     {"-1", "1", "9000", tolerances, "", [3]int64{0, 9_000, 0}, []string{ReasonQuantity}},
		// Halves that are each rounded up would make more than what is billed.
		"amounts that don't divide": {"0.5", "1", "1", tolerances, "1", [3]int64{1, 0, 0}, []string{ReasonQuantity}},
		"amounts that vanish":       {"0.4", "0.8", "1", tolerances, "1", [3]int64{0, 1, 0}, []string{ReasonQuantity}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := Line{ItemID: "I", Quantity: dec("60"), UnitCost: dec(cmp.Or(tc.ordered, "9000"))}
			m, err := matchLine("items[0]", line, dec(tc.received), Billed{ItemID: "I", Quantity: dec(tc.quantity), UnitCost: dec(tc.cost)}, tc.tolerances)
			require.NoError(t, err)
			require.Equal(t, tc.want, [3]int64{m.Payable, m.DisputedQuantity, m.DisputedPrice})
			require.Equal(t, tc.reasons, m.Reasons())
		})
	}

	t.Run("DisputesAllOfWhatWasNotOrdered", func(t *testing.T) {
		t.Parallel()
		m, err := matchLine("items[0]", Line{}, decimal.Zero, Billed{ItemID: "I", Quantity: dec("2"), UnitCost: dec("500")}, tolerances)
		require.NoError(t, err)
		require.Equal(t, [3]int64{0, 1000, 0}, [3]int64{m.Payable, m.DisputedQuantity, m.DisputedPrice})
		require.Equal(t, []string{ReasonNotOrdered}, m.Reasons())
		_, ok := m.PriceBP()
		require.False(t, ok)
	})
}

// TestMatchAgainstRationalNumbers compares with the same rules in rational numbers, and has the parts sum to what is billed.
func TestMatchAgainstRationalNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		quantity := func(name string, low int64) decimal.Decimal {
			return decimal.New(rapid.Int64Range(low, 5_000).Draw(t, name), -3)
		}
		cost := func(name string) decimal.Decimal { return decimal.New(rapid.Int64Range(1, 30_000).Draw(t, name), -2) }
		bound := Tolerances{PriceBP: rapid.Int32Range(0, 3_000).Draw(t, "price"), QuantityBP: rapid.Int32Range(0, 3_000).Draw(t, "quantity tolerance")}
		line := Line{ItemID: "I", Quantity: quantity("ordered", 1), UnitCost: cost("ordered cost")}
		unbilled := quantity("received", 0)
		b := Billed{ItemID: "I", Quantity: quantity("billed", 1), UnitCost: cost("billed cost")}
		m, err := matchLine("items[0]", line, unbilled, b, bound)
		require.NoError(t, err)

		within := func(value, limit *big.Rat, bp int32) bool {
			return value.Cmp(new(big.Rat).Mul(limit, big.NewRat(10_000+int64(bp), 10_000))) <= 0
		}
		owed := b.Quantity.Rat()
		if !within(owed, unbilled.Rat(), bound.QuantityBP) && unbilled.LessThan(b.Quantity) {
			owed = unbilled.Rat()
		}
		price := b.UnitCost.Rat()
		if !within(price, line.UnitCost.Rat(), bound.PriceBP) {
			price = line.UnitCost.Rat()
		}
		require.Equal(t, rounded(new(big.Rat).Mul(owed, price)), m.Payable)
		require.Equal(t, rounded(new(big.Rat).Mul(b.Quantity.Rat(), b.UnitCost.Rat())), m.Payable+m.DisputedQuantity+m.DisputedPrice)
		require.GreaterOrEqual(t, m.DisputedQuantity, int64(0))
		require.GreaterOrEqual(t, m.DisputedPrice, int64(0))
		if len(m.Reasons()) == 0 {
			require.Zero(t, m.DisputedQuantity+m.DisputedPrice)
		}
	})
}

// rounded returns the whole number nearest to a number that is not negative, halves up.
func rounded(r *big.Rat) int64 {
	doubled := new(big.Int).Add(new(big.Int).Lsh(r.Num(), 1), r.Denom())
	return doubled.Div(doubled, new(big.Int).Lsh(r.Denom(), 1)).Int64()
}
