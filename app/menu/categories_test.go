package menu_test

import (
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
)

func TestCategories(t *testing.T) {
	t.Parallel()

	t.Run("ComeLastWhenADishIsTheFirstToHaveThem", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		place := func(name string, position int32) {
			_, err := b.client.UpsertCategory(t.Context(), &menuv1.UpsertCategoryRequest{Category: &menuv1.Category{Name: name, Position: position}})
			require.NoError(t, err)
		}
		place("STARTERS", 20)
		place("DESSERTS", 10)
		dish := func(id, category string, active bool) {
			item := burger(id)
			item.Category, item.Active = category, active
			_, err := b.upsert(t, item)
			require.NoError(t, err)
		}
		dish("D1", "DRINK", true)
		dish("D2", "DRINK", false)
		dish("S1", "STARTERS", true)
		place("STARTERS", 5)

		listed, err := b.client.ListCategories(t.Context(), &menuv1.ListCategoriesRequest{})
		require.NoError(t, err)
		var names []string
		dishes := make(map[string]int64)
		for _, c := range listed.GetCategories() {
			names = append(names, c.GetName())
			dishes[c.GetName()] = c.GetDishes()
		}
		require.Equal(t, []string{"STARTERS", "DESSERTS", "DRINK"}, names)
		require.Equal(t, map[string]int64{"STARTERS": 1, "DESSERTS": 0, "DRINK": 1}, dishes, "those off the menu don't count")

		stranger, err := b.as(factory.Organisation(t, b.db, factory.OrgOpts{})).ListCategories(t.Context(), &menuv1.ListCategoriesRequest{})
		require.NoError(t, err)
		require.Empty(t, stranger.GetCategories())
	})

	t.Run("RefuseWhatMakesNoSense", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for field, c := range map[string]*menuv1.Category{
			"category":          nil,
			"category.name":     {Name: strings.Repeat("x", 65)},
			"category.position": {Name: "FOOD", Position: -1},
		} {
			_, err := b.client.UpsertCategory(t.Context(), &menuv1.UpsertCategoryRequest{Category: c})
			_, _, fields := rpctest.Fault(t, err)
			require.Equal(t, []string{field}, fields)
		}
		_, err := b.as(factory.As(b.owner, caller.RoleSupervisor, "B1")).UpsertCategory(t.Context(),
			&menuv1.UpsertCategoryRequest{Category: &menuv1.Category{Name: "FOOD"}})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})
}
