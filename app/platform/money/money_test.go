package money_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/money"
)

// halfAway is the rule by the book: twice the numerator plus the denominator, floored, on magnitudes.
func halfAway(num, den *big.Int) *big.Int {
	twice := new(big.Int).Add(new(big.Int).Abs(new(big.Int).Lsh(num, 1)), new(big.Int).Abs(den))
	quotient := twice.Quo(twice, new(big.Int).Abs(new(big.Int).Lsh(den, 1)))
	if num.Sign()*den.Sign() < 0 {
		quotient.Neg(quotient)
	}
	return quotient
}

func TestBp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ num, den, want int64 }{
		"gross margin of the worked day":    {32_800, 59_600, 5503},
		"food cost of the worked day":       {26_800, 59_600, 4497},
		"food cost of the organisation":     {73_132, 200_000, 3657},
		"waste of sales":                    {12_600, 59_600, 2114},
		"waste of COGS":                     {12_600, 26_800, 4701},
		"service level":                     {17, 20, 8500},
		"a half goes up":                    {1, 20_000, 1},
		"a negative half goes down":         {-1, 20_000, -1},
		"a half over a negative goes down":  {1, -20_000, -1},
		"just under a half goes to zero":    {1, 20_001, 0},
		"zero":                              {0, 7, 0},
		"the largest amount over itself":    {math.MaxInt64, math.MaxInt64, 10_000},
		"the smallest amount over itself":   {math.MinInt64, math.MinInt64, 10_000},
		"the efficiency variance's bp":      {400_000, 3_500_000, 1143},
		"the price difference of the match": {200, 9_000, 222},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := money.Bp(tc.num, tc.den)
			require.True(t, ok)
			require.Equal(t, tc.want, got)
		})
	}

	t.Run("IsAbsentOverZeroOrOutOfRange", func(t *testing.T) {
		t.Parallel()
		_, ok := money.Bp(5, 0)
		require.False(t, ok)
		_, ok = money.Bp(math.MaxInt64, 1)
		require.False(t, ok)
	})

	t.Run("AgreesWithTheRuleForAllNumbers", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			num, den := rapid.Int64().Draw(t, "num"), rapid.Int64().Filter(func(n int64) bool { return n != 0 }).Draw(t, "den")
			want := halfAway(new(big.Int).Mul(big.NewInt(num), big.NewInt(10_000)), big.NewInt(den))
			got, ok := money.Bp(num, den)
			require.Equal(t, want.IsInt64() && want.Int64() != math.MinInt64, ok)
			if ok {
				require.Equal(t, want.Int64(), got)
			}
		})
	})
}

func TestBpDecimal(t *testing.T) {
	t.Parallel()
	got, ok := money.BpDecimal(decimal.RequireFromString("6"), decimal.RequireFromString("52"))
	require.True(t, ok)
	require.EqualValues(t, 1154, got)
	got, ok = money.BpDecimal(decimal.RequireFromString("16.5"), decimal.RequireFromString("280"))
	require.True(t, ok)
	require.EqualValues(t, 589, got)
	_, ok = money.BpDecimal(decimal.NewFromInt(1), decimal.Zero)
	require.False(t, ok)

	t.Run("AgreesWithBpOnThousandths", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			num := rapid.Int64Range(-1e14, 1e14).Draw(t, "num")
			den := rapid.Int64Range(-1e14, 1e14).Draw(t, "den")
			want, wantOK := money.Bp(num, den)
			got, ok := money.BpDecimal(decimal.New(num, -3), decimal.New(den, -3))
			require.Equal(t, wantOK, ok)
			require.Equal(t, want, got)
		})
	})
}

func TestDivide(t *testing.T) {
	t.Parallel()
	check, ok := money.Divide(59_600, 3)
	require.True(t, ok)
	require.EqualValues(t, 19_867, check)
	perCover, ok := money.Divide(59_600, 6)
	require.True(t, ok)
	require.EqualValues(t, 9_933, perCover)
	_, ok = money.Divide(1, 0)
	require.False(t, ok)
}

func TestMulRate(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, 2_980, money.MulRate(59_600, 500))
	require.EqualValues(t, 1_192, money.MulRate(59_600, 200))
	require.EqualValues(t, 4_286, money.MulRate(23_809, 1_800))
	require.EqualValues(t, 1_428, money.MulRate(7_936, 1_800))
	require.EqualValues(t, 1_000, money.MulRate(5_555, 1_800))
	require.EqualValues(t, -1, money.MulRate(-5, 1_000))
	require.EqualValues(t, math.MaxInt64, money.MulRate(math.MaxInt64, 10_000))
	require.Panics(t, func() { money.MulRate(math.MaxInt64, 10_001) })
}

func TestRound(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		amount string
		want   int64
	}{
		"a half goes up":              {"0.5", 1},
		"a negative half goes down":   {"-0.5", -1},
		"just under a half":           {"0.499999", 0},
		"whole":                       {"58400.000000", 58_400},
		"the largest that fits":       {"9223372036854775807.4", math.MaxInt64},
		"the smallest that fits":      {"-9223372036854775808.4", math.MinInt64},
		"a value of many more digits": {"2.4999999999999999999999999999", 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := money.Round(decimal.RequireFromString(tc.amount))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}

	t.Run("RefusesWhatDoesNotFit", func(t *testing.T) {
		t.Parallel()
		for _, s := range []string{"9223372036854775807.5", "-9223372036854775808.5", "1e30"} {
			_, err := money.Round(decimal.RequireFromString(s))
			require.ErrorIs(t, err, money.ErrTooLarge)
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	amount, err := money.Times(decimal.RequireFromString("1.125"), 1_000)
	require.NoError(t, err)
	require.EqualValues(t, 1_125, amount)
	amount, err = money.Times(decimal.RequireFromString("0.333"), 1_500)
	require.NoError(t, err)
	require.EqualValues(t, 500, amount)
	_, err = money.Times(decimal.NewFromInt(10), math.MaxInt64)
	require.ErrorIs(t, err, money.ErrTooLarge)
}

func TestAllocate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		total   int64
		weights []int64
		want    []int64
	}{
		"the worked promotion":       {5_000, []int64{27_000, 9_000, 6_300}, []int64{3_191, 1_064, 745}},
		"a tie goes to line order":   {1, []int64{5, 5, 5}, []int64{1, 0, 0}},
		"a zero weight gets nothing": {10, []int64{0, 1}, []int64{0, 10}},
		"all weights zero":           {5, []int64{0, 0}, []int64{3, 2}},
		"no lines":                   {5, []int64{}, []int64{}},
		"nothing to split":           {0, []int64{3, 4}, []int64{0, 0}},
		"a negative total":           {-5_000, []int64{27_000, 9_000, 6_300}, []int64{-3_191, -1_064, -745}},
		"the extremes": {
			math.MinInt64,
			[]int64{math.MaxInt64, math.MaxInt64},
			[]int64{math.MinInt64 / 2, math.MinInt64 / 2},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, money.Allocate(tc.total, tc.weights))
		})
	}

	t.Run("PanicsOnANegativeWeight", func(t *testing.T) {
		t.Parallel()
		require.Panics(t, func() { money.Allocate(1, []int64{-1}) })
	})

	t.Run("SumsToTheTotalAndStaysNearTheExactShare", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			total := rapid.Int64Range(0, 1e15).Draw(t, "total")
			weights := rapid.SliceOfN(rapid.Int64Range(0, 1e15), 1, 20).Draw(t, "weights")
			shares := money.Allocate(total, weights)

			var sum, weightSum int64
			for i := range shares {
				sum += shares[i]
				weightSum += weights[i]
			}
			require.Equal(t, total, sum)
			for i := range shares {
				require.GreaterOrEqual(t, shares[i], int64(0))
				if total <= weightSum {
					require.LessOrEqual(t, shares[i], weights[i])
				}
				if weightSum == 0 {
					continue
				}
				// |share × Σw − total × w| < Σw: never a whole unit away from the exact share.
				off := new(big.Int).Mul(big.NewInt(shares[i]), big.NewInt(weightSum))
				off.Sub(off, new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i]))).Abs(off)
				require.Negative(t, off.Cmp(big.NewInt(weightSum)))
			}
		})
	})
}
