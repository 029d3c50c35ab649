package menu_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

func TestMenuItemCosts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	here, there := factory.Branch(t, b.db, b.owner, factory.BranchOpts{}), factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	oil, saffron := factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner)
	early := time.Date(2024, time.November, 1, 9, 0, 0, 0, time.UTC)
	for i, batch := range []factory.BatchOpts{
		{BranchID: here, ItemID: b.item, Quantity: "1", UnitCost: "4000"},
		{BranchID: here, ItemID: b.item, Quantity: "1", UnitCost: "4600.5"},
		{BranchID: there, ItemID: b.item, Quantity: "1", UnitCost: "5000"},
		{BranchID: there, ItemID: oil, Quantity: "1", UnitCost: "900"},
	} {
		batch.ReceivedAt = early.AddDate(0, 0, i)
		factory.Batch(t, b.db, b.owner, batch)
	}
	// 2 l of sauce are 1 kg of the item at a yield of 80 % and 0.5 l of oil.
	require.NoError(t, b.prepare("SAUCE", 2, &menuv1.RecipeLine{ItemId: b.item, Quantity: 1, YieldBp: 8000}, &menuv1.RecipeLine{ItemId: oil, Quantity: 0.5}))
	sauce := &menuv1.RecipeLine{PreparationId: "SAUCE", Quantity: 0.4}
	for _, dish := range []*menuv1.MenuItem{
		burger("BURGER", &menuv1.RecipeLine{ItemId: b.item, Quantity: 0.25}, sauce),
		burger("PAELLA", sauce, &menuv1.RecipeLine{ItemId: saffron, Quantity: 0.001}),
		{Id: "TAP_WATER", Name: "Tap water", Category: "DRINK", Active: true},
	} {
		_, err := b.upsert(t, dish)
		require.NoError(t, err)
	}
	cost := func(t *testing.T, as caller.Caller, id, branch string) *menuv1.GetMenuItemCostResponse {
		t.Helper()
		c, err := b.as(as).GetMenuItemCost(t.Context(), &menuv1.GetMenuItemCostRequest{MenuItemId: id, BranchId: branch})
		require.NoError(t, err)
		return c
	}

	t.Run("AreOfTheBranchsNewestBatchesThroughPreparations", func(t *testing.T) {
		t.Parallel()
		c := cost(t, b.owner, "BURGER", here)
		require.Len(t, c.GetIngredients(), 2)
		byItem := map[string]*menuv1.IngredientCost{}
		for _, i := range c.GetIngredients() {
			byItem[i.GetItemId()] = i
		}
		require.InDelta(t, 0.5, byItem[b.item].GetQuantity(), 0) // 0.25 + 0.4 ÷ 2 ÷ 0.8
		require.Equal(t, "4600.5", byItem[b.item].GetUnitCost()) // not the older batch
		require.EqualValues(t, 2300, byItem[b.item].GetCost())   // 2300.25
		require.EqualValues(t, 90, byItem[oil].GetCost())        // 0.1 at the other branch's cost
		require.EqualValues(t, 2390, c.GetCost())                // what is shown adds up
		require.EqualValues(t, 15_000-2390, c.GetMargin())       //
		require.EqualValues(t, 8407, c.GetMarginBp())            // 12610 ÷ 15000
		require.EqualValues(t, 1593, c.GetFoodCostBp())          // 2390 ÷ 15000
		require.Equal(t, "UGX", c.GetCurrency())
		require.False(t, c.GetPartial())
	})

	t.Run("AreOfAnyBranchsNewestBatchesForTheOrganisation", func(t *testing.T) {
		t.Parallel()
		require.EqualValues(t, 2500+90, cost(t, b.owner, "BURGER", "").GetCost())
		require.EqualValues(t, 2390, cost(t, factory.As(b.owner, caller.RoleSupervisor, here), "BURGER", "").GetCost(), "a supervisor's is the own branch")
	})

	t.Run("SayWhenAnIngredientHasNoCost", func(t *testing.T) {
		t.Parallel()
		require.True(t, cost(t, b.owner, "PAELLA", here).GetPartial())
	})

	t.Run("HaveNoRatiosWithoutAPrice", func(t *testing.T) {
		t.Parallel()
		c := cost(t, b.owner, "TAP_WATER", here)
		require.Nil(t, c.MarginBp)
		require.Nil(t, c.FoodCostBp)
		require.Empty(t, c.GetIngredients())
	})

	t.Run("AreListedAsTheyAreForOneDish", func(t *testing.T) {
		t.Parallel()
		for _, branch := range []string{here, there, ""} {
			var listed []string
			for token := "first"; token != ""; {
				req := &menuv1.ListMenuItemCostsRequest{BranchId: branch, PageSize: 2}
				if token != "first" {
					req.PageToken = token
				}
				resp, err := b.client.ListMenuItemCosts(t.Context(), req)
				require.NoError(t, err)
				require.Equal(t, "UGX", resp.GetCurrency())
				for _, c := range resp.GetCosts() {
					listed = append(listed, c.GetMenuItemId())
					one := cost(t, b.owner, c.GetMenuItemId(), branch)
					require.Equal(t, one.GetCost(), c.GetCost())
					require.Equal(t, one.GetMargin(), c.GetMargin())
					require.Equal(t, one.FoodCostBp, c.FoodCostBp)
					require.Equal(t, one.MarginBp, c.MarginBp)
					require.Equal(t, one.GetPartial(), c.GetPartial())
				}
				token = resp.GetNextPageToken()
			}
			require.Equal(t, []string{"BURGER", "PAELLA", "TAP_WATER"}, listed)
		}
	})

	t.Run("AreNotForStaffNorOfOtherBranches", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			as     caller.Caller
			id     string
			branch string
			code   connect.Code
			reason string
		}{
			"staff":          {factory.As(b.owner, caller.RoleStaff, here), "BURGER", here, connect.CodePermissionDenied, "NOT_PERMITTED"},
			"another branch": {factory.As(b.owner, caller.RoleSupervisor, here), "BURGER", there, connect.CodeNotFound, "BRANCH_NOT_FOUND"},
			"no such branch": {b.owner, "BURGER", "NONE", connect.CodeNotFound, "BRANCH_NOT_FOUND"},
			"no such dish":   {b.owner, "NONE", here, connect.CodeNotFound, "MENU_ITEM_NOT_FOUND"},
			"foreign":        {factory.Organisation(t, b.db, factory.OrgOpts{}), "BURGER", "", connect.CodeNotFound, "MENU_ITEM_NOT_FOUND"},
		} {
			_, err := b.as(c.as).GetMenuItemCost(t.Context(), &menuv1.GetMenuItemCostRequest{MenuItemId: c.id, BranchId: c.branch})
			code, reason, _ := rpctest.Fault(t, err)
			require.Equal(t, c.code, code, name)
			require.Equal(t, c.reason, reason, name)
			if c.id == "BURGER" && c.branch != "" {
				_, err = b.as(c.as).ListMenuItemCosts(t.Context(), &menuv1.ListMenuItemCostsRequest{BranchId: c.branch})
				require.Equal(t, c.code, connect.CodeOf(err), name)
			}
		}
	})
}
