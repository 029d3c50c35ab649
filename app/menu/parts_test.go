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
		for name, c := range map[string]struct {
			line  *menuv1.RecipeLine
			field string
		}{
			"Nothing":       {&menuv1.RecipeLine{Quantity: 1}, "preparation.recipe[0].item_id"},
			"Both":          {&menuv1.RecipeLine{ItemId: b.item, PreparationId: "A", Quantity: 1}, "preparation.recipe[0].preparation_id"},
			"NoPreparation": {&menuv1.RecipeLine{PreparationId: "A", Quantity: 1}, "preparation.recipe[0].preparation_id"},
			"LeavingOut":    {&menuv1.RecipeLine{ItemId: b.item, Quantity: -1}, "preparation.recipe[0].quantity"},
		} {
			_, _, fields := rpctest.Fault(t, b.prepare("P", 1, c.line))
			require.Equal(t, []string{c.field}, fields, name)
		}
	})
}

func TestModifierGroups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	group := func(id string, modifiers ...*menuv1.Modifier) error {
		_, err := b.client.UpsertModifierGroup(t.Context(), &menuv1.UpsertModifierGroupRequest{ModifierGroup: &menuv1.ModifierGroup{
			Id: id, Name: id, MaxChoices: 2, Modifiers: modifiers,
		}})
		return err
	}
	cheese := &menuv1.Modifier{Id: "CHEESE", Name: "Cheese", Price: 500, Active: true, Recipe: []*menuv1.RecipeLine{{ItemId: b.item, Quantity: 0.02}}}
	plain := &menuv1.Modifier{Id: "PLAIN", Name: "No cheese", Active: true, Recipe: []*menuv1.RecipeLine{{ItemId: b.item, Quantity: -0.02}}}
	require.NoError(t, group("TOPPINGS", cheese, plain))
	require.NoError(t, group("TOPPINGS", plain))
	listed, err := b.client.ListModifierGroups(t.Context(), &menuv1.ListModifierGroupsRequest{})
	require.NoError(t, err)
	modifiers := listed.GetModifierGroups()[0].GetModifiers()
	require.Len(t, modifiers, 2, "one that orders may refer to is only taken off the menu")
	active := map[string]bool{}
	for _, m := range modifiers {
		active[m.GetId()] = m.GetActive()
	}
	require.Equal(t, map[string]bool{"CHEESE": false, "PLAIN": true}, active)

	_, _, fields := rpctest.Fault(t, group("OTHERS", plain))
	require.Equal(t, []string{"modifier_group.modifiers[0].id"}, fields)
	_, _, fields = rpctest.Fault(t, group("TWICE", cheese, cheese))
	require.Equal(t, []string{"modifier_group.modifiers[1].id"}, fields)
	dish := burger("B1", &menuv1.RecipeLine{ItemId: b.item, Quantity: 1})
	dish.ModifierGroupIds = []string{"TOPPINGS", "NONE"}
	_, err = b.upsert(t, dish)
	_, _, fields = rpctest.Fault(t, err)
	require.Equal(t, []string{"menu_item.modifier_group_ids[1]"}, fields)
}

func TestCategories(t *testing.T) {
	t.Parallel()
	b := setup(t)
	drink := burger("D1")
	drink.Category = "DRINK"
	_, err := b.upsert(t, drink)
	require.NoError(t, err)
	_, err = b.upsert(t, burger("B1"))
	require.NoError(t, err)
	_, err = b.client.UpsertCategory(t.Context(), &menuv1.UpsertCategoryRequest{Category: &menuv1.Category{Name: "FOOD", Position: 0}})
	require.NoError(t, err)
	listed, err := b.client.ListCategories(t.Context(), &menuv1.ListCategoriesRequest{})
	require.NoError(t, err)
	require.Len(t, listed.GetCategories(), 2)
	require.Equal(t, "FOOD", listed.GetCategories()[0].GetName())
	require.EqualValues(t, 1, listed.GetCategories()[0].GetDishes())
}
