package procurement

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func placed(toleranceBP int32, quantities map[string]string) *Order {
	o := &Order{BranchID: "B1", ID: "PO_1", Status: StatusPlaced, ToleranceBP: toleranceBP}
	for _, item := range []string{"BEEF", "OIL"} {
		if quantity, ok := quantities[item]; ok {
			o.Lines = append(o.Lines, Line{ItemID: item, No: int32(len(o.Lines)) + 1, Quantity: dec(quantity), UnitCost: dec("9000")})
		}
	}
	return o
}

func delivery(item, quantity string) []Delivered {
	return []Delivered{{ItemID: item, Quantity: dec(quantity)}}
}

func requireReason(t *testing.T, err error, reason string) *fault.Error {
	t.Helper()
	var refusal *fault.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, reason, refusal.Reason)
	return refusal
}

func TestReceive(t *testing.T) {
	t.Parallel()

	t.Run("IsReceivedWhenItStaysWithinTheTolerance", func(t *testing.T) {
		t.Parallel()
		o := placed(1000, map[string]string{"BEEF": "60"})
		_, err := o.Receive(delivery("BEEF", "40"), noon)
		require.NoError(t, err)
		require.Equal(t, StatusPartiallyReceived, o.Status)
		receipt, err := o.Receive(delivery("BEEF", "24"), noon)
		require.NoError(t, err)
		require.Equal(t, StatusReceived, o.Status)
		require.Equal(t, noon, o.ClosedAt)
		require.Equal(t, int64(24*9000), receipt.Cost)
	})

	t.Run("NamesWhatRemainsWhenItIsTooMuch", func(t *testing.T) {
		t.Parallel()
		o := placed(0, map[string]string{"BEEF": "60"})
		_, err := o.Receive(delivery("BEEF", "40"), noon)
		require.NoError(t, err)
		_, err = o.Receive(delivery("BEEF", "24"), noon)
		refusal := requireReason(t, err, "OVER_RECEIPT")
		require.Equal(t, fault.KindFailedPrecondition, refusal.Kind)
		require.Equal(t, "20", refusal.Metadata["remaining"])
		require.Equal(t, "BEEF", refusal.Metadata["item_id"])
		require.Contains(t, refusal.Message, "only 20 of the 60")
		require.Equal(t, "40", o.Lines[0].Received.String())
		require.Equal(t, StatusPartiallyReceived, o.Status)
	})

	t.Run("ChangesNothingWhenOneOfItsItemsIsTooMuch", func(t *testing.T) {
		t.Parallel()
		o := placed(0, map[string]string{"BEEF": "60", "OIL": "5"})
		_, err := o.Receive(append(delivery("BEEF", "60"), delivery("OIL", "5.001")...), noon)
		_ = requireReason(t, err, "OVER_RECEIPT")
		require.True(t, o.Lines[0].Received.IsZero())
		require.Equal(t, StatusPlaced, o.Status)
	})

	t.Run("WaitsForEveryLine", func(t *testing.T) {
		t.Parallel()
		o := placed(0, map[string]string{"BEEF": "60", "OIL": "5"})
		_, err := o.Receive(delivery("BEEF", "60"), noon)
		require.NoError(t, err)
		require.Equal(t, StatusPartiallyReceived, o.Status)
		_, err = o.Receive(delivery("OIL", "5"), noon)
		require.NoError(t, err)
		require.Equal(t, StatusReceived, o.Status)
	})

	t.Run("TellsASecondDeliveryOfAllThatItIsTooMuch", func(t *testing.T) {
		t.Parallel()
		o := placed(0, map[string]string{"BEEF": "60"})
		_, err := o.Receive(delivery("BEEF", "60"), noon)
		require.NoError(t, err)
		_, err = o.Receive(delivery("BEEF", "60"), noon)
		require.Equal(t, "0", requireReason(t, err, "OVER_RECEIPT").Metadata["remaining"])
	})

	t.Run("TakesNoMoreOnceItIsReceivedEvenWithinTheTolerance", func(t *testing.T) {
		t.Parallel()
		o := placed(1000, map[string]string{"BEEF": "60"})
		_, err := o.Receive(delivery("BEEF", "60"), noon)
		require.NoError(t, err)
		_, err = o.Receive(delivery("BEEF", "1"), noon)
		_ = requireReason(t, err, "PO_NOT_RECEIVABLE")
	})

	t.Run("TakesAnotherPriceThanTheOrders", func(t *testing.T) {
		t.Parallel()
		o := placed(0, map[string]string{"BEEF": "60"})
		price := dec("9200.55")
		receipt, err := o.Receive([]Delivered{{ItemID: "BEEF", Quantity: dec("0.5"), UnitCost: &price}}, noon)
		require.NoError(t, err)
		require.Equal(t, int64(4_600), receipt.Cost)
	})

	t.Run("NamesAnItemThatIsNotOfTheOrder", func(t *testing.T) {
		t.Parallel()
		_, err := placed(0, map[string]string{"BEEF": "60"}).Receive(append(delivery("BEEF", "1"), delivery("SALT", "1")...), noon)
		require.Equal(t, "items[1].item_id", requireReason(t, err, fault.ReasonInvalidArgument).Field())
	})

	t.Run("NamesAnItemThatComesTwice", func(t *testing.T) {
		t.Parallel()
		_, err := placed(0, map[string]string{"BEEF": "60"}).Receive(append(delivery("BEEF", "1"), delivery("BEEF", "1")...), noon)
		require.Equal(t, "items[1].item_id", requireReason(t, err, fault.ReasonInvalidArgument).Field())
	})

	t.Run("NamesAPriceThatMakesTooMuch", func(t *testing.T) {
		t.Parallel()
		price := dec("999999999999")
		_, err := placed(0, map[string]string{"BEEF": "99999999999"}).Receive([]Delivered{
			{ItemID: "BEEF", Quantity: dec("99999999999"), UnitCost: &price},
		}, noon)
		require.Equal(t, "items[0].unit_cost", requireReason(t, err, fault.ReasonInvalidArgument).Field())
	})
}

func TestReceiveInEveryState(t *testing.T) {
	t.Parallel()
	for _, status := range allStatuses() {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			o := placed(0, map[string]string{"BEEF": "60"})
			o.Status = status
			_, err := o.Receive(delivery("BEEF", "1"), noon)
			if status == StatusPlaced || status == StatusPartiallyReceived {
				require.NoError(t, err)
				return
			}
			require.Equal(t, string(status), requireReason(t, err, "PO_NOT_RECEIVABLE").Metadata["status"])
		})
	}
}

func TestReceiveNeverTakesMoreThanOrderedAndTolerated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tolerance := rapid.Int32Range(0, 10_000).Draw(t, "tolerance")
		ordered := decimal.New(rapid.Int64Range(1, 100_000).Draw(t, "ordered"), -3)
		o := &Order{Status: StatusPlaced, ToleranceBP: tolerance, Lines: []Line{{ItemID: "BEEF", No: 1, Quantity: ordered, UnitCost: dec("1")}}}
		most := ordered.Mul(decimal.NewFromInt32(10_000 + tolerance)).Div(decimal.NewFromInt(10_000))
		taken := decimal.Zero
		for range rapid.IntRange(1, 8).Draw(t, "deliveries") {
			quantity := decimal.New(rapid.Int64Range(1, 60_000).Draw(t, "quantity"), -3)
			final := o.Status == StatusReceived
			fits := taken.Add(quantity).LessThanOrEqual(most)
			_, err := o.Receive([]Delivered{{ItemID: "BEEF", Quantity: quantity}}, noon)
			require.Equal(t, fits && !final, err == nil)
			if err == nil {
				taken = taken.Add(quantity)
			}
			require.True(t, o.Lines[0].Received.Equal(taken))
			require.Equal(t, taken.GreaterThanOrEqual(ordered), o.Status == StatusReceived)
		}
	})
}
