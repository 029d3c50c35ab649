package menu_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
)

type testBundle struct {
	client menuv1connect.MenuServiceClient
	db     *postgres.DB
	item   string
	owner  caller.Caller
	server *rpctest.Server
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{db: dbtest.New(t)}
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	b.item = factory.Item(t, b.db, b.owner)
	now := clock.Fixed(time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC))
	handler := menu.NewHandler(b.db, menu.NewService(now))
	b.server = rpctest.New(t, rpc.Service{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(handler, options...)
		},
	})
	b.client = b.as(b.owner)
	return b
}

func (b *testBundle) as(c caller.Caller) menuv1connect.MenuServiceClient {
	return menuv1connect.NewMenuServiceClient(b.server.As(c), b.server.URL)
}

func burger(id string, recipe ...*menuv1.RecipeLine) *menuv1.MenuItem {
	return &menuv1.MenuItem{Id: id, Name: "Burger", Category: "FOOD", Price: 15_000, TaxRateBp: 1800, Active: true, Recipe: recipe}
}

func (b *testBundle) upsert(t *testing.T, item *menuv1.MenuItem) (*menuv1.MenuItem, error) {
	t.Helper()
	resp, err := b.client.UpsertMenuItem(t.Context(), &menuv1.UpsertMenuItemRequest{MenuItem: item})
	return resp.GetMenuItem(), err
}

func TestUpsertMenuItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Item(t, b.db, b.owner)

	t.Run("MintsAnIDAndAssumesAFullYield", func(t *testing.T) {
		t.Parallel()
		got, err := b.upsert(t, burger("", &menuv1.RecipeLine{ItemId: b.item, Quantity: 0.125}))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(got.GetId(), "menu_"))
		require.Equal(t, int32(10_000), got.GetRecipe()[0].GetYieldBp())
		require.InDelta(t, 0.125, got.GetRecipe()[0].GetQuantity(), 0)
	})

	t.Run("ReplacesTheDishWhole", func(t *testing.T) {
		t.Parallel()
		_, err := b.upsert(t, burger("BURGER", &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}))
		require.NoError(t, err)
		want := burger("BURGER", &menuv1.RecipeLine{ItemId: other, Quantity: 2, YieldBp: 8000})
		want.Active = false
		want.Name = "Old burger"
		_, err = b.upsert(t, want)
		require.NoError(t, err)
		resp, err := b.client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: "BURGER"})
		require.NoError(t, err)
		require.True(t, proto.Equal(want, resp.GetMenuItem()), "%v", resp.GetMenuItem())
	})

	cases := map[string]struct {
		item  *menuv1.MenuItem
		field string
	}{
		"names an item that doesn't exist": {
			burger("B1", &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}, &menuv1.RecipeLine{ItemId: "NO_SUCH", Quantity: 1}),
			"menu_item.recipe[1].item_id",
		},
		"names an item that comes twice": {
			burger("B2", &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}, &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}),
			"menu_item.recipe[1].item_id",
		},
		"names a quantity with four decimals": {
			burger("B3", &menuv1.RecipeLine{ItemId: b.item, Quantity: 0.0001}), "menu_item.recipe[0].quantity",
		},
		"names a quantity that is negative": {
			burger("B4", &menuv1.RecipeLine{ItemId: b.item, Quantity: -1}), "menu_item.recipe[0].quantity",
		},
		"names a price that is negative": {&menuv1.MenuItem{Name: "x", Category: "FOOD", Price: -1}, "menu_item.price"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.upsert(t, tc.item)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Equal(t, []string{tc.field}, fields)
		})
	}

	t.Run("RefusesAnotherOrganisationsItem", func(t *testing.T) {
		t.Parallel()
		stranger := factory.Organisation(t, b.db, factory.OrgOpts{})
		_, err := b.as(stranger).UpsertMenuItem(t.Context(), &menuv1.UpsertMenuItemRequest{
			MenuItem: burger("B5", &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}),
		})
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{"menu_item.recipe[0].item_id"}, fields)
	})

	t.Run("IsForManagers", func(t *testing.T) {
		t.Parallel()
		_, err := b.as(factory.As(b.owner, caller.RoleSupervisor, "B1")).UpsertMenuItem(t.Context(),
			&menuv1.UpsertMenuItemRequest{MenuItem: burger("B6")})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})
}

func TestGetMenuItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.upsert(t, burger("BURGER"))
	require.NoError(t, err)
	stranger := factory.Organisation(t, b.db, factory.OrgOpts{})
	for name, client := range map[string]menuv1connect.MenuServiceClient{"unknown": b.client, "foreign": b.as(stranger)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := map[string]string{"unknown": "NO_SUCH", "foreign": "BURGER"}[name]
			_, err := client.GetMenuItem(t.Context(), &menuv1.GetMenuItemRequest{MenuItemId: id})
			code, reason, _ := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeNotFound, code)
			require.Equal(t, "MENU_ITEM_NOT_FOUND", reason)
		})
	}
}

func TestListMenuItemsPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := []string{"A", "B", "C", "D", "E"}
	for _, id := range ids {
		_, err := b.upsert(t, burger(id, &menuv1.RecipeLine{ItemId: b.item, Quantity: 1}))
		require.NoError(t, err)
	}
	var listed []string
	var token string
	for page := 0; page == 0 || token != ""; page++ {
		resp, err := b.client.ListMenuItems(t.Context(), &menuv1.ListMenuItemsRequest{PageSize: 2, PageToken: token})
		require.NoError(t, err)
		for _, item := range resp.GetMenuItems() {
			listed = append(listed, item.GetId())
			require.Len(t, item.GetRecipe(), 1)
		}
		token = resp.GetNextPageToken()
	}
	require.Equal(t, ids, listed)

	_, err := b.client.ListMenuItems(t.Context(), &menuv1.ListMenuItemsRequest{PageToken: "not a token"})
	_, _, fields := rpctest.Fault(t, err)
	require.Equal(t, []string{"page_token"}, fields)
}
