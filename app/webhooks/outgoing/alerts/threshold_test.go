package alerts

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func TestLook(t *testing.T) {
	t.Parallel()
	friday := civil.NewDate(2024, time.November, 8)
	value := func(v int64) *int64 { return &v }

	t.Run("TellsOnceUntilItWasBackOrTheNextDate", func(t *testing.T) {
		t.Parallel()
		threshold := Threshold{Direction: DirectionAbove, Value: 3500}
		require.False(t, threshold.look(value(3500), friday), "on the bound is good")
		require.True(t, threshold.look(value(3501), friday))
		require.False(t, threshold.look(value(9999), friday))
		require.False(t, threshold.look(nil, friday), "no figure says nothing")
		require.False(t, threshold.look(value(4000), friday))
		require.False(t, threshold.look(value(3000), friday))
		require.True(t, threshold.look(value(3600), friday), "it had been back")
		require.True(t, threshold.look(value(3600), friday.AddDays(1)), "another date")
		require.False(t, threshold.look(value(3600), friday.AddDays(1)))
	})

	t.Run("BelowIsTheOtherSide", func(t *testing.T) {
		t.Parallel()
		threshold := Threshold{Direction: DirectionBelow, Value: 9000}
		require.False(t, threshold.look(value(9000), friday))
		require.True(t, threshold.look(value(8999), friday))
		require.Equal(t, friday, threshold.ToldOn)
	})

	t.Run("TellsAsOftenAsTheBadSideIsEnteredInADate", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			threshold := Threshold{Direction: DirectionAbove, Value: 50}
			told, entered, was := 0, 0, false
			for _, v := range rapid.SliceOf(rapid.Int64Range(0, 100)).Draw(t, "values") {
				bad := v > 50
				if bad && !was {
					entered++
				}
				was = bad
				if threshold.look(&v, friday) {
					told++
				}
			}
			require.Equal(t, entered, told)
		})
	})
}

func TestMetricsOfFigures(t *testing.T) {
	t.Parallel()
	ratio := int64(3000)
	f := &franchisev1.Figures{NetSales: 5, Orders: 1, AverageCheck: &ratio, FoodCostBp: &ratio, ServiceLevelBp: &ratio, WasteOfSalesBp: &ratio}
	for m := range metrics {
		require.NotNil(t, m.of(f), m)
		require.Nil(t, m.of(&franchisev1.Figures{}), "%s of nothing", m)
	}
	require.Equal(t, int64(5), *MetricNetSales.of(f))
}
