package procurement_test

import (
	"encoding/json"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/procurement"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

// draft runs the job as the worker does.
func (b *testBundle) draft(t *testing.T, args procurement.DraftsArgs) procurement.DraftsSummary {
	t.Helper()
	if args.Strategy == "" {
		args.Strategy = procurement.StrategySafetyStock
	}
	job := procurement.DraftsJob(b.db, procurement.NewService(b.clock.Now, nil))
	ctx := caller.With(t.Context(), caller.Caller{Kind: caller.KindJob, OrgID: b.owner.OrgID})
	made, err := job.Work(ctx, b.owner.OrgID, args)
	require.NoError(t, err)
	return made.(procurement.DraftsSummary)
}

func (b *testBundle) get(t *testing.T, id string) *procurementv1.PurchaseOrder {
	t.Helper()
	got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: id})
	require.NoError(t, err)
	return got.GetPurchaseOrder()
}

// needs makes two items of FARM and one of MILL that the bundle's branch and another one need.
func (b *testBundle) needs(t *testing.T) (other string) {
	t.Helper()
	other = factory.Branch(t, b.db, b.owner, factory.BranchOpts{ID: "OTHER"})
	items := []string{b.item, factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner)}
	for _, branch := range []string{b.branch, other} {
		for _, item := range items {
			b.policy(t, branch, item, "0", "0")
			b.uses(t, branch, item, 28, "7.5")
		}
	}
	b.sells(t, "FARM", &procurementv1.SupplierItem{UnitCost: "9000", PackSize: 12})
	b.sells(t, "FARM", &procurementv1.SupplierItem{ItemId: items[1], UnitCost: "10.5"})
	b.sells(t, "MILL", &procurementv1.SupplierItem{ItemId: items[2], UnitCost: "0.5"})
	return other
}

func TestGenerateDraftOrders(t *testing.T) {
	t.Parallel()

	t.Run("MakesOneDraftPerBranchAndSupplier", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.needs(t)
		summary := b.draft(t, procurement.DraftsArgs{RequestedBy: "usr_1"})
		require.Equal(t, 4, summary.Written)
		require.Len(t, summary.Orders, 4)
		o := b.get(t, summary.Orders[0])
		require.Equal(t, "FARM", o.GetSupplierId())
		require.Len(t, o.GetLines(), 2)
		require.Equal(t, int64(432_000+399), o.GetTotal(), "48 at 9,000 and 38 at 10.5: 37.5 are needed of each")
		require.Len(t, o.GetHistory(), 1)
		require.Equal(t, "usr_1", o.GetHistory()[0].GetActor())
	})

	t.Run("OfOneBranchLeavesTheOthersAlone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := b.needs(t)
		summary := b.draft(t, procurement.DraftsArgs{BranchID: other})
		require.Equal(t, 2, summary.Written)
		require.Equal(t, other, b.get(t, summary.Orders[1]).GetBranchId())
	})

	t.Run("AreOfTheOneBranchThatACallerIsBoundTo", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.needs(t)
		key := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", BranchID: b.branch, OrgID: b.owner.OrgID, Scopes: []string{"procurement:write"}}
		_, err := b.as(key).GenerateDraftOrders(t.Context(), &procurementv1.GenerateDraftOrdersRequest{})
		require.NoError(t, err)
		var encoded []byte
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT args FROM jobs WHERE org_id = $1", b.owner.OrgID).Scan(&encoded))
		var args procurement.DraftsArgs
		require.NoError(t, json.Unmarshal(encoded, &args))
		for _, id := range b.draft(t, args).Orders {
			require.Equal(t, b.branch, b.get(t, id).GetBranchId())
		}
	})

	t.Run("FindsWhatWasSubmittedSince", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.needs(t)
		first := b.draft(t, procurement.DraftsArgs{})
		_, err := b.client.SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: first.Orders[0]})
		require.NoError(t, err)
		second := b.draft(t, procurement.DraftsArgs{})
		require.Zero(t, second.Written)
		require.Equal(t, first.Orders, second.Orders)
	})

	t.Run("MakesUntouchedDraftsAnewOnTheNextDate", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.needs(t)
		first := b.draft(t, procurement.DraftsArgs{})
		b.clock.Advance(24 * time.Hour)
		second := b.draft(t, procurement.DraftsArgs{RequestedBy: "usr_2"})
		require.Equal(t, int64(4), second.Superseded)
		require.Equal(t, 4, second.Written)
		o := b.get(t, first.Orders[0])
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_CANCELLED, o.GetStatus())
		require.Len(t, o.GetHistory(), 2)
		require.Equal(t, "superseded by the drafts of 2024-11-09", o.GetHistory()[1].GetNote())
		require.Equal(t, "usr_2", o.GetHistory()[1].GetActor())
	})

	t.Run("KeepsADraftThatSomebodyChangedAndCountsItAsOnOrder", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := b.needs(t)
		first := b.draft(t, procurement.DraftsArgs{BranchID: other})
		farm := b.get(t, first.Orders[0])
		req := &procurementv1.UpdatePurchaseOrderRequest{PoId: farm.GetId()}
		for _, l := range farm.GetLines() {
			req.Lines = append(req.Lines, &procurementv1.NewPurchaseOrderLine{ItemId: l.GetItemId(), Quantity: 100, UnitCost: l.GetUnitCost()})
		}
		_, err := b.client.UpdatePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
		b.clock.Advance(24 * time.Hour)
		second := b.draft(t, procurement.DraftsArgs{BranchID: other})
		require.Equal(t, int64(1), second.Superseded, "only the mill's")
		require.Equal(t, 1, second.Written)
		require.Equal(t, "MILL", b.get(t, second.Orders[0]).GetSupplierId())
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_DRAFT, b.get(t, farm.GetId()).GetStatus())
	})

	t.Run("KeepsAManagerFromApprovingTheDraftsTheyAskedFor", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.needs(t)
		manager := factory.As(b.owner, caller.RoleManager, "")
		id := b.draft(t, procurement.DraftsArgs{RequestedBy: manager.UserID}).Orders[0]
		_, err := b.as(manager).SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: id})
		require.NoError(t, err)
		_, err = b.as(manager).ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: id})
		requireRefused(t, err, connect.CodePermissionDenied, "SELF_APPROVAL")
	})

	t.Run("RefusesABranchThatDoesNotExist", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.client.GenerateDraftOrders(t.Context(), &procurementv1.GenerateDraftOrdersRequest{BranchId: "NO_SUCH"})
		requireRefused(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
	})

	t.Run("IsForManagers", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.as(factory.As(b.owner, caller.RoleSupervisor, b.branch)).GenerateDraftOrders(t.Context(), &procurementv1.GenerateDraftOrdersRequest{})
		code, _, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodePermissionDenied, code)
	})
}
