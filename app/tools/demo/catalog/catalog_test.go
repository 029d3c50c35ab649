package catalog_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

func TestRequirementIsTheMenus(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := catalog.Portion{
			Quantity: rapid.Int64Range(1, 10_000).Draw(t, "quantity"), YieldBP: rapid.Int64Range(1, catalog.FullYield).Draw(t, "yield"),
		}
		portions := rapid.Int64Range(1, 100).Draw(t, "portions")
		part := menu.Ingredient{
			Denominator: decimal.NewFromInt(p.YieldBP), Numerator: decimal.New(p.Quantity, -catalog.QuantityScale).Mul(decimal.NewFromInt(10_000)),
		}
		want := menu.Requirement([]menu.Ingredient{part}, decimal.NewFromInt(portions))
		require.True(t, want.Equal(decimal.New(p.Requirement(portions), -catalog.QuantityScale)), want.String())
	})
}

func TestCatalogues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]catalog.Catalogue{
		"staging": catalog.Staging(), "in dollars": catalog.Staging().In(37), "bulk": catalog.Bulk(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, i := range c.Items {
				require.Positive(t, i.Cost, i.ID)
				require.Less(t, i.Supplier, len(c.Suppliers), i.ID)
			}
			for _, d := range c.Dishes {
				require.Positive(t, d.Price, d.ID)
				require.NotEmpty(t, d.Recipe, d.ID)
				cost, seen := int64(0), map[int]bool{}
				for _, p := range d.Recipe {
					require.False(t, seen[p.Item], "%s names an item twice", d.ID)
					seen[p.Item] = true
					cost += p.Requirement(1) * c.Items[p.Item].Cost
				}
				foodCost := float64(cost) / 1e9 / float64(d.Price)
				require.Greater(t, foodCost, 0.03, d.ID)
				require.Less(t, foodCost, 0.50, d.ID)
			}
		})
	}

	t.Run("BulkTakesFewItems", func(t *testing.T) {
		t.Parallel()
		require.LessOrEqual(t, len(catalog.Bulk().Items), 6)
		require.Len(t, catalog.Bulk().Dishes, 6)
	})
}
