package orders_test

import (
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	menuv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/menu/v1/menuv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
)

// pizzeria is a branch that makes pizzas of a sauce of its own. 4 l of sauce are 5 kg of tomatoes, of which a fifth is trimmed off,
// and 0.5 l of oil.
type pizzeria struct {
	*testBundle
	cheese, oil, tomato string
	menu                menuv1connect.MenuServiceClient
}

func newPizzeria(t *testing.T) *pizzeria {
	t.Helper()
	b := setup(t)
	handler := menu.NewHandler(b.db, menu.NewService(b.clock.Now))
	server := rpctest.New(t, rpc.Service{
		Name: menuv1connect.MenuServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return menuv1connect.NewMenuServiceHandler(handler, options...)
		},
	})
	p := &pizzeria{
		testBundle: b, cheese: factory.Item(t, b.db, b.owner), oil: factory.Item(t, b.db, b.owner), tomato: factory.Item(t, b.db, b.owner),
		menu: menuv1connect.NewMenuServiceClient(server.As(b.owner), server.URL),
	}
	_, err := p.menu.UpsertPreparation(t.Context(), &menuv1.UpsertPreparationRequest{Preparation: &menuv1.Preparation{
		Id: "SAUCE", Name: "Tomato sauce", OutputQuantity: 4, OutputUnit: "l",
		Recipe: []*menuv1.RecipeLine{{ItemId: p.tomato, Quantity: 5, YieldBp: 8000}, {ItemId: p.oil, Quantity: 0.5}},
	}})
	require.NoError(t, err)
	_, err = p.menu.UpsertModifierGroup(t.Context(), &menuv1.UpsertModifierGroupRequest{ModifierGroup: &menuv1.ModifierGroup{
		Id: "TOP", Name: "Toppings", MaxChoices: 2, Modifiers: []*menuv1.Modifier{
			{Id: "EXTRA_CHEESE", Name: "Extra cheese", Price: 1000, Active: true, Recipe: []*menuv1.RecipeLine{{ItemId: p.cheese, Quantity: 0.05}}},
			{Id: "NO_CHEESE", Name: "No cheese", Active: true, Recipe: []*menuv1.RecipeLine{{ItemId: p.cheese, Quantity: -0.2}}},
			{Id: "SAUCY", Name: "More sauce", Price: 500, Active: true, Recipe: []*menuv1.RecipeLine{{PreparationId: "SAUCE", Quantity: 0.1}}},
		},
	}})
	require.NoError(t, err)
	p.pizza(t, "TOP")
	return p
}

// pizza puts the pizza on the menu with groups of modifiers: 0.2 l of sauce and 0.1 kg of cheese for 15,000.
func (p *pizzeria) pizza(t *testing.T, groups ...string) {
	t.Helper()
	_, err := p.menu.UpsertMenuItem(t.Context(), &menuv1.UpsertMenuItemRequest{MenuItem: &menuv1.MenuItem{
		Id: "PIZZA", Name: "Pizza", Category: "FOOD", Price: 15_000, Active: true, ModifierGroupIds: groups,
		Recipe: []*menuv1.RecipeLine{{PreparationId: "SAUCE", Quantity: 0.2}, {ItemId: p.cheese, Quantity: 0.1}},
	}})
	require.NoError(t, err)
}

func (p *pizzeria) stock(t *testing.T) {
	t.Helper()
	for i, batch := range []factory.BatchOpts{
		{ItemID: p.tomato, Quantity: "0.5", UnitCost: "2000"},
		{ItemID: p.tomato, Quantity: "10", UnitCost: "2400"},
		{ItemID: p.oil, Quantity: "1", UnitCost: "8000"},
		{ItemID: p.cheese, Quantity: "0.2", UnitCost: "30000"},
		{ItemID: p.cheese, Quantity: "1", UnitCost: "32000"},
	} {
		batch.BranchID, batch.ReceivedAt = p.branch, noon.AddDate(0, 0, i-10)
		factory.Batch(t, p.db, p.owner, batch)
	}
}

// left returns what batches of an item have left, first in first.
func (p *pizzeria) left(t *testing.T, itemID string) []string {
	t.Helper()
	var left []string
	err := p.db.QueryRow(t.Context(), `SELECT array_agg(trim_scale(remaining_qty)::text ORDER BY received_at, id) FROM stock_batches
		WHERE org_id = $1 AND branch_id = $2 AND item_id = $3`, p.owner.OrgID, p.branch, itemID).Scan(&left)
	require.NoError(t, err)
	return left
}

func chosen(ids ...string) []*ordersv1.Modifier {
	var modifiers []*ordersv1.Modifier
	for _, id := range ids {
		modifiers = append(modifiers, &ordersv1.Modifier{ModifierId: id})
	}
	return modifiers
}

func TestClosingTakesPreparationsAndModifiersFirstInFirstOut(t *testing.T) {
	t.Parallel()
	p := newPizzeria(t)
	p.stock(t)
	opened, err := p.client.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{BranchId: p.branch, Lines: []*ordersv1.NewLine{
		{MenuItemId: "PIZZA", Quantity: 2, Modifiers: chosen("EXTRA_CHEESE", "SAUCY")},
		{MenuItemId: "PIZZA", Quantity: 1, Modifiers: chosen("NO_CHEESE")},
	}})
	require.NoError(t, err)
	require.EqualValues(t, 2*16_500+15_000, opened.GetOrder().GetGross())
	closed, err := p.client.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: opened.GetOrder().GetId()})
	require.NoError(t, err)

	// A litre of sauce is 1.5625 kg of tomatoes and 0.125 l of oil. Two saucy pizzas have 0.6 l: 0.938 kg, of which 0.5 at 2,000 and
	// 0.438 at 2,400, and 0.075 l at 8,000; and 0.3 kg of cheese, 0.2 at 30,000 and 0.1 at 32,000: 11,851.2. The other has 0.2 l, which
	// is 0.313 kg at 2,400 and 0.025 l at 8,000, and no cheese: 951.2.
	lines := closed.GetOrder().GetLines()
	require.EqualValues(t, 11_851, lines[0].GetCogs())
	require.EqualValues(t, 951, lines[1].GetCogs())
	require.EqualValues(t, 11_851+951, closed.GetOrder().GetCogs())
	require.False(t, closed.GetOrder().GetStockShort())
	require.Equal(t, []string{"0", "9.249"}, p.left(t, p.tomato))
	require.Equal(t, []string{"0.9"}, p.left(t, p.oil))
	require.Equal(t, []string{"0", "0.9"}, p.left(t, p.cheese))
	p.reconciled(t)

	_, err = p.client.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: opened.GetOrder().GetId(), Reason: "mistake", Restock: true})
	require.NoError(t, err)
	require.Equal(t, []string{"0.5", "10"}, p.left(t, p.tomato))
	require.Equal(t, []string{"1"}, p.left(t, p.oil))
	require.Equal(t, []string{"0.2", "1"}, p.left(t, p.cheese))
	p.reconciled(t)
}

func TestWhatATerminalSoldWithModifiers(t *testing.T) {
	t.Parallel()
	p := newPizzeria(t)
	p.stock(t)
	// By the time that the terminal is online again, the pizza has no toppings any more.
	p.pizza(t)
	price := int64(14_000)
	ingest := func(id string, unitPrice *int64, modifiers ...*ordersv1.Modifier) *ordersv1.IngestResult {
		resp, err := p.client.IngestOrders(t.Context(), &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{{
			OrderId: id, BranchId: p.branch, ClosedAt: timestamppb.New(noon),
			Lines: []*ordersv1.IngestLine{{MenuItemId: "PIZZA", Quantity: 1, UnitPrice: unitPrice, Modifiers: modifiers}},
		}}})
		require.NoError(t, err)
		return resp.GetResults()[0]
	}
	sold := ingest("SOLD", &price, &ordersv1.Modifier{ModifierId: "EXTRA_CHEESE", Price: 900}, &ordersv1.Modifier{ModifierId: "NO_CHEESE", Name: "hold the cheese"},
		&ordersv1.Modifier{ModifierId: "SAUCY"}, &ordersv1.Modifier{Name: "cut in eight", Price: 50})
	require.Equal(t, ordersv1.IngestStatus_INGEST_STATUS_CREATED, sold.GetStatus(), sold)
	got, err := p.client.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: "SOLD"})
	require.NoError(t, err)
	require.EqualValues(t, 14_950, got.GetOrder().GetGross())
	var names []string
	for _, m := range got.GetOrder().GetLines()[0].GetModifiers() {
		names = append(names, m.GetName())
	}
	require.Equal(t, []string{"Extra cheese", "hold the cheese", "More sauce", "cut in eight"}, names)
	require.Equal(t, []string{"0.2", "1"}, p.left(t, p.cheese), "0.1 + 0.05 − 0.2 is none")
	require.Equal(t, []string{"0.031", "10"}, p.left(t, p.tomato), "0.3 l of sauce")
	p.reconciled(t)

	require.Equal(t, ordersv1.IngestStatus_INGEST_STATUS_REFUSED, ingest("UNKNOWN", &price, chosen("NONE")...).GetStatus())
	require.Equal(t, ordersv1.IngestStatus_INGEST_STATUS_REFUSED, ingest("AT_MENU_PRICE", nil, chosen("SAUCY")...).GetStatus())
}
