package menu_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/menu"
)

func TestRequirement(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		quantity string
		yieldBP  int32
		portions string
		want     string
	}{
		"all of it is used":            {"0.25", 10_000, "2", "0.5"},
		"a fifth is trimmed off":       {"0.2", 8_000, "1", "0.25"},
		"half away from zero":          {"0.001", 4_000, "1", "0.003"},
		"rounded once over portions":   {"0.001", 3_000, "3", "0.01"},
		"half a portion":               {"0.3", 10_000, "0.5", "0.15"},
		"too little to be weighed":     {"0.001", 10_000, "0.4", "0"},
		"a portion of most of nothing": {"0.001", 1, "1", "10"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			part := menu.Ingredient{
				Denominator: decimal.NewFromInt32(tc.yieldBP), ItemID: "BEEF", Numerator: decimal.RequireFromString(tc.quantity).Mul(decimal.NewFromInt(10_000)),
			}
			require.Equal(t, tc.want, menu.Requirement([]menu.Ingredient{part}, decimal.RequireFromString(tc.portions)).String())
		})
	}
}

func TestRequirementOfAnItemThatComesInBySeveralWays(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		parts [][2]int64 // numerator and denominator
		want  string
	}{
		"nothing":                                {nil, "0"},
		"sums before it rounds":                  {[][2]int64{{4, 10_000}, {4, 10_000}}, "0.001"},
		"a half that only fractions see":         {[][2]int64{{1, 3_000}, {1, 3_000}, {5, 6_000}}, "0.002"},
		"next to a half from below":              {[][2]int64{{1, 3_000}, {1, 3_000}, {5, 6_001}}, "0.001"},
		"leaves out a part":                      {[][2]int64{{5, 10}, {-2, 10}}, "0.3"},
		"leaves out more than there is":          {[][2]int64{{5, 10}, {-7, 10}}, "0"},
		"leaves out all but a half":              {[][2]int64{{1, 1}, {-9_995, 10_000}}, "0.001"},
		"leaves out all of it, but in fractions": {[][2]int64{{1, 3}, {1, 6}, {-1, 2}}, "0"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var parts []menu.Ingredient
			for _, p := range tc.parts {
				parts = append(parts, menu.Ingredient{Denominator: decimal.NewFromInt(p[1]), ItemID: "BEEF", Numerator: decimal.NewFromInt(p[0])})
			}
			require.Equal(t, tc.want, menu.Requirement(parts, decimal.NewFromInt(1)).String())
		})
	}
}
