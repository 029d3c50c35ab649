package orders_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// noon is 12:00 in Kampala on 2024-11-08.
var noon = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)

type testBundle struct {
	branch string
	client ordersv1connect.OrderServiceClient
	clock  *clock.Manual
	db     *postgres.DB
	dish   string // 1,000 a portion at 18 % tax, made of one unit of item
	item   string
	owner  caller.Caller
	server *rpctest.Server
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{clock: clock.NewManual(noon), db: dbtest.New(t)}
	b.owner = factory.Organisation(t, b.db, factory.OrgOpts{})
	b.branch = factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.item = factory.Item(t, b.db, b.owner)
	b.dish = factory.MenuItem(t, b.db, b.owner, 1_000, factory.Recipe{b.item: "1"})
	b.server = rpctest.New(t, service(b.db, b.clock))
	b.client = ordersv1connect.NewOrderServiceClient(b.server.As(b.owner), b.server.URL)
	return b
}

func service(db *postgres.DB, now *clock.Manual) rpc.Service {
	handler := orders.NewHandler(db, orders.NewService(now.Now, promotions.NewPricer(), nil), rpctest.Validate)
	return rpc.Service{
		Name: ordersv1connect.OrderServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(handler, options...)
		},
	}
}

// day returns the rollup of a branch day.
func (b *testBundle) day(t *testing.T, branch string, date civil.Date) daysales.Figures {
	t.Helper()
	var f daysales.Figures
	err := b.db.QueryRow(t.Context(), `SELECT orders, covers, gross, discounts, comps, refunds, tax, cogs, tickets, tickets_on_time, voids, voids_value
		FROM branch_day_sales WHERE org_id = $1 AND branch_id = $2 AND business_date = $3`, b.owner.OrgID, branch, date).
		Scan(&f.Orders, &f.Covers, &f.Gross, &f.Discounts, &f.Comps, &f.Refunds, &f.Tax, &f.COGS, &f.Tickets, &f.TicketsOnTime, &f.Voids, &f.VoidsValue)
	require.NoError(t, err)
	return f
}

// reconciled requires that rollup and stock equal their raw rows.
func (b *testBundle) reconciled(t *testing.T) {
	t.Helper()
	differences, err := daysales.Reconcile(t.Context(), b.db, b.owner.OrgID, civil.NewDate(2000, time.January, 1), civil.NewDate(2100, time.January, 1))
	require.NoError(t, err)
	require.Empty(t, differences)
	stockDifferences, err := stock.Check(t.Context(), b.db, b.owner.OrgID)
	require.NoError(t, err)
	require.Empty(t, stockDifferences)
}

func (b *testBundle) open(t *testing.T, quantity float64) *ordersv1.Order {
	t.Helper()
	resp, err := b.client.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{
		BranchId: b.branch, Covers: 2, Lines: []*ordersv1.NewLine{{MenuItemId: b.dish, Quantity: quantity}},
	})
	require.NoError(t, err)
	return resp.GetOrder()
}

func TestAnOrderFromOpenToRefund(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "2", UnitCost: "400"})
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "20", UnitCost: "460.5", ReceivedAt: noon})

	o := b.open(t, 3)
	added, err := b.client.AddItems(ctx, &ordersv1.AddItemsRequest{OrderId: o.GetId(), Lines: []*ordersv1.NewLine{
		{MenuItemId: b.dish, Quantity: 1, Modifiers: []*ordersv1.Modifier{{Name: "cheese", Price: 250}}},
	}})
	require.NoError(t, err)
	require.Equal(t, int64(4_250), added.GetOrder().GetGross())

	_, err = b.client.SendOrder(ctx, &ordersv1.SendOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	b.clock.Advance(15 * time.Minute)
	ready, err := b.client.MarkReady(ctx, &ordersv1.MarkReadyRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	require.Equal(t, ordersv1.OrderStatus_ORDER_STATUS_READY, ready.GetOrder().GetStatus())

	_, err = b.client.DiscountOrder(ctx, &ordersv1.DiscountOrderRequest{OrderId: o.GetId(), Amount: 425, Reason: "regular"})
	require.NoError(t, err)
	closed, err := b.client.CloseOrder(ctx, &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	got := closed.GetOrder()
	require.Equal(t, "2024-11-08", got.GetBusinessDate())
	require.Equal(t, int64(425), got.GetDiscount())
	require.Equal(t, int64(300), got.GetLines()[0].GetDiscount())
	// Line 1 takes 2 @ 400 and 1 @ 460.5, line 2 takes 1 @ 460.5; each line is rounded.
	require.Equal(t, []int64{1_261, 461}, []int64{got.GetLines()[0].GetCogs(), got.GetLines()[1].GetCogs()})
	require.Equal(t, int64(3_825), got.GetNet())
	require.Equal(t, int64(486+203), got.GetTax()) // 18 % of 2,700 and of 1,125 (202.5)

	_, err = b.client.RefundOrder(ctx, &ordersv1.RefundOrderRequest{OrderId: o.GetId(), Amount: 825, Reason: "cold"})
	require.NoError(t, err)
	require.Equal(t, daysales.Figures{
		COGS: 1_722, Covers: 2, Discounts: 425, Gross: 4_250, Orders: 1, Refunds: 825, Tax: 689 - 149, Tickets: 1, TicketsOnTime: 1,
	}, b.day(t, b.branch, civil.NewDate(2024, time.November, 8)))
	b.reconciled(t)
}

// The worked day of the semantics, entered as it stands by a terminal that was offline.
func TestTheWorkedDay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	date := civil.NewDate(2024, time.November, 8)
	b.clock.Set(time.Date(2024, time.November, 9, 12, 0, 0, 0, time.UTC))
	// One unit costs one minor unit, so that a recipe's quantity is its cost.
	shilling := factory.Item(t, b.db, b.owner)
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: shilling, Quantity: "1000000", UnitCost: "1"})
	dish := func(price int64, cost string) string {
		return factory.MenuItem(t, b.db, b.owner, price, factory.Recipe{shilling: cost})
	}
	at := func(hour, minute int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2024, time.November, 8, hour, minute, 0, 0, time.UTC))
	}
	tickets := make([]*ordersv1.IngestTicket, 20)
	for i := range tickets {
		tickets[i] = &ordersv1.IngestTicket{SentAt: at(8, 0), ReadyAt: at(8, 15)}
		if i < 3 { // one second late
			tickets[i].ReadyAt = timestamppb.New(at(8, 15).AsTime().Add(time.Second))
		}
	}
	one := func(item string) []*ordersv1.IngestLine {
		return []*ordersv1.IngestLine{{MenuItemId: item, Quantity: 1}}
	}
	batch := &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{
		{
			OrderId: "O1", BranchId: b.branch, Covers: 2, ClosedAt: at(9, 10), Lines: one(dish(27_000, "9300")), Tickets: tickets,
			Adjustments: []*ordersv1.IngestAdjustment{{Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_DISCOUNT, Amount: 2_400}},
		},
		{
			OrderId: "O2", BranchId: b.branch, Covers: 3, ClosedAt: at(23, 30), Lines: one(dish(40_000, "15000")),
			Adjustments: []*ordersv1.IngestAdjustment{{
				Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_REFUND, Amount: 5_000,
				At: timestamppb.New(time.Date(2024, time.November, 9, 0, 59, 59, 0, time.UTC)),
			}},
		},
		{
			OrderId: "O5", BranchId: b.branch, Covers: 1, ClosedAt: at(12, 0), Lines: one(dish(8_000, "2500")),
			Adjustments: []*ordersv1.IngestAdjustment{{Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_COMP}},
		},
		{OrderId: "O3", BranchId: b.branch, Covers: 4, ClosedAt: timestamppb.New(time.Date(2024, time.November, 9, 1, 5, 0, 0, time.UTC)), Lines: one(dish(99_000, "50000"))},
		{OrderId: "O4", BranchId: b.branch, Covers: 2, VoidedAt: at(10, 0), VoidReason: "walked out", Lines: one(dish(15_000, "6000"))},
	}}
	resp, err := b.client.IngestOrders(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, int32(5), resp.GetCreated(), "%v", resp.GetResults())

	want := daysales.Figures{
		COGS: 26_800, Comps: 8_000, Covers: 6, Discounts: 2_400, Gross: 75_000, Orders: 3, Refunds: 5_000,
		Tickets: 20, TicketsOnTime: 17, Voids: 1, VoidsValue: 15_000,
		Tax: 4_428 + 7_200 - 900,
	}
	require.Equal(t, want, b.day(t, b.branch, date))
	require.Equal(t, int64(59_600), b.day(t, b.branch, date).Net())

	again, err := b.client.IngestOrders(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, int32(5), again.GetUnchanged())
	require.Equal(t, want, b.day(t, b.branch, date))
	b.reconciled(t)
}

func TestIngestOrdersRefusesABadOrderAndTakesTheOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := func(id string, change func(*ordersv1.IngestOrder)) *ordersv1.IngestOrder {
		o := &ordersv1.IngestOrder{
			OrderId: id, BranchId: b.branch, ClosedAt: timestamppb.New(noon), Lines: []*ordersv1.IngestLine{{MenuItemId: b.dish, Quantity: 1}},
		}
		if change != nil {
			change(o)
		}
		return o
	}
	bad := []struct {
		field, reason string
		change        func(*ordersv1.IngestOrder)
	}{
		{"lines[0].quantity", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) { o.Lines[0].Quantity = -1 }},
		{"lines[0].quantity", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) { o.Lines[0].Quantity = 1.0005 }},
		{"lines[0].menu_item_id", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) { o.Lines[0].MenuItemId = "nothing" }},
		{"currency", "CURRENCY_MISMATCH", func(o *ordersv1.IngestOrder) { o.Currency = "USD" }},
		{"", "BRANCH_NOT_FOUND", func(o *ordersv1.IngestOrder) { o.BranchId = "elsewhere" }},
		{"closed_at", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) { o.ClosedAt = timestamppb.New(noon.Add(time.Hour)) }},
		{"closed_at", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) { o.ClosedAt = nil }},
		{"adjustments[0].amount", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) {
			o.Adjustments = []*ordersv1.IngestAdjustment{{Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_DISCOUNT, Amount: 1_001}}
		}},
		{"tickets[0].ready_at", "INVALID_ARGUMENT", func(o *ordersv1.IngestOrder) {
			o.Tickets = []*ordersv1.IngestTicket{{SentAt: timestamppb.New(noon), ReadyAt: timestamppb.New(noon.Add(-time.Second))}}
		}},
	}
	req := &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{order("first", nil)}}
	for _, c := range bad {
		req.Orders = append(req.Orders, order("bad", c.change))
	}
	req.Orders = append(req.Orders, order("last", nil), order("first", func(o *ordersv1.IngestOrder) { o.Covers = 9 }))
	resp, err := b.client.IngestOrders(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, []int32{2, 0, int32(len(bad) + 1)}, []int32{resp.GetCreated(), resp.GetUnchanged(), resp.GetRefused()})
	for i, c := range bad {
		got := resp.GetResults()[i+1]
		require.Equal(t, int32(i+1), got.GetIndex())
		require.Equal(t, []string{c.reason, c.field}, []string{got.GetReason(), got.GetField()}, got.GetMessage())
	}
	require.Equal(t, "ORDER_ID_TAKEN", resp.GetResults()[len(bad)+2].GetReason())
	require.Equal(t, int64(2), b.day(t, b.branch, civil.NewDate(2024, time.November, 8)).Orders)
	b.reconciled(t)
}

func TestAResendThatRunsAtTheSameTimeChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	req := &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{{
		OrderId: "O1", BranchId: b.branch, ClosedAt: timestamppb.New(noon), Lines: []*ordersv1.IngestLine{{MenuItemId: b.dish, Quantity: 1}},
	}}}
	created := make(chan int32, 16)
	for range cap(created) {
		go func() {
			resp, err := b.client.IngestOrders(context.WithoutCancel(t.Context()), req)
			if err != nil {
				t.Error(err)
			}
			created <- resp.GetCreated()
		}()
	}
	var sum int32
	for range cap(created) {
		sum += <-created
	}
	require.Equal(t, int32(1), sum)
	b.reconciled(t)
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	stranger := factory.Organisation(t, b.db, factory.OrgOpts{})
	o := b.open(t, 1)

	for name, c := range map[string]caller.Caller{
		"another_organisation": stranger,
		"staff_of_a_branch":    factory.As(b.owner, caller.RoleStaff, other),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := ordersv1connect.NewOrderServiceClient(b.server.As(c), b.server.URL)
			_, foreign := client.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: o.GetId()})
			_, missing := client.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: "ord_none"})
			require.Equal(t, connect.CodeNotFound, connect.CodeOf(foreign))
			require.Equal(t, connect.CodeNotFound, connect.CodeOf(missing))
			_, err := client.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
			require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
			_, err = client.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{BranchId: b.branch})
			require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
		})
	}

	t.Run("StaffMayNotVoid", func(t *testing.T) {
		t.Parallel()
		client := ordersv1connect.NewOrderServiceClient(b.server.As(factory.As(b.owner, caller.RoleStaff, b.branch)), b.server.URL)
		_, err := client.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: o.GetId(), Reason: "x"})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})

	t.Run("SpeaksGRPCToo", func(t *testing.T) {
		t.Parallel()
		client := ordersv1connect.NewOrderServiceClient(b.server.AsOverHTTP2(b.owner), b.server.URL, connect.WithGRPC())
		resp, err := client.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: o.GetId()})
		require.NoError(t, err)
		require.Equal(t, b.branch, resp.GetOrder().GetBranchId())
		_, err = client.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: "no such id!"})
		code, _, fields := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code)
		require.Equal(t, []string{"order_id"}, fields)
	})
}

func TestVoidAndRestock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "3", UnitCost: "400"})
	date := civil.NewDate(2024, time.November, 8)

	o := b.open(t, 5) // two short
	closed, err := b.client.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	require.True(t, closed.GetOrder().GetStockShort())
	require.Equal(t, int64(2_000), closed.GetOrder().GetCogs()) // the missing two at the last cost
	b.reconciled(t)

	voided, err := b.client.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: o.GetId(), Reason: "mistake", Restock: true})
	require.NoError(t, err)
	require.Zero(t, voided.GetOrder().GetCogs())
	require.Equal(t, daysales.Figures{Voids: 1, VoidsValue: 5_000}, b.day(t, b.branch, date))
	b.reconciled(t)

	kept := b.open(t, 1)
	_, err = b.client.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: kept.GetId()})
	require.NoError(t, err)
	b.clock.Advance(24 * time.Hour)
	_, err = b.client.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: kept.GetId(), Reason: "late"})
	_, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, "ORDER_DAY_ENDED", reason)
	_, err = b.client.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: kept.GetId(), Amount: 1_000, Reason: "late", Restock: true})
	require.NoError(t, err)
	require.Equal(t, int64(400), b.day(t, b.branch, date).COGS)
	require.Equal(t, daysales.Figures{COGS: -400, Refunds: 1_000, Tax: -180}, b.day(t, b.branch, date.AddDays(1)))
	b.reconciled(t)
}

func TestAnIdempotencyKeyAnswersTwiceAndWorksOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, call := connect.NewClientContext(t.Context())
	call.RequestHeader().Set("Idempotency-Key", "close-1")
	o := b.open(t, 1)
	first, err := b.client.CloseOrder(ctx, &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)

	ctx, call = connect.NewClientContext(t.Context())
	call.RequestHeader().Set("Idempotency-Key", "close-1")
	second, err := b.client.CloseOrder(ctx, &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	require.NoError(t, err)
	require.Equal(t, first.GetOrder().GetClosedAt().AsTime(), second.GetOrder().GetClosedAt().AsTime())

	ctx, call = connect.NewClientContext(t.Context())
	call.RequestHeader().Set("Idempotency-Key", "close-1")
	_, err = b.client.CloseOrder(ctx, &ordersv1.CloseOrderRequest{OrderId: "another"})
	code, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, connect.CodeAlreadyExists, code)
	require.Equal(t, "IDEMPOTENCY_KEY_REUSED", reason)

	_, err = b.client.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
	_, reason, _ = rpctest.Fault(t, err)
	require.Equal(t, "ORDER_CLOSED", reason)
}
