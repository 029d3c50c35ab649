package inventory_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1/inventoryv1connect"
)

// noon is 12:00 in Kampala on 2024-11-08.
var noon = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)

type testBundle struct {
	branch string
	client inventoryv1connect.InventoryServiceClient
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
	handler := inventory.NewHandler(b.db, inventory.NewService(b.clock.Now))
	b.server = rpctest.New(t, rpc.Service{
		Name: inventoryv1connect.InventoryServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return inventoryv1connect.NewInventoryServiceHandler(handler, options...)
		},
	})
	b.client = b.as(b.owner)
	return b
}

func (b *testBundle) as(c caller.Caller) inventoryv1connect.InventoryServiceClient {
	return inventoryv1connect.NewInventoryServiceClient(b.server.As(c), b.server.URL)
}

func (b *testBundle) batch(t *testing.T, quantity float64, unitCost string) *inventoryv1.Batch {
	t.Helper()
	resp, err := b.client.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{BranchId: b.branch, ItemId: b.item, Quantity: quantity, UnitCost: unitCost})
	require.NoError(t, err)
	return resp.GetBatch()
}

// short sells more of the item than there is.
func (b *testBundle) short(t *testing.T, quantity string) {
	t.Helper()
	_, err := stock.Consume(t.Context(), b.db, stock.Sale{
		At: noon, BranchID: b.branch, BusinessDate: civil.NewDate(2024, time.November, 8), OrderID: "O1", OrgID: b.owner.OrgID,
		Needs: []stock.Need{{ItemID: b.item, LineNo: 1, Quantity: dec(quantity)}},
	})
	require.NoError(t, err)
}

// day returns what the rollup holds of cost and waste on a branch day.
func (b *testBundle) day(t *testing.T, date string) (cogs, waste int64) {
	t.Helper()
	err := b.db.QueryRow(t.Context(), `SELECT coalesce(sum(cogs), 0), coalesce(sum(waste_cost), 0) FROM branch_day_sales
		WHERE org_id = $1 AND branch_id = $2 AND business_date = $3::text::date`, b.owner.OrgID, b.branch, date).Scan(&cogs, &waste)
	require.NoError(t, err)
	return cogs, waste
}

// reconciled requires that stock equals its ledger, and what was wasted and settled its rollup.
func (b *testBundle) reconciled(t *testing.T) {
	t.Helper()
	unexplained, err := stock.Check(t.Context(), b.db, b.owner.OrgID)
	require.NoError(t, err)
	require.Empty(t, unexplained)
	differences, err := daysales.Reconcile(t.Context(), b.db, b.owner.OrgID, civil.NewDate(2000, time.January, 1), civil.NewDate(2100, time.January, 1))
	require.NoError(t, err)
	require.Empty(t, differences)
}

func TestUpsertItem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	upsert := func(t *testing.T, c caller.Caller, item *inventoryv1.Item) (*inventoryv1.Item, error) {
		t.Helper()
		resp, err := b.as(c).UpsertItem(t.Context(), &inventoryv1.UpsertItemRequest{Item: item})
		return resp.GetItem(), err
	}

	t.Run("MintsAnID", func(t *testing.T) {
		t.Parallel()
		item, err := upsert(t, b.owner, &inventoryv1.Item{Name: "Beef", BaseUnit: "kg", Active: true})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(item.GetId(), "item_"))
	})

	t.Run("ChangesTheBaseUnitWhileThereIsNoHistory", func(t *testing.T) {
		t.Parallel()
		_, err := upsert(t, b.owner, &inventoryv1.Item{Id: "OIL", Name: "Oil", BaseUnit: "kg", Active: true})
		require.NoError(t, err)
		item, err := upsert(t, b.owner, &inventoryv1.Item{Id: "OIL", Name: "Oil", BaseUnit: "l"})
		require.NoError(t, err)
		require.Equal(t, "l", item.GetBaseUnit())
		require.False(t, item.GetActive())
	})

	t.Run("KeepsTheBaseUnitOnceStockWasBooked", func(t *testing.T) {
		t.Parallel()
		b.batch(t, 1, "4000")
		_, err := upsert(t, b.owner, &inventoryv1.Item{Id: b.item, Name: "Beef", BaseUnit: "g", Active: true})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "BASE_UNIT_FIXED", reason)
		_, err = upsert(t, b.owner, &inventoryv1.Item{Id: b.item, Name: "Best beef", BaseUnit: "kg", Active: true})
		require.NoError(t, err)
	})

	t.Run("IsNotForAKeyOfOneBranch", func(t *testing.T) {
		t.Parallel()
		key := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", BranchID: b.branch, OrgID: b.owner.OrgID, Scopes: []string{"inventory:write"}}
		_, err := upsert(t, key, &inventoryv1.Item{Name: "Beef", BaseUnit: "kg"})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodePermissionDenied, code)
		require.Equal(t, "BRANCH_SCOPE", reason)
	})
}

func TestAddBatch(t *testing.T) {
	t.Parallel()

	t.Run("BooksOpeningStock", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got := b.batch(t, 12.345, "4000.5")
		require.InDelta(t, 12.345, got.GetRemainingQuantity(), 0)
		require.Equal(t, "4000.5", got.GetUnitCost())
		require.Equal(t, noon, got.GetReceivedAt().AsTime())
		b.reconciled(t)
	})

	t.Run("CountsWhatItSettlesOnTheBusinessDateOnWhichItCameIn", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 1, "4000")
		b.short(t, "3")
		resp, err := b.client.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{
			BranchId: b.branch, ItemId: b.item, Quantity: 5, UnitCost: "4500", ExpiresOn: "2024-12-01",
			ReceivedAt: timestamppb.New(time.Date(2024, time.November, 8, 0, 59, 0, 0, time.UTC)), // 03:59 in Kampala
		})
		require.NoError(t, err)
		require.InDelta(t, 3, resp.GetBatch().GetRemainingQuantity(), 0)
		require.Equal(t, "2024-12-01", resp.GetBatch().GetExpiresOn())
		cogs, _ := b.day(t, "2024-11-07")
		require.Equal(t, int64(1_000), cogs)
		b.reconciled(t)
	})

	b := setup(t)
	valid := func() *inventoryv1.AddBatchRequest {
		return &inventoryv1.AddBatchRequest{BranchId: b.branch, ItemId: b.item, Quantity: 1, UnitCost: "4000"}
	}
	cases := map[string]struct {
		change func(*inventoryv1.AddBatchRequest)
		code   connect.Code
		field  string
	}{
		"a branch that doesn't exist": {func(r *inventoryv1.AddBatchRequest) { r.BranchId = "NO_SUCH" }, connect.CodeNotFound, ""},
		"an item that doesn't exist":  {func(r *inventoryv1.AddBatchRequest) { r.ItemId = "NO_SUCH" }, connect.CodeNotFound, ""},
		"a negative quantity":         {func(r *inventoryv1.AddBatchRequest) { r.Quantity = -1 }, connect.CodeInvalidArgument, "quantity"},
		"too many decimals":           {func(r *inventoryv1.AddBatchRequest) { r.Quantity = 0.0001 }, connect.CodeInvalidArgument, "quantity"},
		"a cost in words":             {func(r *inventoryv1.AddBatchRequest) { r.UnitCost = "four" }, connect.CodeInvalidArgument, "unit_cost"},
		"a day that doesn't exist":    {func(r *inventoryv1.AddBatchRequest) { r.ExpiresOn = "2024-02-30" }, connect.CodeInvalidArgument, "expires_on"},
		"the future": {
			func(r *inventoryv1.AddBatchRequest) { r.ReceivedAt = timestamppb.New(noon.Add(time.Second)) },
			connect.CodeInvalidArgument, "received_at",
		},
		"the age of sail": {
			func(r *inventoryv1.AddBatchRequest) { r.ReceivedAt = timestamppb.New(noon.AddDate(-300, 0, 0)) },
			connect.CodeInvalidArgument, "received_at",
		},
	}
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			req := valid()
			tc.change(req)
			_, err := b.client.AddBatch(t.Context(), req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, tc.code, code, "%v", err)
			if tc.field != "" {
				require.Equal(t, []string{tc.field}, fields)
			}
		})
	}

	t.Run("RefusesAValueThatCannotBeBooked", func(t *testing.T) {
		t.Parallel()
		req := valid()
		req.Quantity, req.UnitCost = 99_999_999_999, "999999999999"
		_, err := b.client.AddBatch(t.Context(), req)
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code)
		require.Equal(t, "AMOUNT_TOO_LARGE", reason)
	})
}

func TestListStockLevels(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owed := factory.Item(t, b.db, b.owner)
	used := factory.Item(t, b.db, b.owner)
	b.batch(t, 10, "4000")
	b.batch(t, 0.333, "4600.7")
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: used, Quantity: "1", UnitCost: "1"})
	_, err := stock.Consume(t.Context(), b.db, stock.Sale{
		At: noon, BranchID: b.branch, BusinessDate: civil.NewDate(2024, time.November, 8), OrderID: "O1", OrgID: b.owner.OrgID,
		Needs: []stock.Need{{ItemID: owed, LineNo: 1, Quantity: dec("2.5")}, {ItemID: used, LineNo: 2, Quantity: dec("1")}},
	})
	require.NoError(t, err)

	resp, err := b.client.ListStockLevels(t.Context(), &inventoryv1.ListStockLevelsRequest{BranchId: b.branch})
	require.NoError(t, err)
	require.Len(t, resp.GetLevels(), 2, "what is used up has no row")
	require.Equal(t, b.item, resp.GetLevels()[0].GetItemId())
	require.InDelta(t, 10.333, resp.GetLevels()[0].GetOnHand(), 0)
	require.Equal(t, int64(41_532), resp.GetLevels()[0].GetValue())
	require.Equal(t, "kg", resp.GetLevels()[0].GetBaseUnit())
	require.InDelta(t, -2.5, resp.GetLevels()[1].GetOnHand(), 0)
	require.Zero(t, resp.GetLevels()[1].GetValue())
}
