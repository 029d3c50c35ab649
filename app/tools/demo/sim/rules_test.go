package sim_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// TestOrdersFollowTheRulesOfTheProduct takes each simulated order through the product's own rules.
func TestOrdersFollowTheRulesOfTheProduct(t *testing.T) {
	t.Parallel()
	seen, _ := simulate(t, run{from: civil.NewDate(2024, time.October, 1), days: 60, seed: 11})
	kinds := map[string]int{}
	for _, s := range seen.orders {
		o := replay(t, &s, kinds)
		require.Equal(t, []int64{o.Gross, o.Discount, o.Comp, o.Refunded, o.Tax}, []int64{s.Gross, s.Discount, s.Comp, s.Refunded, s.Tax}, s.ID)
		cogs := int64(0)
		for i, l := range s.Lines {
			require.Equal(t, []int64{o.Lines[i].Gross, o.Lines[i].Discount, o.Lines[i].Comp}, []int64{l.Gross, l.Discount, l.Comp}, s.ID)
			if l.VoidedAt.IsZero() {
				require.Equal(t, o.Lines[i].Tax, l.Tax, s.ID)
			} else {
				kinds["STRUCK"]++
				require.Zero(t, l.COGS)
			}
			cogs += l.COGS
		}
		require.Equal(t, cogs, s.COGS)
	}
	for _, kind := range []string{"COMP", "DISCOUNT", "MODIFIER", "REFUND", "STRUCK", "VOIDED"} {
		require.Positive(t, kinds[kind], "no order has a %s", kind)
	}
}

func replay(t *testing.T, s *sim.Order, kinds map[string]int) *orders.Order {
	t.Helper()
	o := &orders.Order{ID: s.ID, Status: orders.StatusOpen}
	lines := make([]orders.Line, len(s.Lines))
	for i, l := range s.Lines {
		lines[i] = orders.Line{Quantity: decimal.NewFromInt(l.Portions), TaxRateBP: l.Dish.TaxRateBP, UnitPrice: l.Dish.Price}
		if l.Modifier != nil {
			kinds["MODIFIER"]++
			lines[i].Modifiers = []orders.Modifier{{Name: l.Modifier.Name, Price: l.Modifier.Price}}
		}
	}
	require.NoError(t, o.AddLines(lines))
	for i, l := range s.Lines {
		if !l.VoidedAt.IsZero() {
			require.NoError(t, o.VoidLine(int32(i)+1, l.VoidReason, l.VoidedAt))
		}
	}
	if s.Status == "VOIDED" {
		kinds["VOIDED"]++
		require.NoError(t, o.Void(s.VoidedAt, s.BusinessDate, s.VoidReason, "x", false))
		return o
	}
	for _, a := range s.Adjustments {
		kinds[a.Kind]++
		grant := orders.Grant{At: a.CreatedAt, LineNo: a.LineNo, Reason: a.Reason}
		switch a.Kind {
		case "DISCOUNT":
			require.NoError(t, o.GrantDiscount(a.Amount, grant))
		case "COMP":
			require.NoError(t, o.GrantComp(a.Amount, grant))
		case "REFUND":
			require.NoError(t, o.Close(s.ClosedAt, s.BusinessDate))
			refund, err := o.Refund(a.Amount, a.BusinessDate, false, grant)
			require.NoError(t, err)
			require.Equal(t, refund.Tax, a.Tax)
		}
	}
	if o.Status != orders.StatusClosed {
		require.NoError(t, o.Close(s.ClosedAt, s.BusinessDate))
	}
	return o
}
