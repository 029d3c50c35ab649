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

// sells says that a supplier, made on the way, sells the bundle's item.
func (b *testBundle) sells(t *testing.T, supplier string, item *procurementv1.SupplierItem) {
	t.Helper()
	_, err := b.client.UpsertSupplier(t.Context(), &procurementv1.UpsertSupplierRequest{
		Supplier: &procurementv1.Supplier{Id: supplier, Name: supplier, LeadTimeDays: 2, ReviewPeriodDays: proto.Int32(3)},
	})
	require.NoError(t, err)
	if item.GetItemId() == "" {
		item.ItemId = b.item
	}
	if item.GetPackSize() == 0 {
		item.PackSize = 1
	}
	_, err = b.client.UpsertSupplierItems(t.Context(), &procurementv1.UpsertSupplierItemsRequest{
		SupplierId: supplier, Items: []*procurementv1.SupplierItem{item},
	})
	require.NoError(t, err)
}

// preferred returns who is preferred for the bundle's item.
func (b *testBundle) preferred(t *testing.T) []string {
	t.Helper()
	resp, err := b.client.ListSupplierItems(t.Context(), &procurementv1.ListSupplierItemsRequest{ItemId: b.item})
	require.NoError(t, err)
	var suppliers []string
	for _, item := range resp.GetItems() {
		if item.GetPreferred() {
			suppliers = append(suppliers, item.GetSupplierId())
		}
	}
	return suppliers
}

func TestSupplierItems(t *testing.T) {
	t.Parallel()

	t.Run("AreStoredAsTheyWereGiven", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		resp, err := b.client.UpsertSupplierItems(t.Context(), &procurementv1.UpsertSupplierItemsRequest{
			SupplierId: "SUPPLIER",
			Items: []*procurementv1.SupplierItem{{
				ItemId: b.item, UnitCost: "9000.5", PackSize: 12, MinOrderQuantity: 50, Preferred: true, ShelfDays: 8,
			}},
		})
		require.NoError(t, err)
		listed, err := b.client.ListSupplierItems(t.Context(), &procurementv1.ListSupplierItemsRequest{SupplierId: "SUPPLIER"})
		require.NoError(t, err)
		require.Len(t, listed.GetItems(), 1)
		require.True(t, proto.Equal(resp.GetItems()[0], listed.GetItems()[0]), "%v", listed)
		require.Equal(t, "9000.5", listed.GetItems()[0].GetUnitCost())
		require.Equal(t, int32(8), listed.GetItems()[0].GetShelfDays())
	})

	t.Run("HaveOnePreferredSupplier", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sells(t, "S1", &procurementv1.SupplierItem{UnitCost: "100", Preferred: true})
		require.Equal(t, []string{"S1"}, b.preferred(t))
		b.sells(t, "S2", &procurementv1.SupplierItem{UnitCost: "200", Preferred: true})
		require.Equal(t, []string{"S2"}, b.preferred(t))
	})

	t.Run("HaveOnePreferredSupplierWhoeverComesAtOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		suppliers := []string{"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"}
		for _, supplier := range suppliers {
			b.sells(t, supplier, &procurementv1.SupplierItem{UnitCost: "100"})
		}
		errs := make([]error, len(suppliers))
		var group sync.WaitGroup
		for i, supplier := range suppliers {
			group.Go(func() {
				_, errs[i] = b.client.UpsertSupplierItems(t.Context(), &procurementv1.UpsertSupplierItemsRequest{
					SupplierId: supplier, Items: []*procurementv1.SupplierItem{{ItemId: b.item, UnitCost: "100", PackSize: 1, Preferred: true}},
				})
			})
		}
		group.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Len(t, b.preferred(t), 1)
	})

	t.Run("ComePageByPage", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, supplier := range []string{"S3", "S1", "S2"} {
			b.sells(t, supplier, &procurementv1.SupplierItem{UnitCost: "100"})
		}
		for name, req := range map[string]*procurementv1.ListSupplierItemsRequest{
			"all": {PageSize: 2}, "one item": {PageSize: 1, ItemId: b.item}, "one supplier": {PageSize: 1, SupplierId: "S2"},
		} {
			var got []string
			for page := 0; page == 0 || req.GetPageToken() != ""; page++ {
				resp, err := b.client.ListSupplierItems(t.Context(), req)
				require.NoError(t, err)
				for _, item := range resp.GetItems() {
					got = append(got, item.GetSupplierId())
				}
				req.PageToken = resp.GetNextPageToken()
			}
			want := []string{"S1", "S2", "S3"}
			if req.GetSupplierId() != "" {
				want = want[1:2]
			}
			require.Equal(t, want, got, name)
		}
	})

	t.Run("BelongToTheWholeOrganisation", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		key := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", BranchID: b.branch, OrgID: b.owner.OrgID, Scopes: []string{"procurement:write"}}
		_, err := b.as(key).UpsertSupplierItems(t.Context(), &procurementv1.UpsertSupplierItemsRequest{
			SupplierId: "SUPPLIER", Items: []*procurementv1.SupplierItem{{ItemId: b.item, UnitCost: "1", PackSize: 1}},
		})
		requireRefused(t, err, connect.CodePermissionDenied, "BRANCH_SCOPE")
		stranger := b.as(factory.Organisation(t, b.db, factory.OrgOpts{}))
		_, err = stranger.UpsertSupplierItems(t.Context(), &procurementv1.UpsertSupplierItemsRequest{
			SupplierId: "SUPPLIER", Items: []*procurementv1.SupplierItem{{ItemId: b.item, UnitCost: "1", PackSize: 1}},
		})
		requireRefused(t, err, connect.CodeNotFound, "SUPPLIER_NOT_FOUND")
	})
}

func TestSupplierItemsRefuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]struct {
		change func(*procurementv1.UpsertSupplierItemsRequest)
		field  string
	}{
		"an item that doesn't exist":        {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].ItemId = "NO_SUCH" }, "items[0].item_id"},
		"an item that comes twice":          {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items = append(r.Items, r.Items[0]) }, "items[1].item_id"},
		"a pack of nothing":                 {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].PackSize = 0 }, "items[0].pack_size"},
		"a pack with four decimals":         {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].PackSize = 0.0001 }, "items[0].pack_size"},
		"a least quantity below 0":          {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].MinOrderQuantity = -1 }, "items[0].min_order_quantity"},
		"a least quantity of four decimals": {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].MinOrderQuantity = 0.0001 }, "items[0].min_order_quantity"},
		"a price below 0":                   {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].UnitCost = "-1" }, "items[0].unit_cost"},
		"no price":                          {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].UnitCost = "" }, "items[0].unit_cost"},
		"a shelf life below 0":              {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items[0].ShelfDays = -1 }, "items[0].shelf_days"},
		"a preference for what isn't sold any more": {
			func(r *procurementv1.UpsertSupplierItemsRequest) {
				r.Items[0].Preferred, r.Items[0].Discontinued = true, true
			}, "items[0].preferred",
		},
		"no items": {func(r *procurementv1.UpsertSupplierItemsRequest) { r.Items = nil }, "items"},
	}
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			req := &procurementv1.UpsertSupplierItemsRequest{
				SupplierId: "SUPPLIER", Items: []*procurementv1.SupplierItem{{ItemId: b.item, UnitCost: "9000", PackSize: 1}},
			}
			tc.change(req)
			_, err := b.client.UpsertSupplierItems(t.Context(), req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, "%v", err)
			require.Equal(t, []string{tc.field}, fields)
			listed, err := b.client.ListSupplierItems(t.Context(), &procurementv1.ListSupplierItemsRequest{})
			require.NoError(t, err)
			require.Empty(t, listed.GetItems())
		})
	}
}
