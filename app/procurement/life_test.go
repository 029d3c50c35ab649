package procurement_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

func TestUpdatePurchaseOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := factory.Item(t, b.db, b.owner)
	update := func(id string) *procurementv1.UpdatePurchaseOrderRequest {
		return &procurementv1.UpdatePurchaseOrderRequest{PoId: id, Lines: []*procurementv1.NewPurchaseOrderLine{
			{ItemId: second, Quantity: 2, UnitCost: "10.25"}, {ItemId: b.item, Quantity: 1, UnitCost: "9000"},
		}}
	}

	t.Run("ReplacesTheLinesOfADraft", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("EDIT"))
		require.NoError(t, err)
		editor := factory.As(b.owner, caller.RoleManager, "")
		req := update("EDIT")
		req.ToleranceBp = proto.Int32(500)
		resp, err := b.as(editor).UpdatePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, int64(9_021), resp.GetPurchaseOrder().GetTotal(), "20.5 is rounded away from zero")
		got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: "EDIT"})
		require.NoError(t, err)
		o := got.GetPurchaseOrder()
		require.Equal(t, []string{second, b.item}, []string{o.GetLines()[0].GetItemId(), o.GetLines()[1].GetItemId()})
		require.Equal(t, int64(9_021), o.GetTotal())
		require.Equal(t, int32(500), o.GetToleranceBp())
		require.Equal(t, editor.UserID, o.GetUpdatedBy())
		require.Equal(t, b.owner.UserID, o.GetCreatedBy())

		// Who changed the lines is an author too.
		_, err = b.client.SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: "EDIT"})
		require.NoError(t, err)
		_, err = b.as(editor).ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: "EDIT"})
		requireRefused(t, err, connect.CodePermissionDenied, "SELF_APPROVAL")
		_, err = b.as(factory.As(b.owner, caller.RoleManager, "")).ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: "EDIT"})
		require.NoError(t, err)
	})

	t.Run("RefusesAnOrderThatIsNoDraft", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("SUBMITTED"))
		require.NoError(t, err)
		_, err = b.client.SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: "SUBMITTED"})
		require.NoError(t, err)
		_, err = b.client.UpdatePurchaseOrder(t.Context(), update("SUBMITTED"))
		requireRefused(t, err, connect.CodeFailedPrecondition, "PO_NOT_DRAFT")
		require.ErrorContains(t, err, "SUBMITTED")
	})

	cases := map[string]struct {
		change func(*procurementv1.UpdatePurchaseOrderRequest)
		field  string
	}{
		"an item that doesn't exist": {func(r *procurementv1.UpdatePurchaseOrderRequest) { r.Lines[1].ItemId = "NO_SUCH" }, "lines[1].item_id"},
		"an item that comes twice":   {func(r *procurementv1.UpdatePurchaseOrderRequest) { r.Lines[1].ItemId = second }, "lines[1].item_id"},
		"a quantity of nothing":      {func(r *procurementv1.UpdatePurchaseOrderRequest) { r.Lines[1].Quantity = 0 }, "lines[1].quantity"},
		"no lines":                   {func(r *procurementv1.UpdatePurchaseOrderRequest) { r.Lines = nil }, "lines"},
		"a tolerance over 100 %":     {func(r *procurementv1.UpdatePurchaseOrderRequest) { r.ToleranceBp = proto.Int32(10_001) }, "tolerance_bp"},
	}
	_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("KEPT"))
	require.NoError(t, err)
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			req := update("KEPT")
			tc.change(req)
			_, err := b.client.UpdatePurchaseOrder(t.Context(), req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, "%v", err)
			require.Equal(t, []string{tc.field}, fields)
			got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: "KEPT"})
			require.NoError(t, err)
			require.Equal(t, int64(540_000), got.GetPurchaseOrder().GetTotal())
			require.Len(t, got.GetPurchaseOrder().GetHistory(), 1)
		})
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.placed(t, b.order(""))
	received, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 1))
	require.NoError(t, err)
	_, err = b.client.CancelPurchaseOrder(t.Context(), &procurementv1.CancelPurchaseOrderRequest{PoId: id, Reason: "late"})
	requireRefused(t, err, connect.CodeFailedPrecondition, "PO_TRANSITION")
	b.clock.Set(noon.Add(time.Hour))
	_, err = b.client.ClosePurchaseOrder(t.Context(), &procurementv1.ClosePurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	type step struct {
		action, status, note string
		at                   time.Time
	}
	var steps []step
	for _, e := range got.GetPurchaseOrder().GetHistory() {
		require.Equal(t, b.owner.UserID, e.GetActor())
		steps = append(steps, step{
			e.GetAction().String()[len("PURCHASE_ORDER_ACTION_"):], e.GetStatus().String()[len("PURCHASE_ORDER_STATUS_"):], e.GetNote(), e.GetOccurredAt().AsTime(),
		})
	}
	require.Equal(t, []step{
		{"CREATED", "DRAFT", "", noon}, {"SUBMITTED", "SUBMITTED", "", noon}, {"APPROVED", "APPROVED", "", noon}, {"PLACED", "PLACED", "", noon},
		{"RECEIVED", "PARTIALLY_RECEIVED", received.GetReceipt().GetId(), noon}, {"CLOSED_SHORT", "CLOSED_SHORT", "", noon.Add(time.Hour)},
	}, steps)
	require.Equal(t, noon.Add(time.Hour), got.GetPurchaseOrder().GetClosedAt().AsTime())
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "1"})
	for i, id := range []string{"O1", "O2", "O3", "O4"} {
		b.clock.Set(noon.AddDate(0, 0, i))
		req := b.order(id)
		if i >= 2 {
			req.SupplierId = "FARM"
		}
		if i%2 == 1 {
			req.BranchId = other
		}
		_, err := b.client.CreatePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
	}
	day := func(n int) *timestamppb.Timestamp { return timestamppb.New(noon.AddDate(0, 0, n)) }
	cases := map[string]struct {
		req  *procurementv1.ListPurchaseOrdersRequest
		want []string
	}{
		"a supplier's":               {&procurementv1.ListPurchaseOrdersRequest{SupplierId: "FARM"}, []string{"O4", "O3"}},
		"a branch's from a supplier": {&procurementv1.ListPurchaseOrdersRequest{SupplierId: "FARM", BranchId: other}, []string{"O4"}},
		"from an instant on":         {&procurementv1.ListPurchaseOrdersRequest{CreatedFrom: day(2)}, []string{"O4", "O3"}},
		"before an instant":          {&procurementv1.ListPurchaseOrdersRequest{CreatedBefore: day(1)}, []string{"O1"}},
		"between two":                {&procurementv1.ListPurchaseOrdersRequest{CreatedFrom: day(1), CreatedBefore: day(3)}, []string{"O3", "O2"}},
		"between two in a branch":    {&procurementv1.ListPurchaseOrdersRequest{CreatedFrom: day(1), CreatedBefore: day(3), BranchId: b.branch}, []string{"O3"}},
		"between two of a supplier":  {&procurementv1.ListPurchaseOrdersRequest{CreatedFrom: day(1), CreatedBefore: day(3), SupplierId: "FARM"}, []string{"O3"}},
		"of a supplier in no state": {&procurementv1.ListPurchaseOrdersRequest{
			SupplierId: "FARM", Status: procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_PLACED,
		}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			tc.req.PageSize = 1
			for page := 0; page == 0 || tc.req.GetPageToken() != ""; page++ {
				resp, err := b.client.ListPurchaseOrders(t.Context(), tc.req)
				require.NoError(t, err)
				for _, o := range resp.GetPurchaseOrders() {
					got = append(got, o.GetId())
				}
				tc.req.PageToken = resp.GetNextPageToken()
			}
			require.Equal(t, tc.want, got)
		})
	}

	t.Run("RefusesInstantsInTheWrongOrder", func(t *testing.T) {
		t.Parallel()
		_, err := b.client.ListPurchaseOrders(t.Context(), &procurementv1.ListPurchaseOrdersRequest{CreatedFrom: day(1), CreatedBefore: day(1)})
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{"created_before"}, fields)
	})
}
