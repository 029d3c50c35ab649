package quantity_test

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

func TestEveryQuantitySurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := decimal.New(rapid.Int64Range(-99_999_999_999_999, 99_999_999_999_999).Draw(t, "thousandths"), -quantity.Places)
		back, err := quantity.FromWire("quantity", quantity.ToWire(d))
		require.NoError(t, err)
		require.True(t, d.Equal(back), "%s came back as %s", d, back)
	})
}

func TestFromWireRefusesWhatIsNoQuantity(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]float64{
		"four_decimals": 1.0005, "infinite": math.Inf(1), "not_a_number": math.NaN(), "too_large": 1e11,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := quantity.FromWire("items[2].quantity", wire)
			require.ErrorContains(t, err, "items[2].quantity")
		})
	}
}
