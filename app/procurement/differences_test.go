package procurement_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

func TestPriceDifferences(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	second := factory.Item(t, b.db, b.owner)
	b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "1"})

	// 60 of each item at 9,000: of the first, 10 come at 9,900, 5 at the price, 2 at 8,000; of the second, 4 at the price.
	order := b.order("PO1")
	order.Lines = append(order.Lines, &procurementv1.NewPurchaseOrderLine{ItemId: second, Quantity: 60, UnitCost: "9000"})
	b.placed(t, order)
	elsewhere := b.order("PO2")
	elsewhere.BranchId, elsewhere.SupplierId = other, "FARM"
	b.placed(t, elsewhere)
	for _, req := range []*procurementv1.ReceivePurchaseOrderRequest{
		{PoId: "PO1", Items: []*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 10, UnitCost: "9900"}, {ItemId: second, Quantity: 4}}},
		{PoId: "PO1", Items: []*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 5}}},
		{PoId: "PO1", Items: []*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 2, UnitCost: "8000"}}},
		{PoId: "PO2", Items: []*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 1, UnitCost: "9001"}}},
	} {
		_, err := b.client.ReceivePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
	}
	november := func(req *procurementv1.ListPriceDifferencesRequest) *procurementv1.ListPriceDifferencesRequest {
		req.StartDate, req.EndDate = "2024-11-01", "2024-11-30"
		return req
	}
	supervisor := factory.As(b.owner, caller.RoleSupervisor, other)
	farm, meat := [4]int64{9_000, 9_001, 1, 1}, [4]int64{108_000, 115_000, 7_000, 648}
	cases := map[string]struct {
		caller caller.Caller
		req    *procurementv1.ListPriceDifferencesRequest
		want   [][4]int64 // ordered, received, difference, basis points
	}{
		"all":                  {b.owner, november(&procurementv1.ListPriceDifferencesRequest{}), [][4]int64{farm, meat}},
		"a supplier's":         {b.owner, november(&procurementv1.ListPriceDifferencesRequest{SupplierId: "FARM"}), [][4]int64{farm}},
		"a branch's":           {b.owner, november(&procurementv1.ListPriceDifferencesRequest{BranchId: b.branch}), [][4]int64{meat}},
		"a supervisor's own":   {supervisor, november(&procurementv1.ListPriceDifferencesRequest{}), [][4]int64{farm}},
		"of other dates":       {b.owner, &procurementv1.ListPriceDifferencesRequest{StartDate: "2024-11-09", EndDate: "2024-11-30"}, nil},
		"another organisation": {factory.Organisation(t, b.db, factory.OrgOpts{}), november(&procurementv1.ListPriceDifferencesRequest{}), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][4]int64
			tc.req.PageSize = 1
			for page := 0; page == 0 || tc.req.GetPageToken() != ""; page++ {
				resp, err := b.as(tc.caller).ListPriceDifferences(t.Context(), tc.req)
				require.NoError(t, err)
				for _, d := range resp.GetDifferences() {
					require.Equal(t, b.item, d.GetItemName())
					require.NotEmpty(t, d.GetSupplierName())
					got = append(got, [4]int64{d.GetOrdered(), d.GetReceived(), d.GetDifference(), d.GetDifferenceBp()})
				}
				tc.req.PageToken = resp.GetNextPageToken()
			}
			require.Equal(t, tc.want, got)
		})
	}

	refused := map[string]struct{ start, end, field string }{
		"dates in the wrong order":   {"2024-11-02", "2024-11-01", "end_date"},
		"more than 400 days":         {"2023-01-01", "2024-11-30", "end_date"},
		"a start that isn't a date":  {"2024-02-30", "2024-11-30", "start_date"},
		"an end that isn't a date":   {"2024-11-01", "2024-11-31", "end_date"},
		"a start in another writing": {"01/11/2024", "2024-11-30", "start_date"},
	}
	for name, tc := range refused {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := b.client.ListPriceDifferences(t.Context(), &procurementv1.ListPriceDifferencesRequest{StartDate: tc.start, EndDate: tc.end})
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, "%v", err)
			require.Equal(t, []string{tc.field}, fields)
		})
	}
}
