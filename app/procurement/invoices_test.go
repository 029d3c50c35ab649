package procurement_test

import (
	"sync"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

const (
	hold    = procurementv1.MatchStatus_MATCH_STATUS_HOLD
	matched = procurementv1.MatchStatus_MATCH_STATUS_MATCHED
)

// bill is an invoice for the bundle's item.
func (b *testBundle) bill(po, number string, quantity float64, cost string) *procurementv1.RecordSupplierInvoiceRequest {
	return &procurementv1.RecordSupplierInvoiceRequest{
		PoId: po, InvoiceNumber: number, Items: []*procurementv1.BilledItem{{ItemId: b.item, Quantity: quantity, UnitCost: cost}},
	}
}

func (b *testBundle) billed(t *testing.T, req *procurementv1.RecordSupplierInvoiceRequest) *procurementv1.SupplierInvoice {
	t.Helper()
	resp, err := b.client.RecordSupplierInvoice(t.Context(), req)
	require.NoError(t, err)
	return resp.GetInvoice()
}

// received places an order for 60 at 9,000 of which so many came.
func (b *testBundle) received(t *testing.T, id string, quantity float64) {
	t.Helper()
	b.placed(t, b.order(id))
	_, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, quantity))
	require.NoError(t, err)
}

func TestSupplierInvoice(t *testing.T) {
	t.Parallel()

	t.Run("WorkedExample", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received(t, "PO1", 58)
		v := b.billed(t, b.bill("PO1", "A1", 60, "9200"))
		require.Equal(t, hold, v.GetStatus())
		require.Equal(t, []int64{552_000, 522_000, 30_000}, []int64{v.GetBilled(), v.GetPayable(), v.GetDisputed()})
		line := v.GetLines()[0]
		require.Equal(t, []int64{522_000, 18_400, 11_600, 222}, []int64{
			line.GetPayable(), line.GetDisputedQuantity(), line.GetDisputedPrice(), line.GetPriceDifferenceBp(),
		})
		require.InDelta(t, 2, line.GetQuantityDifference(), 0)
		require.InDelta(t, 58, line.GetPayableQuantity(), 0)
		require.Equal(t, []string{"QUANTITY", "PRICE"}, line.GetReasons())
		require.Equal(t, int32(200), v.GetPriceToleranceBp())

		got, err := b.client.GetSupplierInvoice(t.Context(), &procurementv1.GetSupplierInvoiceRequest{InvoiceId: v.GetId()})
		require.NoError(t, err)
		require.True(t, proto.Equal(v, got.GetInvoice()), "%v", got)
	})

	t.Run("PaysForNothingTwice", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received(t, "PO1", 58)
		require.Equal(t, int64(522_000), b.billed(t, b.bill("PO1", "A1", 60, "9000")).GetPayable())
		_, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery("PO1", 2))
		require.NoError(t, err)
		// The two that were billed before they came are paid for now, at a price within the tolerance.
		second := b.billed(t, b.bill("PO1", "A2", 2, "9180"))
		require.Equal(t, matched, second.GetStatus())
		require.Equal(t, int64(18_360), second.GetPayable())
		third := b.billed(t, b.bill("PO1", "A3", 1, "9000"))
		require.Equal(t, hold, third.GetStatus())
		require.Zero(t, third.GetPayable(), "all that came was paid for")
	})

	t.Run("PaysForNothingTwiceWhenBillsComeAtOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received(t, "PO1", 58)
		var mu sync.Mutex
		var payable int64
		var group sync.WaitGroup
		for _, number := range []string{"A1", "A2", "A3", "A4", "A5", "A6"} {
			group.Go(func() {
				resp, err := b.client.RecordSupplierInvoice(t.Context(), b.bill("PO1", number, 20, "9000"))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					payable += resp.GetInvoice().GetPayable()
				}
			})
		}
		group.Wait()
		require.Equal(t, int64(522_000), payable)
	})

	t.Run("IsComparedAgainWhenTheRestHasCome", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received(t, "PO1", 58)
		v := b.billed(t, b.bill("PO1", "A1", 60, "9000"))
		require.Equal(t, hold, v.GetStatus())
		_, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery("PO1", 2))
		require.NoError(t, err)
		manager := factory.As(b.owner, caller.RoleManager, "")
		resp, err := b.as(manager).MatchSupplierInvoice(t.Context(), &procurementv1.MatchSupplierInvoiceRequest{InvoiceId: v.GetId()})
		require.NoError(t, err)
		require.Equal(t, matched, resp.GetInvoice().GetStatus())
		require.Equal(t, int64(540_000), resp.GetInvoice().GetPayable())
		require.Equal(t, manager.UserID, resp.GetInvoice().GetMatchedBy())
		require.Equal(t, b.owner.UserID, resp.GetInvoice().GetRecordedBy())
		got, err := b.client.GetSupplierInvoice(t.Context(), &procurementv1.GetSupplierInvoiceRequest{InvoiceId: v.GetId()})
		require.NoError(t, err)
		require.True(t, proto.Equal(resp.GetInvoice(), got.GetInvoice()), "%v", got)
	})

	t.Run("HoldsWhatWasNotOrdered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.received(t, "PO1", 60)
		req := b.bill("PO1", "A1", 60, "9000")
		req.Items = append(req.Items, &procurementv1.BilledItem{ItemId: factory.Item(t, b.db, b.owner), Quantity: 2, UnitCost: "500"})
		v := b.billed(t, req)
		require.Equal(t, hold, v.GetStatus())
		require.Equal(t, int64(1_000), v.GetDisputed())
		require.Equal(t, []string{"NOT_ORDERED"}, v.GetLines()[1].GetReasons())
		require.Nil(t, v.GetLines()[1].PriceDifferenceBp)
	})
}

func TestSupplierInvoiceRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.received(t, "PO1", 60)
	b.billed(t, b.bill("PO1", "TAKEN", 1, "9000"))
	_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("DRAFT"))
	require.NoError(t, err)
	cases := map[string]struct {
		change func(*procurementv1.RecordSupplierInvoiceRequest)
		code   connect.Code
		reason string
		fields []string
	}{
		"a number that the supplier used": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.InvoiceNumber = "TAKEN" }, connect.CodeAlreadyExists, "INVOICE_KNOWN", nil,
		},
		"an order that was never placed": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.PoId = "DRAFT" }, connect.CodeFailedPrecondition, "PO_NOT_PLACED", nil,
		},
		"an order that doesn't exist": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.PoId = "NO_SUCH" }, connect.CodeNotFound, "PURCHASE_ORDER_NOT_FOUND", nil,
		},
		"an item that doesn't exist": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.Items[0].ItemId = "NO_SUCH" }, connect.CodeInvalidArgument, "INVALID_ARGUMENT",
			[]string{"items[0].item_id"},
		},
		"an item that comes twice": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.Items = append(r.Items, r.Items[0]) }, connect.CodeInvalidArgument, "INVALID_ARGUMENT",
			[]string{"items[1].item_id"},
		},
		"a quantity of nothing": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.Items[0].Quantity = 0 }, connect.CodeInvalidArgument, "INVALID_ARGUMENT",
			[]string{"items[0].quantity"},
		},
		"an amount that can't be booked": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) {
				r.Items[0].Quantity, r.Items[0].UnitCost = 99_999_999_999, "999999999999"
			},
			connect.CodeInvalidArgument, "INVALID_ARGUMENT", []string{"items[0].quantity"},
		},
		"a number with spaces around it": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.InvoiceNumber = "TAKEN " }, connect.CodeInvalidArgument, "INVALID_ARGUMENT",
			[]string{"invoice_number"},
		},
		"nothing billed": {
			func(r *procurementv1.RecordSupplierInvoiceRequest) { r.Items = nil }, connect.CodeInvalidArgument, "INVALID_ARGUMENT", []string{"items"},
		},
	}
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			req := b.bill("PO1", "NEW", 1, "9000")
			tc.change(req)
			_, err := b.client.RecordSupplierInvoice(t.Context(), req)
			code, reason, fields := rpctest.Fault(t, err)
			require.Equal(t, tc.code, code, "%v", err)
			require.Equal(t, tc.reason, reason)
			require.Equal(t, tc.fields, fields)
			listed, err := b.client.ListSupplierInvoices(t.Context(), &procurementv1.ListSupplierInvoicesRequest{})
			require.NoError(t, err)
			require.Len(t, listed.GetInvoices(), 1)
		})
	}
}

func TestListSupplierInvoices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "1"})
	elsewhere := b.order("PO2")
	elsewhere.BranchId, elsewhere.SupplierId = other, "FARM"
	b.received(t, "PO1", 60)
	b.placed(t, elsewhere)
	b.billed(t, b.bill("PO1", "A1", 10, "9000"))
	b.billed(t, b.bill("PO1", "A2", 100, "9000"))
	b.billed(t, b.bill("PO2", "A1", 10, "9000")) // the same number, another supplier
	supervisor := factory.As(b.owner, caller.RoleSupervisor, other)
	cases := map[string]struct {
		caller caller.Caller
		req    *procurementv1.ListSupplierInvoicesRequest
		want   []string
	}{
		"all":                        {b.owner, &procurementv1.ListSupplierInvoicesRequest{}, []string{"PO2 A1", "PO1 A2", "PO1 A1"}},
		"an order's":                 {b.owner, &procurementv1.ListSupplierInvoicesRequest{PoId: "PO1"}, []string{"PO1 A2", "PO1 A1"}},
		"a branch's":                 {b.owner, &procurementv1.ListSupplierInvoicesRequest{BranchId: other}, []string{"PO2 A1"}},
		"a supplier's":               {b.owner, &procurementv1.ListSupplierInvoicesRequest{SupplierId: "FARM"}, []string{"PO2 A1"}},
		"those on hold":              {b.owner, &procurementv1.ListSupplierInvoicesRequest{Status: hold}, []string{"PO2 A1", "PO1 A2"}},
		"a supervisor's own":         {supervisor, &procurementv1.ListSupplierInvoicesRequest{}, []string{"PO2 A1"}},
		"a supervisor's of an order": {supervisor, &procurementv1.ListSupplierInvoicesRequest{PoId: "PO1"}, nil},
		"another organisation":       {factory.Organisation(t, b.db, factory.OrgOpts{}), &procurementv1.ListSupplierInvoicesRequest{}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			tc.req.PageSize = 1
			for page := 0; page == 0 || tc.req.GetPageToken() != ""; page++ {
				resp, err := b.as(tc.caller).ListSupplierInvoices(t.Context(), tc.req)
				require.NoError(t, err)
				for _, v := range resp.GetInvoices() {
					got = append(got, v.GetPoId()+" "+v.GetInvoiceNumber())
					require.Len(t, v.GetLines(), 1)
				}
				tc.req.PageToken = resp.GetNextPageToken()
			}
			require.ElementsMatch(t, tc.want, got, "the clock stands still: the order of the list is that of the ids")
		})
	}

	t.Run("OutOfReachAreNotFound", func(t *testing.T) {
		t.Parallel()
		listed, err := b.client.ListSupplierInvoices(t.Context(), &procurementv1.ListSupplierInvoicesRequest{PoId: "PO1"})
		require.NoError(t, err)
		_, err = b.as(supervisor).GetSupplierInvoice(t.Context(), &procurementv1.GetSupplierInvoiceRequest{InvoiceId: listed.GetInvoices()[0].GetId()})
		requireRefused(t, err, connect.CodeNotFound, "SUPPLIER_INVOICE_NOT_FOUND")
		_, err = b.client.MatchSupplierInvoice(t.Context(), &procurementv1.MatchSupplierInvoiceRequest{InvoiceId: "NO_SUCH"})
		requireRefused(t, err, connect.CodeNotFound, "SUPPLIER_INVOICE_NOT_FOUND")
	})
}
