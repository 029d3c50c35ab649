package procurement_test

import (
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1/procurementv1connect"
)

// noon is 12:00 in Kampala on 2024-11-08.
var noon = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)

type testBundle struct {
	branch string
	client procurementv1connect.ProcurementServiceClient
	clock  *clock.Manual
	db     *postgres.DB
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
	runner, err := jobs.NewRunner(b.db, b.clock.Now)
	require.NoError(t, err)
	handler := procurement.NewHandler(b.db, procurement.NewService(b.clock.Now, nil), runner)
	b.server = rpctest.New(t, rpc.Service{
		Name: procurementv1connect.ProcurementServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return procurementv1connect.NewProcurementServiceHandler(handler, options...)
		},
	})
	b.client = b.as(b.owner)
	_, err = b.client.UpsertSupplier(t.Context(), &procurementv1.UpsertSupplierRequest{
		Supplier: &procurementv1.Supplier{Id: "SUPPLIER", Name: "Kampala Meat"},
	})
	require.NoError(t, err)
	return b
}

func (b *testBundle) as(c caller.Caller) procurementv1connect.ProcurementServiceClient {
	return procurementv1connect.NewProcurementServiceClient(b.server.As(c), b.server.URL)
}

// order is a request for 60 of the item at 9,000.
func (b *testBundle) order(id string) *procurementv1.CreatePurchaseOrderRequest {
	return &procurementv1.CreatePurchaseOrderRequest{
		PoId: id, BranchId: b.branch, SupplierId: "SUPPLIER",
		Lines: []*procurementv1.NewPurchaseOrderLine{{ItemId: b.item, Quantity: 60, UnitCost: "9000"}},
	}
}

// placed writes an order and brings it to the supplier.
func (b *testBundle) placed(t *testing.T, req *procurementv1.CreatePurchaseOrderRequest) string {
	t.Helper()
	ctx := t.Context()
	created, err := b.client.CreatePurchaseOrder(ctx, req)
	require.NoError(t, err)
	id := created.GetPurchaseOrder().GetId()
	_, err = b.client.SubmitPurchaseOrder(ctx, &procurementv1.SubmitPurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	_, err = b.client.ApprovePurchaseOrder(ctx, &procurementv1.ApprovePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	_, err = b.client.PlacePurchaseOrder(ctx, &procurementv1.PlacePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	return id
}

func (b *testBundle) delivery(id string, quantity float64) *procurementv1.ReceivePurchaseOrderRequest {
	return &procurementv1.ReceivePurchaseOrderRequest{PoId: id, Items: []*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: quantity}}}
}

// day returns what the rollup holds of purchases and cost of sales on 2024-11-08.
func (b *testBundle) day(t *testing.T) (purchases, cogs int64) {
	t.Helper()
	err := b.db.QueryRow(t.Context(), `SELECT coalesce(sum(purchases), 0), coalesce(sum(cogs), 0) FROM branch_day_sales
		WHERE org_id = $1 AND branch_id = $2 AND business_date = '2024-11-08'`, b.owner.OrgID, b.branch).Scan(&purchases, &cogs)
	require.NoError(t, err)
	return purchases, cogs
}

// onHand returns what the branch's batches hold.
func (b *testBundle) onHand(t *testing.T) float64 {
	t.Helper()
	var sum float64
	err := b.db.QueryRow(t.Context(), "SELECT coalesce(sum(remaining_qty), 0)::float8 FROM stock_batches WHERE org_id = $1", b.owner.OrgID).Scan(&sum)
	require.NoError(t, err)
	return sum
}

// reconciled requires that stock equals its ledger, and receipts their rollup.
func (b *testBundle) reconciled(t *testing.T) {
	t.Helper()
	unexplained, err := stock.Check(t.Context(), b.db, b.owner.OrgID)
	require.NoError(t, err)
	require.Empty(t, unexplained)
	differences, err := daysales.Reconcile(t.Context(), b.db, b.owner.OrgID, civil.NewDate(2000, time.January, 1), civil.NewDate(2100, time.January, 1))
	require.NoError(t, err)
	require.Empty(t, differences)
}

func requireRefused(t *testing.T, err error, code connect.Code, reason string) {
	t.Helper()
	gotCode, gotReason, _ := rpctest.Fault(t, err)
	require.Equal(t, code, gotCode, "%v", err)
	require.Equal(t, reason, gotReason)
}

func TestCreatePurchaseOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	inactive := factory.Item(t, b.db, b.owner)
	_, err := b.db.Exec(t.Context(), "UPDATE inventory_items SET is_active = false WHERE org_id = $1 AND id = $2", b.owner.OrgID, inactive)
	require.NoError(t, err)

	t.Run("WritesADraftWithRoundedLines", func(t *testing.T) {
		t.Parallel()
		req := b.order("")
		req.Currency = "UGX"
		req.Lines[0].Quantity, req.Lines[0].UnitCost = 0.5, "9000.999999"
		resp, err := b.client.CreatePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
		o := resp.GetPurchaseOrder()
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_DRAFT, o.GetStatus())
		require.Equal(t, int64(4_500), o.GetTotal())
		require.Equal(t, "9000.999999", o.GetLines()[0].GetUnitCost())
		require.Equal(t, "UGX", o.GetCurrency())
		require.Equal(t, b.owner.UserID, o.GetCreatedBy())
	})

	t.Run("RefusesAnIDThatIsTaken", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("TAKEN"))
		require.NoError(t, err)
		_, err = b.client.CreatePurchaseOrder(t.Context(), b.order("TAKEN"))
		requireRefused(t, err, connect.CodeAlreadyExists, "PO_ID_TAKEN")
	})

	cases := map[string]struct {
		change func(*procurementv1.CreatePurchaseOrderRequest)
		reason string
		field  string
	}{
		"a branch that doesn't exist":   {func(r *procurementv1.CreatePurchaseOrderRequest) { r.BranchId = "NO_SUCH" }, "BRANCH_NOT_FOUND", ""},
		"a supplier that doesn't exist": {func(r *procurementv1.CreatePurchaseOrderRequest) { r.SupplierId = "NO_SUCH" }, "SUPPLIER_NOT_FOUND", ""},
		"an item that doesn't exist": {
			func(r *procurementv1.CreatePurchaseOrderRequest) { r.Lines[0].ItemId = "NO_SUCH" }, "INVALID_ARGUMENT", "lines[0].item_id",
		},
		"an item that is inactive": {
			func(r *procurementv1.CreatePurchaseOrderRequest) { r.Lines[0].ItemId = inactive }, "INVALID_ARGUMENT", "lines[0].item_id",
		},
		"an item that comes twice": {
			func(r *procurementv1.CreatePurchaseOrderRequest) { r.Lines = append(r.Lines, r.Lines[0]) }, "INVALID_ARGUMENT", "lines[1].item_id",
		},
		"another currency": {func(r *procurementv1.CreatePurchaseOrderRequest) { r.Currency = "USD" }, "CURRENCY_MISMATCH", "currency"},
		"a quantity of nothing": {
			func(r *procurementv1.CreatePurchaseOrderRequest) { r.Lines[0].Quantity = 0 }, "INVALID_ARGUMENT", "lines[0].quantity",
		},
		"a quantity with four decimals": {
			func(r *procurementv1.CreatePurchaseOrderRequest) { r.Lines[0].Quantity = 1.0001 }, "INVALID_ARGUMENT", "lines[0].quantity",
		},
		"an amount that can't be booked": {
			func(r *procurementv1.CreatePurchaseOrderRequest) {
				r.Lines[0].Quantity, r.Lines[0].UnitCost = 99_999_999_999, "999999999999"
			}, "INVALID_ARGUMENT", "lines[0].quantity",
		},
	}
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			req := b.order("")
			tc.change(req)
			_, err := b.client.CreatePurchaseOrder(t.Context(), req)
			_, reason, fields := rpctest.Fault(t, err)
			require.Equal(t, tc.reason, reason, "%v", err)
			if tc.field != "" {
				require.Equal(t, []string{tc.field}, fields)
			}
		})
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	b := setup(t)

	t.Run("NamesBothStatesOfATransitionThatIsNone", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("DRAFT"))
		require.NoError(t, err)
		_, err = b.client.PlacePurchaseOrder(t.Context(), &procurementv1.PlacePurchaseOrderRequest{PoId: "DRAFT"})
		requireRefused(t, err, connect.CodeFailedPrecondition, "PO_TRANSITION")
		require.ErrorContains(t, err, "DRAFT")
		require.ErrorContains(t, err, "PLACED")
	})

	t.Run("KeepsManagersFromApprovingTheirOwn", func(t *testing.T) {
		t.Parallel()
		manager := b.as(factory.As(b.owner, caller.RoleManager, ""))
		_, err := manager.CreatePurchaseOrder(t.Context(), b.order("OWN"))
		require.NoError(t, err)
		_, err = manager.SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: "OWN"})
		require.NoError(t, err)
		_, err = manager.ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: "OWN"})
		requireRefused(t, err, connect.CodePermissionDenied, "SELF_APPROVAL")
		resp, err := b.client.ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: "OWN"})
		require.NoError(t, err)
		require.Equal(t, b.owner.UserID, resp.GetPurchaseOrder().GetApprovedBy())
	})

	t.Run("CancelsWhileNothingHasCome", func(t *testing.T) {
		t.Parallel()
		id := b.placed(t, b.order("CANCEL"))
		resp, err := b.client.CancelPurchaseOrder(t.Context(), &procurementv1.CancelPurchaseOrderRequest{PoId: id, Reason: "late"})
		require.NoError(t, err)
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_CANCELLED, resp.GetPurchaseOrder().GetStatus())
		_, err = b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 1))
		requireRefused(t, err, connect.CodeFailedPrecondition, "PO_NOT_RECEIVABLE")
	})

	t.Run("ClosesShortWhatWasPartlyReceived", func(t *testing.T) {
		t.Parallel()
		id := b.placed(t, b.order("SHORT"))
		_, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 59))
		require.NoError(t, err)
		_, err = b.client.CancelPurchaseOrder(t.Context(), &procurementv1.CancelPurchaseOrderRequest{PoId: id})
		requireRefused(t, err, connect.CodeFailedPrecondition, "PO_TRANSITION")
		_, err = b.client.ClosePurchaseOrder(t.Context(), &procurementv1.ClosePurchaseOrderRequest{PoId: id})
		require.NoError(t, err)
		got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: id})
		require.NoError(t, err)
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_CLOSED_SHORT, got.GetPurchaseOrder().GetStatus())
		require.Len(t, got.GetPurchaseOrder().GetReceipts(), 1)
	})
}

func TestOrdersStayInTheCallersBranch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	id := b.placed(t, b.order(""))
	elsewhere := b.as(factory.As(b.owner, caller.RoleSupervisor, other))
	stranger := b.as(factory.Organisation(t, b.db, factory.OrgOpts{}))
	for name, client := range map[string]procurementv1connect.ProcurementServiceClient{"another branch": elsewhere, "another organisation": stranger} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			_, err := client.GetPurchaseOrder(ctx, &procurementv1.GetPurchaseOrderRequest{PoId: id})
			requireRefused(t, err, connect.CodeNotFound, "PURCHASE_ORDER_NOT_FOUND")
			_, err = client.ReceivePurchaseOrder(ctx, b.delivery(id, 1))
			requireRefused(t, err, connect.CodeNotFound, "PURCHASE_ORDER_NOT_FOUND")
			_, err = client.CancelPurchaseOrder(ctx, &procurementv1.CancelPurchaseOrderRequest{PoId: id})
			requireRefused(t, err, connect.CodeNotFound, "PURCHASE_ORDER_NOT_FOUND")
			_, err = client.ListPurchaseOrders(ctx, &procurementv1.ListPurchaseOrdersRequest{BranchId: b.branch})
			requireRefused(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
			listed, err := client.ListPurchaseOrders(ctx, &procurementv1.ListPurchaseOrdersRequest{})
			require.NoError(t, err)
			require.Empty(t, listed.GetPurchaseOrders())
		})
	}
}

func TestListsPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	var written []string
	for i := range 5 {
		req := b.order("")
		if i == 4 {
			req.BranchId = other
		}
		resp, err := b.client.CreatePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
		written = append([]string{resp.GetPurchaseOrder().GetId()}, written...)
	}
	_, err := b.client.SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: written[2]})
	require.NoError(t, err)

	cases := map[string]struct {
		caller caller.Caller
		req    *procurementv1.ListPurchaseOrdersRequest
		want   []string
	}{
		"all of the organisation": {b.owner, &procurementv1.ListPurchaseOrdersRequest{}, written},
		"one branch":              {b.owner, &procurementv1.ListPurchaseOrdersRequest{BranchId: b.branch}, written[1:]},
		"one state": {b.owner, &procurementv1.ListPurchaseOrdersRequest{
			Status: procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_SUBMITTED,
		}, written[2:3]},
		"a supervisor's own": {factory.As(b.owner, caller.RoleSupervisor, other), &procurementv1.ListPurchaseOrdersRequest{}, written[:1]},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			tc.req.PageSize = 2
			for page := 0; page == 0 || tc.req.GetPageToken() != ""; page++ {
				resp, err := b.as(tc.caller).ListPurchaseOrders(t.Context(), tc.req)
				require.NoError(t, err)
				for _, o := range resp.GetPurchaseOrders() {
					got = append(got, o.GetId())
					require.Len(t, o.GetLines(), 1)
				}
				tc.req.PageToken = resp.GetNextPageToken()
			}
			require.Equal(t, tc.want, got)
		})
	}

	t.Run("suppliers", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.UpsertSupplier(t.Context(), &procurementv1.UpsertSupplierRequest{
			Supplier: &procurementv1.Supplier{Id: "ANOTHER", Name: "Entebbe Fish", Email: "fish@example.com", LeadTimeDays: 2},
		})
		require.NoError(t, err)
		first, err := b.client.ListSuppliers(t.Context(), &procurementv1.ListSuppliersRequest{PageSize: 1})
		require.NoError(t, err)
		require.Equal(t, "ANOTHER", first.GetSuppliers()[0].GetId())
		second, err := b.client.ListSuppliers(t.Context(), &procurementv1.ListSuppliersRequest{PageSize: 1, PageToken: first.GetNextPageToken()})
		require.NoError(t, err)
		require.Equal(t, "SUPPLIER", second.GetSuppliers()[0].GetId())
		require.Empty(t, second.GetNextPageToken())
	})
}
