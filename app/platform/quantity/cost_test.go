package quantity_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

func TestEveryUnitCostSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := decimal.New(rapid.Int64Range(0, 999_999_999_999_999_999).Draw(t, "millionths"), -6)
		back, err := quantity.CostFromWire("unit_cost", quantity.CostToWire(d))
		require.NoError(t, err)
		require.True(t, d.Equal(back), "%s came back as %s", d, back)
	})
}

func TestCostFromWireRefusesWhatIsNoUnitCost(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]string{
		"empty": "", "negative": "-1", "seven_decimals": "1.0000005", "text": "four", "too_large": "1000000000000",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := quantity.CostFromWire("items[0].unit_cost", wire)
			require.ErrorContains(t, err, "items[0].unit_cost")
		})
	}
}
