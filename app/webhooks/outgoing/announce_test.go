package outgoing_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

// envelope is a body as a receiver reads it.
type envelope[T any] struct {
	Data      T             `json:"data"`
	ID        string        `json:"id"`
	Timestamp time.Time     `json:"timestamp"`
	Type      outgoing.Type `json:"type"`
}

func read[T any](t *testing.T, r received) envelope[T] {
	t.Helper()
	var e envelope[T]
	require.NoError(t, json.Unmarshal(r.body, &e))
	require.Equal(t, r.id, e.ID)
	return e
}

func (b *testBundle) open(t *testing.T) *ordersv1.Order {
	t.Helper()
	resp, err := b.orders.OpenOrder(t.Context(), &ordersv1.OpenOrderRequest{
		BranchId: b.branch, Covers: 2, Lines: []*ordersv1.NewLine{{MenuItemId: b.dish, Quantity: 1.5}, {MenuItemId: b.dish, Quantity: 1}},
	})
	require.NoError(t, err)
	return resp.GetOrder()
}

func TestOrdersAreAnnounced(t *testing.T) {
	t.Parallel()

	t.Run("ClosedWithTheFiguresOfTheOrder", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		b.endpoint(t, r, "order.closed")
		o := b.open(t)
		_, err := b.orders.DiscountOrder(t.Context(), &ordersv1.DiscountOrderRequest{OrderId: o.GetId(), Amount: 2500, LineNo: 2, Reason: "regular"})
		require.NoError(t, err)
		_, err = b.orders.VoidLine(t.Context(), &ordersv1.VoidLineRequest{OrderId: o.GetId(), LineNo: 1, Reason: "typo"})
		require.NoError(t, err)
		require.Empty(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{}))
		b.clock.Advance(time.Hour)
		resp, err := b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: o.GetId()})
		require.NoError(t, err)
		b.work(t)
		got, want := read[outgoing.Order](t, r.all()[0]), resp.GetOrder()
		require.Equal(t, outgoing.TypeOrderClosed, got.Type)
		require.Equal(t, want.GetClosedAt().AsTime(), got.Timestamp)
		require.Equal(t, []int64{want.GetGross(), want.GetDiscount(), want.GetComp(), want.GetRefunded(), want.GetNet(), want.GetTax(), want.GetDue(), want.GetCogs()},
			[]int64{got.Data.Gross, got.Data.Discount, got.Data.Comp, got.Data.Refunded, got.Data.Net, got.Data.Tax, got.Data.Due, got.Data.COGS})
		require.Equal(t, []string{want.GetId(), want.GetBranchId(), want.GetBusinessDate(), "CLOSED", want.GetChannel(), want.GetOrderType(), want.GetCurrency()},
			[]string{got.Data.OrderID, got.Data.BranchID, got.Data.BusinessDate.String(), got.Data.Status, got.Data.Channel, got.Data.OrderType, got.Data.Currency})
		require.Equal(t, want.GetCovers(), got.Data.Covers)
		require.Len(t, got.Data.Lines, 1, "a line that was struck isn't sold")
		require.Equal(t, int32(2), got.Data.Lines[0].LineNo)
		require.Equal(t, want.GetLines()[1].GetTax(), got.Data.Lines[0].Tax)
	})

	t.Run("RefundedAndVoided", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		b.endpoint(t, r, "order.refunded", "order.voided")
		for range 2 {
			_, err := b.orders.CloseOrder(t.Context(), &ordersv1.CloseOrderRequest{OrderId: b.open(t).GetId()})
			require.NoError(t, err)
		}
		listed, err := b.orders.ListOrders(t.Context(), &ordersv1.ListOrdersRequest{BranchId: b.branch})
		require.NoError(t, err)
		refunded, err := b.orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: listed.GetOrders()[0].GetId(), Amount: 1000, Reason: "cold"})
		require.NoError(t, err)
		voided, err := b.orders.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: listed.GetOrders()[1].GetId(), Reason: "wrong table"})
		require.NoError(t, err)
		b.work(t)
		requests := r.all()
		require.Len(t, requests, 2)
		refund := read[outgoing.Refund](t, requests[0])
		require.Equal(t, refunded.GetOrder().GetNet(), refund.Data.Net)
		require.Equal(t, []int64{1000, refunded.GetOrder().GetAdjustments()[0].GetTax()}, []int64{refund.Data.Amount, refund.Data.Tax})
		require.Equal(t, "cold", refund.Data.Reason)
		void := read[outgoing.Order](t, requests[1])
		require.Equal(t, voided.GetOrder().GetId(), void.Data.OrderID)
		require.Equal(t, []string{"VOIDED", "wrong table"}, []string{void.Data.Status, void.Data.VoidReason})
	})

	t.Run("OfABatchOnceEachAndNotAgainWhenItIsSentAgain", func(t *testing.T) {
		t.Parallel()
		b, r := setup(t), newReceiver(t)
		b.endpoint(t, r)
		req := &ordersv1.IngestOrdersRequest{}
		for _, id := range []string{"A", "B", "C"} {
			req.Orders = append(req.Orders, &ordersv1.IngestOrder{
				OrderId: id, BranchId: b.branch, ClosedAt: timestamppb.New(noon.Add(-time.Hour)), Lines: []*ordersv1.IngestLine{{MenuItemId: b.dish, Quantity: 1}},
			})
		}
		req.Orders[2].Lines[0].MenuItemId = "nothing" // refused
		for range 2 {
			_, err := b.orders.IngestOrders(t.Context(), req)
			require.NoError(t, err)
		}
		b.work(t)
		var ids []string
		for _, request := range r.all() {
			got := read[outgoing.Order](t, request)
			require.Equal(t, outgoing.TypeOrderClosed, got.Type)
			require.Equal(t, noon.Add(-time.Hour), got.Timestamp)
			ids = append(ids, got.Data.OrderID)
		}
		require.ElementsMatch(t, []string{"A", "B"}, ids)
	})

	t.Run("AtNoAdditionalStatementWhereNobodyListens", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.endpoint(t, newReceiver(t), "purchase_order.received") // somebody listens, but not to this
		count := func(emitter *outgoing.Emitter) int64 {
			id := b.open(t).GetId()
			service := orders.NewService(b.clock.Now, promotions.NewPricer(), emitter)
			ctx, statements := postgres.CountStatements(caller.With(t.Context(), b.owner))
			_, _, err := service.Close(ctx, b.db, id, orders.Closing{})
			require.NoError(t, err)
			return statements.Count()
		}
		require.Equal(t, count(nil), count(b.emitter))
	})
}

func TestPurchaseOrdersAreAnnounced(t *testing.T) {
	t.Parallel()
	b, r := setup(t), newReceiver(t)
	b.endpoint(t, r)
	ctx := t.Context()
	_, err := b.purchases.UpsertSupplier(ctx, &procurementv1.UpsertSupplierRequest{Supplier: &procurementv1.Supplier{Id: "SUPPLIER", Name: "Kampala Meat"}})
	require.NoError(t, err)
	created, err := b.purchases.CreatePurchaseOrder(ctx, &procurementv1.CreatePurchaseOrderRequest{
		BranchId: b.branch, SupplierId: "SUPPLIER", Lines: []*procurementv1.NewPurchaseOrderLine{{ItemId: b.item, Quantity: 60, UnitCost: "9000"}},
	})
	require.NoError(t, err)
	id := created.GetPurchaseOrder().GetId()
	_, err = b.purchases.SubmitPurchaseOrder(ctx, &procurementv1.SubmitPurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	_, err = b.purchases.ApprovePurchaseOrder(ctx, &procurementv1.ApprovePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	require.Empty(t, b.deliveries(t, &endpointsv1.ListDeliveriesRequest{}))
	_, err = b.purchases.PlacePurchaseOrder(ctx, &procurementv1.PlacePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	_, err = b.purchases.ReceivePurchaseOrder(ctx, &procurementv1.ReceivePurchaseOrderRequest{
		PoId: id, ReceivedBy: "Grace", Items: []*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 12.5}},
	})
	require.NoError(t, err)
	b.work(t)
	requests := r.all()
	require.Len(t, requests, 2)
	placed := read[outgoing.PurchaseOrder](t, requests[0])
	require.Equal(t, outgoing.TypePurchaseOrderPlaced, placed.Type)
	require.Equal(t, int64(540_000), placed.Data.Total)
	require.Equal(t, "9000", placed.Data.Lines[0].UnitCost.String())
	got := read[outgoing.Receipt](t, requests[1])
	require.Equal(t, outgoing.TypePurchaseOrderReceived, got.Type)
	require.Equal(t, int64(112_500), got.Data.Cost)
	require.Equal(t, []string{id, "PARTIALLY_RECEIVED", "Grace", "12.5", "2024-11-08"},
		[]string{got.Data.PurchaseOrderID, got.Data.Status, got.Data.ReceivedBy, got.Data.Lines[0].Quantity.String(), got.Data.BusinessDate.String()})
}
