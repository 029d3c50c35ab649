package franchise_test

import (
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

// TestTheWorkedDay enters the worked day of the semantics as terminals do, orders and wastage, and reads it back as the head
// office does.
func TestTheWorkedDay(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.New(t))
	b.clock.Set(time.Date(2024, time.November, 9, 1, 30, 0, 0, time.UTC)) // the next business date has begun in Kampala
	first, second := b.branch(t, factory.BranchOpts{ID: "A", Name: "First"}), b.branch(t, factory.BranchOpts{ID: "B", Name: "Second"})

	// A unit of this item costs one minor unit, so that a recipe's quantity is its cost.
	shilling := factory.Item(t, b.db, b.owner)
	for _, id := range []string{first, second} {
		factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: id, ItemID: shilling, Quantity: "1000000", UnitCost: "1"})
	}
	beef := factory.Item(t, b.db, b.owner)
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: first, ItemID: beef, Quantity: "2", UnitCost: "4000"})
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{
		BranchID: first, ItemID: beef, Quantity: "20", UnitCost: "4600", ReceivedAt: time.Date(2024, time.November, 1, 9, 0, 0, 0, time.UTC),
	})

	order := func(id, branchID string, covers int32, price int64, cost string) *ordersv1.IngestOrder {
		dish := factory.MenuItem(t, b.db, b.owner, price, factory.Recipe{shilling: cost})
		return &ordersv1.IngestOrder{
			OrderId: id, BranchId: branchID, Covers: covers, Lines: []*ordersv1.IngestLine{{MenuItemId: dish, Quantity: 1}},
		}
	}
	o1 := order("O1", first, 2, 27_000, "9300")
	o1.ClosedAt = instant(8, 9, 10)
	o1.Adjustments = []*ordersv1.IngestAdjustment{{Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_DISCOUNT, Amount: 2_400}}
	for i := range 20 { // the target is 15 minutes, three are late
		late := time.Duration(max(0, i-16)) * time.Second
		o1.Tickets = append(o1.Tickets, &ordersv1.IngestTicket{
			SentAt: instant(8, 8, 0), ReadyAt: timestamppb.New(instant(8, 8, 15).AsTime().Add(late)),
		})
	}
	o2 := order("O2", first, 3, 40_000, "15000")
	o2.ClosedAt = instant(8, 23, 30)
	o2.Adjustments = []*ordersv1.IngestAdjustment{{Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_REFUND, Amount: 5_000, At: instant(9, 0, 30)}}
	o3 := order("O3", first, 9, 99_000, "50000")
	o3.ClosedAt = instant(9, 1, 5)
	o4 := order("O4", first, 2, 15_000, "6000")
	o4.VoidedAt, o4.VoidReason = instant(8, 10, 0), "walked out"
	o5 := order("O5", first, 1, 8_000, "2500")
	o5.ClosedAt = instant(8, 12, 0)
	o5.Adjustments = []*ordersv1.IngestAdjustment{{Kind: ordersv1.AdjustmentKind_ADJUSTMENT_KIND_COMP}}
	o6 := order("O6", second, 10, 140_400, "46332")
	o6.ClosedAt = instant(8, 18, 0)

	server := rpctest.New(t, ordersService(b), inventoryService(b))
	ingested, err := ordersv1connect.NewOrderServiceClient(server.As(b.owner), server.URL).IngestOrders(t.Context(), &ordersv1.IngestOrdersRequest{
		Orders: []*ordersv1.IngestOrder{o1, o2, o3, o4, o5, o6},
	})
	require.NoError(t, err)
	require.Equal(t, int32(6), ingested.GetCreated(), ingested.GetResults())
	_, err = inventoryv1connect.NewInventoryServiceClient(server.As(b.owner), server.URL).RecordWastage(t.Context(), &inventoryv1.RecordWastageRequest{
		BranchId: first, ItemId: beef, Quantity: 3, Reason: "expired", WastedAt: instant(8, 15, 0),
	})
	require.NoError(t, err)

	got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{Range: "yesterday"})
	require.NoError(t, err)
	require.Equal(t, "2024-11-08", got.GetRange().GetStartDate())
	require.Empty(t, cmp.Diff(&franchisev1.Figures{
		Orders: 3, Covers: 6, GrossSales: 75_000, Discounts: 2_400, Comps: 8_000, Refunds: 5_000, NetSales: 59_600, Revenue: 59_600,
		Tax: 4_428 + 7_200 - 900, AverageCheck: ptr[int64](19_867), NetPerCover: ptr[int64](9_933),
		Cogs: 26_800, GrossMargin: 32_800, GrossMarginBp: ptr[int64](5503), FoodCostBp: ptr[int64](4497),
		WasteCost: 12_600, WasteOfSalesBp: ptr[int64](2114), WasteOfCogsBp: ptr[int64](4701),
		Tickets: 20, TicketsOnTime: 17, ServiceLevelBp: ptr[int64](8500), Voids: 1, VoidsValue: 15_000,
	}, got.GetBranches()[0].GetFigures(), protocmp.Transform()))
	require.Equal(t, int64(200_000), got.GetSummary().GetNetSales())
	require.Equal(t, int64(73_132), got.GetSummary().GetCogs())
	require.Equal(t, int64(3657), got.GetSummary().GetFoodCostBp())

	royalties, err := b.client().GetRoyalties(t.Context(), &franchisev1.GetRoyaltiesRequest{Range: "yesterday"})
	require.NoError(t, err)
	require.Equal(t, int64(2_980), royalties.GetRoyalties()[0].GetRoyalty())
	require.Equal(t, int64(1_192), royalties.GetRoyalties()[0].GetAdFund())
}

// instant is a time of November 2024 in UTC.
func instant(day, hour, minute int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2024, time.November, day, hour, minute, 0, 0, time.UTC))
}

func ordersService(b *testBundle) rpc.Service {
	handler := orders.NewHandler(b.db, orders.NewService(b.clock.Now, promotions.NewPricer(), nil), rpctest.Validate)
	return rpc.Service{
		Name: ordersv1connect.OrderServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(handler, options...)
		},
	}
}

func inventoryService(b *testBundle) rpc.Service {
	handler := inventory.NewHandler(b.db, inventory.NewService(b.clock.Now))
	return rpc.Service{
		Name: inventoryv1connect.InventoryServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return inventoryv1connect.NewInventoryServiceHandler(handler, options...)
		},
	}
}
