package orders

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

var (
	noon = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)
	day  = civil.NewDate(2024, time.November, 8)
)

func newOrder(t require.TestingT, lines ...Line) *Order {
	o := &Order{ID: "ord_1", Status: StatusOpen}
	require.NoError(t, o.AddLines(lines))
	return o
}

func line(quantity string, price int64, taxBP int32) Line {
	return Line{MenuItemID: "dish", Quantity: decimal.RequireFromString(quantity), UnitPrice: price, TaxRateBP: taxBP}
}

func reason(t *testing.T, err error) string {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	return f.Reason
}

func TestOrderMoney(t *testing.T) {
	t.Parallel()

	t.Run("AddsModifiersToThePriceAndRoundsTheLine", func(t *testing.T) {
		t.Parallel()
		l := line("1.5", 333, 0)
		l.Modifiers = []Modifier{{Name: "cheese", Price: 10}, {Name: "egg", Price: 4}}
		o := newOrder(t, l)
		require.Equal(t, int64(521), o.Gross) // 1.5 × 347 = 520.5
	})

	t.Run("TaxesEachDiscountedLineByItself", func(t *testing.T) {
		t.Parallel()
		// The worked basket of the semantics after its promotions: 23,809; 7,936; 5,555 at 18 %.
		o := newOrder(t, line("1", 23_809, 1800), line("1", 7_936, 1800), line("1", 5_555, 1800))
		require.NoError(t, o.Close(noon, day))
		require.Equal(t, []int64{4_286, 1_428, 1_000}, []int64{o.Lines[0].Tax, o.Lines[1].Tax, o.Lines[2].Tax})
		require.Equal(t, int64(6_714), o.Tax)
		require.Equal(t, int64(44_014), o.Due())
	})

	t.Run("SpreadsAnOrderDiscountByLargestRemainder", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 27_000, 0), line("1", 9_000, 0), line("1", 6_300, 0))
		require.NoError(t, o.GrantDiscount(5_000, Grant{}))
		require.Equal(t, []int64{3_191, 1_064, 745}, []int64{o.Lines[0].Discount, o.Lines[1].Discount, o.Lines[2].Discount})
	})

	t.Run("CompsWhatRemainsAndTaxesNothing", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 8_000, 1800))
		require.NoError(t, o.GrantDiscount(1_000, Grant{LineNo: 1}))
		require.NoError(t, o.CompLines(nil, Grant{}))
		require.Equal(t, int64(7_000), o.Comp)
		require.Zero(t, o.Net())
		require.Zero(t, o.Tax)
	})

	t.Run("LeavesAVoidedLineOut", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 8_000, 1800), line("1", 2_000, 0))
		require.NoError(t, o.VoidLine(1, "sent back", noon))
		require.Equal(t, int64(2_000), o.Gross)
		require.ErrorContains(t, o.GrantDiscount(2_001, Grant{}), "from 1 to 2000")
		require.ErrorContains(t, o.VoidLine(1, "again", noon), "line_no")
	})
}

func TestOrderSteps(t *testing.T) {
	t.Parallel()

	t.Run("RunsFromOpenToClosed", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 100, 0))
		require.NoError(t, o.Send(noon, 900*time.Second))
		require.Equal(t, StatusSent, o.Status)
		require.Equal(t, "NOTHING_TO_SEND", reason(t, o.Send(noon, 900*time.Second)))
		_, err := o.MarkReady(0, noon.Add(900*time.Second))
		require.NoError(t, err)
		require.Equal(t, StatusReady, o.Status)
		_, err = o.MarkReady(0, noon)
		require.Equal(t, "NO_TICKET_RUNNING", reason(t, err))
		require.NoError(t, o.Close(noon, day))
		require.Equal(t, daysales.Figures{Gross: 100, Orders: 1, Tickets: 1, TicketsOnTime: 1}, o.figures())
	})

	t.Run("CountsATicketOneSecondLateAsLate", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 100, 0))
		require.NoError(t, o.Send(noon, 900*time.Second))
		_, err := o.MarkReady(1, noon.Add(901*time.Second))
		require.NoError(t, err)
		require.Equal(t, int64(1), o.figures().Tickets)
		require.Zero(t, o.figures().TicketsOnTime)
	})

	t.Run("RefusesEveryChangeOfAnEndedOrder", func(t *testing.T) {
		t.Parallel()
		for status, want := range map[Status]string{StatusClosed: "ORDER_CLOSED", StatusVoided: "ORDER_VOIDED"} {
			o := newOrder(t, line("1", 100, 0))
			o.Status = status
			require.Equal(t, want, reason(t, o.AddLines([]Line{line("1", 1, 0)})))
			require.Equal(t, want, reason(t, o.VoidLine(1, "x", noon)))
			require.Equal(t, want, reason(t, o.Send(noon, 0)))
			require.Equal(t, want, reason(t, o.GrantDiscount(1, Grant{})))
			require.Equal(t, want, reason(t, o.GrantComp(1, Grant{})))
			require.Equal(t, want, reason(t, o.Close(noon, day)))
		}
	})

	t.Run("ClosesNoEmptyOrder", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "ORDER_EMPTY", reason(t, newOrder(t).Close(noon, day)))
	})

	t.Run("VoidsAClosedOrderOnItsOwnDateOnly", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 100, 0))
		require.NoError(t, o.Close(noon, day))
		require.Equal(t, "ORDER_DAY_ENDED", reason(t, o.Void(noon, day.AddDays(1), "late", "usr", false)))
		was := *o
		require.NoError(t, o.Void(noon, day, "mistake", "usr", false))
		require.Equal(t, daysales.Figures{Gross: -100, Orders: -1, Voids: 1, VoidsValue: 100}, voidDelta(&was, o))
		require.Equal(t, "ORDER_VOIDED", reason(t, o.Void(noon, day, "twice", "usr", false)))
	})

	t.Run("KeepsTheCostOfAVoidUnlessItWasRestocked", func(t *testing.T) {
		t.Parallel()
		for restocked, want := range map[bool]int64{false: 0, true: -40} {
			o := newOrder(t, line("1", 100, 0))
			require.NoError(t, o.Close(noon, day))
			o.SetCost(map[int32]int64{1: 40}, false)
			was := *o
			was.Lines = append([]Line(nil), o.Lines...)
			require.NoError(t, o.Void(noon, day, "mistake", "usr", restocked))
			require.Equal(t, want, voidDelta(&was, o).COGS)
		}
	})
}

func TestRefund(t *testing.T) {
	t.Parallel()

	t.Run("NeedsAClosedOrderAndWhatIsLeftOfIt", func(t *testing.T) {
		t.Parallel()
		o := newOrder(t, line("1", 100, 0))
		_, err := o.Refund(1, day, false, Grant{})
		require.Equal(t, "ORDER_NOT_CLOSED", reason(t, err))
		require.NoError(t, o.Close(noon, day))
		_, err = o.Refund(101, day, false, Grant{})
		require.ErrorContains(t, err, "amount")
		_, err = o.Refund(99, day, true, Grant{})
		require.ErrorContains(t, err, "restock")
		_, err = o.Refund(100, day, true, Grant{})
		require.NoError(t, err)
		require.Equal(t, "ORDER_REFUNDED", reason(t, o.Void(noon, day, "x", "usr", false)))
	})

	t.Run("PaysBackAllTaxWhenAllIsRefunded", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			o := newOrder(t, line("1", rapid.Int64Range(1, 1_000_000).Draw(t, "price"), rapid.Int32Range(0, 10_000).Draw(t, "tax")))
			require.NoError(t, o.Close(noon, day))
			var tax int64
			for o.Net() > 0 {
				a, err := o.Refund(rapid.Int64Range(max(1, o.Net()/4), o.Net()).Draw(t, "amount"), day, false, Grant{})
				require.NoError(t, err)
				require.GreaterOrEqual(t, a.Tax, int64(0))
				tax += a.Tax
			}
			require.Equal(t, o.Tax, tax)
		})
	})
}

func TestNoGrantMakesALineNegativeAndSharesSumToTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := newOrder(t)
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			require.NoError(t, o.AddLines([]Line{line("1", rapid.Int64Range(0, 10_000).Draw(t, "price"), 1800)}))
		}
		var discounts, comps int64
		for range rapid.IntRange(0, 6).Draw(t, "grants") {
			no := rapid.Int32Range(0, int32(len(o.Lines))).Draw(t, "line")
			left := o.remaining(no)
			if left == 0 {
				continue
			}
			amount := rapid.Int64Range(1, left).Draw(t, "amount")
			if rapid.Bool().Draw(t, "comp") {
				require.NoError(t, o.GrantComp(amount, Grant{LineNo: no}))
				comps += amount
			} else {
				require.NoError(t, o.GrantDiscount(amount, Grant{LineNo: no}))
				discounts += amount
			}
		}
		require.Equal(t, discounts, o.Discount)
		require.Equal(t, comps, o.Comp)
		for i := range o.Lines {
			require.GreaterOrEqual(t, o.Lines[i].remaining(), int64(0))
		}
	})
}
