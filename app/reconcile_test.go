package app_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/reconciliation"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/orders"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/promotions"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
	ordersv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1/procurementv1connect"
)

// kitchen is a branch at work, through the clients that its terminals use.
type kitchen struct {
	branches  []string
	db        *postgres.DB
	dishes    []string
	inventory inventoryv1connect.InventoryServiceClient
	items     []string
	now       time.Time
	orders    ordersv1connect.OrderServiceClient
	owner     caller.Caller
	po        string
	purchases procurementv1connect.ProcurementServiceClient
}

func openKitchen(t *testing.T, db *postgres.DB) *kitchen {
	t.Helper()
	k := &kitchen{db: db, now: time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)}
	k.owner = factory.Organisation(t, db, factory.OrgOpts{})
	for range 2 {
		k.branches = append(k.branches, factory.Branch(t, db, k.owner, factory.BranchOpts{}))
		k.items = append(k.items, factory.Item(t, db, k.owner))
	}
	k.dishes = []string{
		factory.MenuItem(t, db, k.owner, 1_500, factory.Recipe{k.items[0]: "0.25", k.items[1]: "1"}),
		factory.MenuItem(t, db, k.owner, 777, factory.Recipe{k.items[1]: "0.333"}),
		factory.MenuItem(t, db, k.owner, 333, nil),
	}
	fixed := clock.Fixed(k.now)
	k.promote(t, db)
	orderHandler := orders.NewHandler(db, orders.NewService(fixed, promotions.NewPricer(), nil), rpctest.Validate)
	inventoryHandler := inventory.NewHandler(db, inventory.NewService(fixed))
	purchaseHandler := procurement.NewHandler(db, procurement.NewService(fixed, nil), nil)
	server := rpctest.New(t,
		rpc.Service{Name: ordersv1connect.OrderServiceName, Build: func(o ...connect.HandlerOption) (string, http.Handler) {
			return ordersv1connect.NewOrderServiceHandler(orderHandler, o...)
		}},
		rpc.Service{Name: inventoryv1connect.InventoryServiceName, Build: func(o ...connect.HandlerOption) (string, http.Handler) {
			return inventoryv1connect.NewInventoryServiceHandler(inventoryHandler, o...)
		}},
		rpc.Service{Name: procurementv1connect.ProcurementServiceName, Build: func(o ...connect.HandlerOption) (string, http.Handler) {
			return procurementv1connect.NewProcurementServiceHandler(purchaseHandler, o...)
		}},
	)
	client := server.As(k.owner)
	k.orders = ordersv1connect.NewOrderServiceClient(client, server.URL)
	k.inventory = inventoryv1connect.NewInventoryServiceClient(client, server.URL)
	k.purchases = procurementv1connect.NewProcurementServiceClient(client, server.URL)
	k.po = k.place(t)
	return k
}

// promote activates two promotions: a share off everything, and an amount off that only so many orders get.
func (k *kitchen) promote(t *testing.T, db *postgres.DB) {
	t.Helper()
	for i, terms := range []string{
		`{"name": "P", "effect": "PERCENT_OFF", "percent_bp": 700, "scope": {}, "exclusive": false, "approval_required": false, "priority": 1}`,
		`{"name": "Q", "effect": "FIXED_OFF", "amount": 333, "limit_total": 20, "scope": {}, "exclusive": false, "approval_required": false, "priority": 2}`,
	} {
		_, err := db.Exec(t.Context(), `INSERT INTO promotions (org_id, id, status, terms, name, priority, limit_total, revision, author, created_at, updated_at)
			VALUES ($1, 'P' || $2::integer, 'ACTIVE', $3, 'P', 1, $2 * 20, 1, 'u', now(), now())`, k.owner.OrgID, i, terms)
		require.NoError(t, err)
	}
	_, err := db.Exec(t.Context(), "UPDATE organisations SET promotions_version = 1 WHERE org_id = $1", k.owner.OrgID)
	require.NoError(t, err)
}

// place places a purchase order that is never received whole.
func (k *kitchen) place(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	supplier, err := k.purchases.UpsertSupplier(ctx, &procurementv1.UpsertSupplierRequest{Supplier: &procurementv1.Supplier{Name: "Farm"}})
	require.NoError(t, err)
	draft, err := k.purchases.CreatePurchaseOrder(ctx, &procurementv1.CreatePurchaseOrderRequest{
		BranchId: k.branches[0], SupplierId: supplier.GetSupplier().GetId(),
		Lines: []*procurementv1.NewPurchaseOrderLine{
			{ItemId: k.items[0], Quantity: 1e9, UnitCost: "401.5"}, {ItemId: k.items[1], Quantity: 1e9, UnitCost: "33.333333"},
		},
	})
	require.NoError(t, err)
	id := draft.GetPurchaseOrder().GetId()
	_, err = k.purchases.SubmitPurchaseOrder(ctx, &procurementv1.SubmitPurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	_, err = k.purchases.ApprovePurchaseOrder(ctx, &procurementv1.ApprovePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	_, err = k.purchases.PlacePurchaseOrder(ctx, &procurementv1.PlacePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	return id
}

// step is one thing that happens. Refusals by a rule are part of the game; a step returns only what must not happen.
type step func(t *testing.T) error

// drawStep draws what happens next; target is an order that may exist by then.
func (k *kitchen) drawStep(t *rapid.T, id, target string) step {
	branch := rapid.SampledFrom(k.branches).Draw(t, "branch")
	item := rapid.SampledFrom(k.items).Draw(t, "item")
	quantity := float64(rapid.IntRange(1, 20_000).Draw(t, "thousandths")) / 1000
	amount := rapid.Int64Range(1, 2_000).Draw(t, "amount")
	minutes := rapid.IntRange(-3*24*60, 0).Draw(t, "minutes")
	restock := rapid.Bool().Draw(t, "restock")
	at := k.now.Add(time.Duration(minutes) * time.Minute)
	switch rapid.SampledFrom([]string{"sell", "sell", "ingest", "ingest", "void", "refund", "waste", "receive", "batch", "count", "adjust", "transfer"}).Draw(t, "step") {
	case "sell":
		dish := rapid.SampledFrom(k.dishes).Draw(t, "dish")
		return func(t *testing.T) error { return k.sell(t, id, branch, dish, amount) }
	case "ingest":
		o := k.drawOrder(t, id, branch, at)
		return func(t *testing.T) error {
			_, err := k.orders.IngestOrders(t.Context(), &ordersv1.IngestOrdersRequest{Orders: []*ordersv1.IngestOrder{o, o}})
			return err
		}
	case "void":
		return func(t *testing.T) error {
			_, err := k.orders.VoidOrder(t.Context(), &ordersv1.VoidOrderRequest{OrderId: target, Reason: "mistake", Restock: restock})
			return unexpected(err)
		}
	case "refund":
		return func(t *testing.T) error { return k.refund(t, target, amount, restock) }
	case "waste":
		return func(t *testing.T) error {
			_, err := k.inventory.RecordWastage(t.Context(), &inventoryv1.RecordWastageRequest{
				BranchId: branch, ItemId: item, Quantity: quantity, Reason: "expired", WastedAt: timestamppb.New(at),
			})
			return unexpected(err)
		}
	case "receive":
		return func(t *testing.T) error {
			_, err := k.purchases.ReceivePurchaseOrder(t.Context(), &procurementv1.ReceivePurchaseOrderRequest{
				PoId: k.po, Items: []*procurementv1.ReceivedItem{{ItemId: item, Quantity: quantity}},
			})
			return unexpected(err)
		}
	case "count":
		return func(t *testing.T) error {
			_, err := k.inventory.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{
				BranchId: branch, CountedAt: timestamppb.New(at), Items: []*inventoryv1.CountedItem{{ItemId: item, Quantity: quantity}},
			})
			return unexpected(err)
		}
	case "adjust":
		return func(t *testing.T) error {
			signed := quantity
			if restock {
				signed = -quantity
			}
			_, err := k.inventory.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{BranchId: branch, ItemId: item, Quantity: signed, Reason: "found"})
			return unexpected(err)
		}
	case "transfer":
		return func(t *testing.T) error { return k.transfer(t, branch, item, quantity, restock) }
	default:
		return func(t *testing.T) error {
			_, err := k.inventory.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{BranchId: branch, ItemId: item, Quantity: quantity, UnitCost: "77.7"})
			return unexpected(err)
		}
	}
}

// unexpected lets refusals by a rule pass.
func unexpected(err error) error {
	switch connect.CodeOf(err) {
	case connect.CodeFailedPrecondition, connect.CodeInvalidArgument, connect.CodeNotFound, connect.CodeAlreadyExists:
		return nil
	default:
		return err
	}
}

func (k *kitchen) sell(t *testing.T, id, branch, dish string, amount int64) error {
	ctx := t.Context()
	_, err := k.orders.OpenOrder(ctx, &ordersv1.OpenOrderRequest{
		OrderId: id, BranchId: branch, Covers: 2, Lines: []*ordersv1.NewLine{{MenuItemId: dish, Quantity: 2}, {MenuItemId: dish, Quantity: 1}},
	})
	if err == nil {
		_, err = k.orders.SendOrder(ctx, &ordersv1.SendOrderRequest{OrderId: id})
	}
	if err == nil {
		_, err = k.orders.DiscountOrder(ctx, &ordersv1.DiscountOrderRequest{OrderId: id, Amount: amount, Reason: "regular"})
		err = unexpected(err)
	}
	if err == nil {
		_, err = k.orders.CloseOrder(ctx, &ordersv1.CloseOrderRequest{OrderId: id})
	}
	if err == nil {
		_, err = k.orders.MarkReady(ctx, &ordersv1.MarkReadyRequest{OrderId: id})
	}
	return unexpected(err)
}

// transfer sends from a branch to the other, of which half arrives, and the rest is lost or stays on its way.
func (k *kitchen) transfer(t *testing.T, from, item string, quantity float64, complete bool) error {
	ctx, to := t.Context(), k.branches[0]
	if to == from {
		to = k.branches[1]
	}
	half := float64(int64(quantity*500)) / 1000
	created, err := k.inventory.CreateTransfer(ctx, &inventoryv1.CreateTransferRequest{
		FromBranchId: from, ToBranchId: to, Items: []*inventoryv1.TransferItem{{ItemId: item, Quantity: quantity}},
	})
	if err != nil || half == 0 {
		return unexpected(err)
	}
	id := created.GetTransfer().GetId()
	_, err = k.inventory.ApproveTransfer(ctx, &inventoryv1.ApproveTransferRequest{TransferId: id})
	if err == nil {
		_, err = k.inventory.SendTransfer(ctx, &inventoryv1.SendTransferRequest{TransferId: id})
	}
	if err == nil {
		_, err = k.inventory.ReceiveTransfer(ctx, &inventoryv1.ReceiveTransferRequest{
			TransferId: id, Complete: complete, Items: []*inventoryv1.TransferItem{{ItemId: item, Quantity: half}},
		})
	}
	return unexpected(err)
}

func (k *kitchen) refund(t *testing.T, id string, amount int64, restock bool) error {
	if restock { // only all that is left can be restocked
		o, err := k.orders.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: id})
		if err != nil || o.GetOrder().GetNet() == 0 {
			return unexpected(err)
		}
		amount = o.GetOrder().GetNet()
	}
	_, err := k.orders.RefundOrder(t.Context(), &ordersv1.RefundOrderRequest{OrderId: id, Amount: amount, Reason: "cold", Restock: restock})
	return unexpected(err)
}

func (k *kitchen) drawOrder(t *rapid.T, id, branch string, at time.Time) *ordersv1.IngestOrder {
	o := &ordersv1.IngestOrder{OrderId: id, BranchId: branch, Covers: rapid.Int32Range(0, 6).Draw(t, "covers")}
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		o.Lines = append(o.Lines, &ordersv1.IngestLine{
			MenuItemId: rapid.SampledFrom(k.dishes).Draw(t, "dish"), Quantity: float64(rapid.IntRange(1, 9).Draw(t, "portions")),
		})
	}
	if rapid.IntRange(0, 4).Draw(t, "voided") == 0 {
		o.VoidedAt = timestamppb.New(at)
		return o
	}
	o.ClosedAt = timestamppb.New(at)
	o.Tickets = []*ordersv1.IngestTicket{{SentAt: timestamppb.New(at.Add(-time.Hour)), ReadyAt: timestamppb.New(at.Add(-time.Duration(rapid.IntRange(40, 50).Draw(t, "ready")) * time.Minute))}}
	for range rapid.IntRange(0, 2).Draw(t, "adjustments") {
		o.Adjustments = append(o.Adjustments, &ordersv1.IngestAdjustment{
			Kind:   ordersv1.AdjustmentKind(rapid.IntRange(1, 3).Draw(t, "kind")),
			Amount: rapid.Int64Range(1, 300).Draw(t, "granted"),
			At:     timestamppb.New(at.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "later")) * time.Minute)),
		})
	}
	return o
}

// TestRollupsAlwaysEqualTheRawRows drives random orders, voids, refunds, wastage, opening stock and receipts from several
// goroutines, on the same branches, dishes, items, purchase order and orders.
func TestRollupsAlwaysEqualTheRawRows(t *testing.T) {
	t.Parallel()
	const workers, steps = 6, 10
	db := dbtest.New(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		k := openKitchen(t, db)
		var running sync.WaitGroup
		failures := make(chan error, workers*steps)
		for worker := range workers {
			var script []step
			for n := range steps {
				// Half of the ids are shared between workers, so that they meet on the same orders.
				id := fmt.Sprintf("O-%d-%d", n, worker)
				target := fmt.Sprintf("O-%d-%d", rapid.IntRange(0, steps-1).Draw(rt, "n"), rapid.IntRange(0, workers-1).Draw(rt, "worker"))
				script = append(script, k.drawStep(rt, id, target))
			}
			running.Go(func() {
				for _, s := range script {
					if err := s(t); err != nil {
						failures <- err
					}
				}
			})
		}
		running.Wait()
		close(failures)
		for err := range failures {
			rt.Error(err)
		}
		report, err := reconciliation.Run(t.Context(), db, k.owner.OrgID, reconciliation.Args{
			From: civil.NewDate(2024, time.October, 1), To: civil.NewDate(2024, time.December, 1),
		})
		require.NoError(rt, err)
		require.Empty(rt, report.Lines())
	})
	require.Positive(t, round)
}
