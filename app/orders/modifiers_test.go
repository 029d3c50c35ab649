package orders_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
)

// toppings gives the dish a group of modifiers: extra of the item for 300, or without half of it; one must be chosen, two may.
func (b *testBundle) toppings(t *testing.T) {
	t.Helper()
	for _, sql := range []string{
		`INSERT INTO modifier_groups (org_id, id, name, min_choices, max_choices, updated_at) VALUES ($1, 'TOP', 'Toppings', 1, 2, now())`,
		`INSERT INTO modifiers (org_id, id, group_id, name, price, active, position)
		 SELECT $1, m.id, 'TOP', m.id, m.price, m.active, 1 FROM (VALUES ('EXTRA', 300, true), ('LESS', 0, true), ('NONE', 0, true), ('GONE', 5, false)) AS m (id, price, active)`,
	} {
		_, err := b.db.Exec(t.Context(), sql, b.owner.OrgID)
		require.NoError(t, err)
	}
	_, err := b.db.Exec(t.Context(), `INSERT INTO recipe_lines (org_id, owner_kind, owner_id, line_no, item_id, quantity)
		SELECT $1, 'MODIFIER', m.id, 1, $2, m.quantity FROM (VALUES ('EXTRA', 0.25), ('LESS', -0.5), ('NONE', -7)) AS m (id, quantity)`, b.owner.OrgID, b.item)
	require.NoError(t, err)
	_, err = b.db.Exec(t.Context(), `UPDATE menu_items SET modifier_group_ids = '{TOP}' WHERE id = $1`, b.dish)
	require.NoError(t, err)
}

func TestModifiersOfTheMenu(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.toppings(t)
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "100", UnitCost: "400"})
	line := func(quantity float64, ids ...string) *ordersv1.NewLine {
		l := &ordersv1.NewLine{MenuItemId: b.dish, Quantity: quantity}
		for _, id := range ids {
			l.Modifiers = append(l.Modifiers, &ordersv1.Modifier{ModifierId: id})
		}
		return l
	}
	open := func(lines ...*ordersv1.NewLine) (*ordersv1.Order, error) {
		resp, err := b.client.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{BranchId: b.branch, Lines: lines})
		return resp.GetOrder(), err
	}

	o, err := open(line(2, "EXTRA"), line(1, "LESS", "EXTRA"), line(1, "NONE"))
	require.NoError(t, err)
	require.EqualValues(t, 2*1300+1300+1000, o.GetGross())
	require.Equal(t, "EXTRA", o.GetLines()[0].GetModifiers()[0].GetName())
	closed, err := b.client.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	var costs []int64
	for _, l := range closed.GetOrder().GetLines() {
		costs = append(costs, l.GetCogs())
	}
	require.Equal(t, []int64{1000, 300, 0}, costs, "2 × 1.25, 0.75 and never less than nothing, at 400")
	b.reconciled(t)

	for name, c := range map[string]struct {
		line  *ordersv1.NewLine
		field string
	}{
		"NoneChosen":  {line(1), "lines[0].modifiers"},
		"TooMany":     {line(1, "EXTRA", "LESS", "NONE"), "lines[0].modifiers"},
		"Unknown":     {line(1, "EXTRA", "WHAT"), "lines[0].modifiers[1].modifier_id"},
		"OffTheMenu":  {line(1, "GONE"), "lines[0].modifiers[0].modifier_id"},
		"ChosenTwice": {line(1, "EXTRA", "EXTRA"), "lines[0].modifiers[1].modifier_id"},
		"NoName":      {line(1, "EXTRA", ""), "lines[0].modifiers[1].name"},
	} {
		_, err := open(c.line)
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{c.field}, fields, name)
	}
}

func TestANULIsRefusedByItsField(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.client.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{BranchId: b.branch, Lines: []*ordersv1.NewLine{
		{MenuItemId: b.dish, Quantity: 1, Modifiers: []*ordersv1.Modifier{{Name: "fine"}, {Name: "x\x00y"}}},
	}})
	code, _, fields := rpctest.Fault(t, err)
	require.Equal(t, connect.CodeInvalidArgument, code)
	require.Equal(t, []string{"lines[0].modifiers[1].name"}, fields)

	line := func(name string) []*ordersv1.IngestLine {
		return []*ordersv1.IngestLine{{MenuItemId: b.dish, Quantity: 1, Modifiers: []*ordersv1.Modifier{{Name: name}}}}
	}
	resp, err := b.client.IngestOrders(t.Context(), &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{
		{OrderId: "BAD", BranchId: b.branch, ClosedAt: timestamppb.New(noon), Lines: line("x\x00y")},
		{OrderId: "OLD", BranchId: b.branch, ClosedAt: timestamppb.New(noon.AddDate(-50, 0, 0)), Lines: line("x")},
		{OrderId: "GOOD", BranchId: b.branch, ClosedAt: timestamppb.New(noon), Lines: line("x")},
	}})
	require.NoError(t, err)
	var statuses []ordersv1.IngestStatus
	for _, r := range resp.GetResults() {
		statuses = append(statuses, r.GetStatus())
	}
	require.Equal(t, []ordersv1.IngestStatus{
		ordersv1.IngestStatus_INGEST_STATUS_REFUSED, ordersv1.IngestStatus_INGEST_STATUS_REFUSED, ordersv1.IngestStatus_INGEST_STATUS_CREATED,
	}, statuses)
}
