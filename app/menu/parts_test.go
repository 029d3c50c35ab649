package menu_test

import (
	"context"
	"fmt"
	"testing"

	"connectrpc.com/connect"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

func (b *testBundle) prepare(id string, output float64, recipe ...*menuv1.RecipeLine) error {
	_, err := b.client.UpsertPreparation(context.Background(), &menuv1.UpsertPreparationRequest{Preparation: &menuv1.Preparation{
		Id: id, Name: id, OutputQuantity: output, OutputUnit: "l", Recipe: recipe,
	}})
	return err
}

func TestPreparations(t *testing.T) {
	t.Parallel()

	t.Run("AreMadeOfEachOtherDownToItems", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		oil := factory.Item(t, b.db, b.owner)
		// 4 l of sauce are 5 kg of the item at a yield of 80 % and 0.5 l of oil; 2 l of dressing are 1 l of sauce and 1 l of oil.
		require.NoError(t, b.prepare("SAUCE", 4, &menuv1.RecipeLine{ItemId: b.item, Quantity: 5, YieldBp: 8000}, &menuv1.RecipeLine{ItemId: oil, Quantity: 0.5}))
		require.NoError(t, b.prepare("DRESSING", 2, &menuv1.RecipeLine{PreparationId: "SAUCE", Quantity: 1}, &menuv1.RecipeLine{ItemId: oil, Quantity: 1}))
		_, err := b.upsert(t, burger("SALAD", &menuv1.RecipeLine{PreparationId: "DRESSING", Quantity: 0.1, YieldBp: 9000}, &menuv1.RecipeLine{ItemId: oil, Quantity: 0.01}))
		require.NoError(t, err)

		dishes, _, err := menu.LoadWith(t.Context(), b.db, b.owner.OrgID, []string{"SALAD"}, nil)
		require.NoError(t, err)
		_, parts := menu.ByItem(dishes["SALAD"].Ingredients)
		require.Len(t, parts[oil], 3)
		// One portion takes 0.1 ÷ 0.9 l of dressing: half sauce, at 6.25 kg ÷ 4 l, and half oil.
		portions := decimal.NewFromInt(9)
		require.Equal(t, "0.781", menu.Requirement(parts[b.item], portions).String()) // 9 × 0.1 ÷ 0.9 ÷ 2 × 1.5625 = 0.78125
		require.Equal(t, "0.653", menu.Requirement(parts[oil], portions).String())    // 0.5 × 0.125 + 0.5 + 0.09 = 0.6525

		branch := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: branch, ItemID: b.item, Quantity: "1", UnitCost: "4000"})
		cost, err := b.client.GetMenuItemCost(t.Context(), &menuv1.GetMenuItemCostRequest{MenuItemId: "SALAD", BranchId: branch})
		require.NoError(t, err)
		require.EqualValues(t, 348, cost.GetCost()) // 0.087 kg at 4,000; the oil has no cost yet
		require.EqualValues(t, 232, cost.GetFoodCostBp())
	})

	t.Run("NeverComeBackToThemselves", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		item := &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}
		for _, id := range []string{"A", "B", "C"} {
			require.NoError(t, b.prepare(id, 1, item))
		}
		require.NoError(t, b.prepare("A", 1, &menuv1.RecipeLine{PreparationId: "B", Quantity: 1}))
		require.NoError(t, b.prepare("B", 1, &menuv1.RecipeLine{PreparationId: "C", Quantity: 1}))
		err := b.prepare("C", 1, item, &menuv1.RecipeLine{PreparationId: "A", Quantity: 1})
		code, reason, fields := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code)
		require.Equal(t, "RECIPE_CYCLE", reason)
		require.Equal(t, []string{"preparation.recipe[1].preparation_id"}, fields)
		require.ErrorContains(t, err, "C → A → B → C")
		require.Error(t, b.prepare("D", 1, &menuv1.RecipeLine{PreparationId: "D", Quantity: 1}))
	})

	t.Run("NotEvenWhenTwoWritersAddHalfACycleEach", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i := range 8 {
			x, y := fmt.Sprint("X", i), fmt.Sprint("Y", i)
			require.NoError(t, b.prepare(x, 1, &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}))
			require.NoError(t, b.prepare(y, 1, &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}))
			refused := make([]bool, 2)
			var both errgroup.Group
			both.Go(func() error {
				refused[0] = b.prepare(x, 1, &menuv1.RecipeLine{PreparationId: y, Quantity: 1}) != nil
				return nil
			})
			both.Go(func() error {
				refused[1] = b.prepare(y, 1, &menuv1.RecipeLine{PreparationId: x, Quantity: 1}) != nil
				return nil
			})
			require.NoError(t, both.Wait())
			require.NotEqual(t, refused[0], refused[1], "one of the two")
		}
	})

	t.Run("RefuseWhatMakesNoSense", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		item := func(quantity float64) *menuv1.RecipeLine {
			return &menuv1.RecipeLine{ItemId: b.item, Quantity: quantity}
		}
		require.NoError(t, b.prepare("KNOWN", 1, item(1)))
		known := &menuv1.RecipeLine{PreparationId: "KNOWN", Quantity: 1}
		for name, c := range map[string]struct {
			output float64
			recipe []*menuv1.RecipeLine
			field  string
		}{
			"no component":              {1, []*menuv1.RecipeLine{{Quantity: 1}}, "preparation.recipe[0].item_id"},
			"an item and a preparation": {1, []*menuv1.RecipeLine{{ItemId: b.item, PreparationId: "KNOWN", Quantity: 1}}, "preparation.recipe[0].preparation_id"},
			"an unknown item":           {1, []*menuv1.RecipeLine{item(1), {ItemId: "NONE", Quantity: 1}}, "preparation.recipe[1].item_id"},
			"an unknown preparation":    {1, []*menuv1.RecipeLine{item(1), {PreparationId: "NONE", Quantity: 1}}, "preparation.recipe[1].preparation_id"},
			"an item twice":             {1, []*menuv1.RecipeLine{item(1), item(2)}, "preparation.recipe[1].item_id"},
			"a preparation twice":       {1, []*menuv1.RecipeLine{known, known}, "preparation.recipe[1].preparation_id"},
			"leaving out":               {1, []*menuv1.RecipeLine{item(-1)}, "preparation.recipe[0].quantity"},
			"nothing of an item":        {1, []*menuv1.RecipeLine{item(0)}, "preparation.recipe[0].quantity"},
			"four decimals":             {1, []*menuv1.RecipeLine{item(0.0001)}, "preparation.recipe[0].quantity"},
			"a yield of more than all":  {1, []*menuv1.RecipeLine{{ItemId: b.item, Quantity: 1, YieldBp: 10_001}}, "preparation.recipe[0].yield_bp"},
			"more than can be booked":   {1, []*menuv1.RecipeLine{{ItemId: b.item, Quantity: 1001, YieldBp: 1}}, "preparation.recipe"},
			"no output":                 {0, []*menuv1.RecipeLine{item(1)}, "preparation.output_quantity"},
			"output in four decimals":   {0.0001, []*menuv1.RecipeLine{item(1)}, "preparation.output_quantity"},
			"no recipe":                 {1, nil, "preparation.recipe"},
		} {
			err := b.prepare("P", c.output, c.recipe...)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, name)
			require.Equal(t, []string{c.field}, fields, name)
		}
		listed, err := b.client.ListPreparations(t.Context(), &menuv1.ListPreparationsRequest{})
		require.NoError(t, err)
		require.Len(t, listed.GetPreparations(), 1, "nothing was written")
	})

	t.Run("BoundWhatADishTakesThroughThem", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, b.prepare("ESSENCE", 0.001, &menuv1.RecipeLine{ItemId: b.item, Quantity: 10}))
		_, err := b.upsert(t, burger("B1", &menuv1.RecipeLine{PreparationId: "ESSENCE", Quantity: 1000}))
		require.NoError(t, err)
		_, err = b.upsert(t, burger("B1", &menuv1.RecipeLine{PreparationId: "ESSENCE", Quantity: 1000.1}))
		_, reason, fields := rpctest.Fault(t, err)
		require.Equal(t, "QUANTITY_TOO_LARGE", reason)
		require.Equal(t, []string{"menu_item.recipe"}, fields)
	})

	t.Run("AreListedPageByPage", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, id := range []string{"C", "A", "B"} {
			require.NoError(t, b.prepare(id, 2.5, &menuv1.RecipeLine{ItemId: b.item, Quantity: 0.125, YieldBp: 9000}))
		}
		first, err := b.client.ListPreparations(t.Context(), &menuv1.ListPreparationsRequest{PageSize: 2})
		require.NoError(t, err)
		require.Len(t, first.GetPreparations(), 2)
		require.Equal(t, "A", first.GetPreparations()[0].GetId())
		require.InDelta(t, 2.5, first.GetPreparations()[0].GetOutputQuantity(), 0)
		require.InDelta(t, 0.125, first.GetPreparations()[0].GetRecipe()[0].GetQuantity(), 0)
		rest, err := b.client.ListPreparations(t.Context(), &menuv1.ListPreparationsRequest{PageSize: 2, PageToken: first.GetNextPageToken()})
		require.NoError(t, err)
		require.Len(t, rest.GetPreparations(), 1)
		require.Empty(t, rest.GetNextPageToken())
		stranger, err := b.as(factory.Organisation(t, b.db, factory.OrgOpts{})).ListPreparations(t.Context(), &menuv1.ListPreparationsRequest{})
		require.NoError(t, err)
		require.Empty(t, stranger.GetPreparations())
	})
}
