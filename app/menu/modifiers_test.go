package menu_test

import (
	"context"
	"fmt"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

func (b *testBundle) group(id string, least, most int32, modifiers ...*menuv1.Modifier) (*menuv1.ModifierGroup, error) {
	resp, err := b.client.UpsertModifierGroup(context.Background(), &menuv1.UpsertModifierGroupRequest{ModifierGroup: &menuv1.ModifierGroup{
		Id: id, Name: "Toppings", MinChoices: least, MaxChoices: most, Modifiers: modifiers,
	}})
	return resp.GetModifierGroup(), err
}

func TestModifierGroups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.prepare("SAUCE", 1, &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}))
	modifier := func(id string, recipe ...*menuv1.RecipeLine) *menuv1.Modifier {
		return &menuv1.Modifier{Id: id, Name: id, Price: 500, Active: true, Recipe: recipe}
	}
	inactive := modifier("INACTIVE")
	inactive.Active = false

	t.Run("TakeOffTheMenuWhatTheyHaveNoLonger", func(t *testing.T) {
		t.Parallel()
		cheese := modifier("CHEESE", &menuv1.RecipeLine{ItemId: b.item, Quantity: 0.02}, &menuv1.RecipeLine{PreparationId: "SAUCE", Quantity: 0.1})
		plain := modifier("PLAIN", &menuv1.RecipeLine{ItemId: b.item, Quantity: -0.02, YieldBp: 9000})
		_, err := b.group("RETIRING", 0, 2, cheese, plain)
		require.NoError(t, err)
		_, err = b.group("RETIRING", 1, 1, plain)
		require.NoError(t, err)
		listed, err := b.client.ListModifierGroups(t.Context(), &menuv1.ListModifierGroupsRequest{PageSize: 500})
		require.NoError(t, err)
		modifiers := make(map[string]*menuv1.Modifier)
		for _, g := range listed.GetModifierGroups() {
			if g.GetId() == "RETIRING" {
				require.EqualValues(t, 1, g.GetMinChoices())
				for _, m := range g.GetModifiers() {
					modifiers[m.GetId()] = m
				}
			}
		}
		require.Len(t, modifiers, 2, "one that orders may refer to is only taken off the menu")
		require.False(t, modifiers["CHEESE"].GetActive())
		require.Len(t, modifiers["CHEESE"].GetRecipe(), 2)
		require.True(t, modifiers["PLAIN"].GetActive())
		require.InDelta(t, -0.02, modifiers["PLAIN"].GetRecipe()[0].GetQuantity(), 0)
	})

	t.Run("MintIDs", func(t *testing.T) {
		t.Parallel()
		g, err := b.group("", 0, 1, &menuv1.Modifier{Name: "Extra", Active: true})
		require.NoError(t, err)
		require.Contains(t, g.GetId(), "mgr_")
		require.Contains(t, g.GetModifiers()[0].GetId(), "mod_")
	})

	_, err := b.group("OWNER", 0, 1, modifier("OWNED"))
	require.NoError(t, err)
	item := func(quantity float64) *menuv1.RecipeLine {
		return &menuv1.RecipeLine{ItemId: b.item, Quantity: quantity}
	}
	cases := map[string]struct {
		least, most int32
		modifiers   []*menuv1.Modifier
		field       string
	}{
		"no modifiers":                     {0, 1, nil, "modifier_group.modifiers"},
		"no choices":                       {0, 0, []*menuv1.Modifier{modifier("M")}, "modifier_group.max_choices"},
		"least above most":                 {2, 1, []*menuv1.Modifier{modifier("M"), modifier("N")}, "modifier_group.min_choices"},
		"least above what is on the menu":  {2, 2, []*menuv1.Modifier{modifier("M"), inactive}, "modifier_group.min_choices"},
		"a modifier twice":                 {0, 1, []*menuv1.Modifier{modifier("M"), modifier("M")}, "modifier_group.modifiers[1].id"},
		"a modifier of another group":      {0, 1, []*menuv1.Modifier{modifier("M"), modifier("OWNED")}, "modifier_group.modifiers[1].id"},
		"a modifier without a name":        {0, 1, []*menuv1.Modifier{{Id: "M"}}, "modifier_group.modifiers[0].name"},
		"a price below nothing":            {0, 1, []*menuv1.Modifier{{Id: "M", Name: "M", Price: -1}}, "modifier_group.modifiers[0].price"},
		"an unknown item":                  {0, 1, []*menuv1.Modifier{modifier("M", item(1), &menuv1.RecipeLine{ItemId: "NONE", Quantity: 1})}, "modifier_group.modifiers[0].recipe[1].item_id"},
		"an unknown preparation":           {0, 1, []*menuv1.Modifier{modifier("M"), modifier("N", &menuv1.RecipeLine{PreparationId: "NONE", Quantity: 1})}, "modifier_group.modifiers[1].recipe[0].preparation_id"},
		"nothing of an item":               {0, 1, []*menuv1.Modifier{modifier("M", item(0))}, "modifier_group.modifiers[0].recipe[0].quantity"},
		"four decimals":                    {0, 1, []*menuv1.Modifier{modifier("M", item(0.0001))}, "modifier_group.modifiers[0].recipe[0].quantity"},
		"more left out than can be booked": {0, 1, []*menuv1.Modifier{modifier("M", &menuv1.RecipeLine{ItemId: b.item, Quantity: -1001, YieldBp: 1})}, "modifier_group.modifiers[0].recipe"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.group("BAD", tc.least, tc.most, tc.modifiers...)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Equal(t, []string{tc.field}, fields)
		})
	}

	t.Run("AreNamedByDishes", func(t *testing.T) {
		t.Parallel()
		dish := burger("CHOOSY", item(1))
		dish.ModifierGroupIds = []string{"OWNER"}
		stored, err := b.upsert(t, dish)
		require.NoError(t, err)
		require.Equal(t, []string{"OWNER"}, stored.GetModifierGroupIds())
		dish.ModifierGroupIds = []string{"OWNER", "NONE"}
		_, err = b.upsert(t, dish)
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{"menu_item.modifier_group_ids[1]"}, fields)
	})
}

// TestTwoGroupsNeverShareAModifier has both writers look before either has written.
func TestTwoGroupsNeverShareAModifier(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 8 {
		id := fmt.Sprint("M", i)
		refused := make([]bool, 2)
		var both errgroup.Group
		for side := range refused {
			both.Go(func() error {
				group := fmt.Sprintf("G%d_%d", i, side)
				_, err := b.group(group, 0, 1, &menuv1.Modifier{Id: id, Name: group, Active: true})
				refused[side] = err != nil
				return nil
			})
		}
		require.NoError(t, both.Wait())
		require.NotEqual(t, refused[0], refused[1], "one of the two")
		var owner, name string
		require.NoError(t, b.db.QueryRow(t.Context(), `SELECT group_id, name FROM modifiers WHERE org_id = $1 AND id = $2`, b.owner.OrgID, id).Scan(&owner, &name))
		require.Equal(t, owner, name)
	}
}
