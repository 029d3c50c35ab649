package inventory_test

import (
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

func (b *testBundle) openCount(t *testing.T, items ...string) *inventoryv1.StockCount {
	t.Helper()
	resp, err := b.client.OpenStockCount(t.Context(), &inventoryv1.OpenStockCountRequest{BranchId: b.branch, ItemIds: items, Note: "month end"})
	require.NoError(t, err)
	return resp.GetCount()
}

func (b *testBundle) setCounted(t *testing.T, id, item string, quantity float64) *inventoryv1.StockCount {
	t.Helper()
	resp, err := b.client.SetCountedItems(t.Context(), &inventoryv1.SetCountedItemsRequest{
		CountId: id, Items: []*inventoryv1.CountedItem{{ItemId: item, Quantity: quantity}},
	})
	require.NoError(t, err)
	return resp.GetCount()
}

func TestStockCountStepByStep(t *testing.T) {
	t.Parallel()

	t.Run("BooksWhatWasCountedWhenItIsCommitted", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		second := factory.Item(t, b.db, b.owner)
		b.batch(t, 10, "400")
		opened := b.openCount(t)
		require.Equal(t, inventoryv1.StockCountStatus_STOCK_COUNT_STATUS_OPEN, opened.GetStatus())
		require.Len(t, opened.GetLines(), 2, "all active items")
		require.Nil(t, opened.GetLines()[0].Counted)

		b.setCounted(t, opened.GetId(), b.item, 9)
		set := b.setCounted(t, opened.GetId(), b.item, 7) // counted again
		require.Nil(t, set.GetLines()[0].Expected, "who counts doesn't see what the ledger has")
		require.InDelta(t, 10, b.onHand(t, b.branch), 0)

		_, err := b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: opened.GetId()})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "COUNT_INCOMPLETE", reason)
		require.ErrorContains(t, err, "1 of 2 items were counted; item "+second)

		b.clock.Advance(time.Minute)
		resp, err := b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: opened.GetId(), LeaveUncounted: true})
		require.NoError(t, err)
		done := resp.GetCount()
		require.Equal(t, inventoryv1.StockCountStatus_STOCK_COUNT_STATUS_COMMITTED, done.GetStatus())
		require.Equal(t, "2024-11-08", done.GetBusinessDate())
		require.Equal(t, b.owner.UserID, done.GetCountedBy())
		byItem := make(map[string]*inventoryv1.StockCountLine)
		for _, l := range done.GetLines() {
			byItem[l.GetItemId()] = l
		}
		require.InDelta(t, 10, byItem[b.item].GetExpected(), 0)
		require.InDelta(t, -3, byItem[b.item].GetDifference(), 0)
		require.EqualValues(t, -1_200, byItem[b.item].GetCost())
		require.Nil(t, byItem[second].Counted)
		require.Nil(t, byItem[second].Expected)
		require.InDelta(t, 7, b.onHand(t, b.branch), 0)
		b.consistent(t)

		got, err := b.client.GetStockCount(t.Context(), &inventoryv1.GetStockCountRequest{CountId: opened.GetId()})
		require.NoError(t, err)
		require.True(t, proto.Equal(done, got.GetCount()), "%v", got)
	})

	t.Run("CountsAllThatTheBranchHasOrOwes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		retired, owed, gone := factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner), factory.Item(t, b.db, b.owner)
		factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: retired, Quantity: "1", UnitCost: "1"})
		b.item, owed = owed, b.item
		b.short(t, "1")
		b.item, owed = owed, b.item
		_, err := b.db.Exec(t.Context(), "UPDATE inventory_items SET is_active = false WHERE org_id = $1 AND id <> $2", b.owner.OrgID, b.item)
		require.NoError(t, err)
		var items []string
		for _, l := range b.openCount(t).GetLines() {
			items = append(items, l.GetItemId())
		}
		require.ElementsMatch(t, []string{b.item, retired, owed}, items)
		require.NotContains(t, items, gone)
	})

	t.Run("ChangesNothingOnceCommittedOrCancelled", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 1, "400")
		committed, cancelled := b.openCount(t), b.openCount(t)
		b.setCounted(t, committed.GetId(), b.item, 1)
		b.setCounted(t, cancelled.GetId(), b.item, 0)
		_, err := b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: committed.GetId()})
		require.NoError(t, err)
		_, err = b.client.CancelStockCount(t.Context(), &inventoryv1.CancelStockCountRequest{CountId: cancelled.GetId()})
		require.NoError(t, err)
		for id, want := range map[string]string{committed.GetId(): "COUNT_COMMITTED", cancelled.GetId(): "COUNT_CANCELLED"} {
			_, set := b.client.SetCountedItems(t.Context(), &inventoryv1.SetCountedItemsRequest{CountId: id, Items: []*inventoryv1.CountedItem{{ItemId: b.item}}})
			_, commit := b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: id})
			_, cancel := b.client.CancelStockCount(t.Context(), &inventoryv1.CancelStockCountRequest{CountId: id})
			for _, err := range []error{set, commit, cancel} {
				code, reason, _ := rpctest.Fault(t, err)
				require.Equal(t, connect.CodeFailedPrecondition, code)
				require.Equal(t, want, reason)
			}
		}
		require.InDelta(t, 1, b.onHand(t, b.branch), 0)
		listed, err := b.client.ListStockCounts(t.Context(), &inventoryv1.ListStockCountsRequest{
			BranchId: b.branch, Status: inventoryv1.StockCountStatus_STOCK_COUNT_STATUS_CANCELLED,
		})
		require.NoError(t, err)
		require.Equal(t, []string{cancelled.GetId()}, idsOf(listed.GetCounts()))
	})

	t.Run("IsCommittedOnceByManyAtTheSameTime", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "400")
		opened := b.openCount(t)
		b.setCounted(t, opened.GetId(), b.item, 6)
		var group sync.WaitGroup
		results := make(chan error, 8)
		for range cap(results) {
			group.Go(func() {
				_, err := b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: opened.GetId()})
				results <- err
			})
		}
		group.Wait()
		close(results)
		done := 0
		for err := range results {
			if err == nil {
				done++
				continue
			}
			_, reason, _ := rpctest.Fault(t, err)
			require.Equal(t, "COUNT_COMMITTED", reason)
		}
		require.Equal(t, 1, done)
		require.InDelta(t, 6, b.onHand(t, b.branch), 0)
		b.consistent(t)
	})

	t.Run("StaysInTheCallersBranch", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		opened := b.openCount(t)
		other := b.as(factory.As(b.owner, caller.RoleSupervisor, factory.Branch(t, b.db, b.owner, factory.BranchOpts{})))
		_, get := other.GetStockCount(t.Context(), &inventoryv1.GetStockCountRequest{CountId: opened.GetId()})
		_, commit := other.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: opened.GetId()})
		_, list := other.ListStockCounts(t.Context(), &inventoryv1.ListStockCountsRequest{BranchId: b.branch})
		for _, err := range []error{get, commit, list} {
			require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
		}
		_, err := b.as(factory.As(b.owner, caller.RoleStaff, b.branch)).CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: opened.GetId()})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})
}

func TestStockCountRefusesBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	elsewhere := factory.Item(t, b.db, b.owner)
	id := b.openCount(t, b.item).GetId()
	item := func(item string, quantity float64) *inventoryv1.CountedItem {
		return &inventoryv1.CountedItem{ItemId: item, Quantity: quantity}
	}
	open := func(items ...string) error {
		_, err := b.client.OpenStockCount(t.Context(), &inventoryv1.OpenStockCountRequest{BranchId: b.branch, ItemIds: items})
		return err
	}
	set := func(items ...*inventoryv1.CountedItem) error {
		_, err := b.client.SetCountedItems(t.Context(), &inventoryv1.SetCountedItemsRequest{CountId: id, Items: items})
		return err
	}
	commit := func(at time.Time) error {
		_, err := b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: id, CountedAt: timestamppb.New(at)})
		return err
	}
	record := func(items ...*inventoryv1.CountedItem) error {
		_, err := b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{BranchId: b.branch, Items: items})
		return err
	}
	for name, c := range map[string]struct {
		err         error
		field, rule string
	}{
		"opening with an unknown item":     {open("x"), "item_ids[0]", "must be an inventory item"},
		"opening with an item twice":       {open(b.item, b.item), "item_ids[1]", "a second time"},
		"counting nothing":                 {set(), "items", "at least 1"},
		"counting an item of no part":      {set(item(elsewhere, 1)), "items[0].item_id", "must be an item of the count"},
		"counting an item twice":           {set(item(b.item, 1), item(b.item, 2)), "items[1].item_id", "a second time"},
		"counting less than nothing":       {set(item(b.item, -1)), "items[0].quantity", "greater than or equal to 0"},
		"counting to four decimals":        {set(item(b.item, 0.0001)), "items[0].quantity", "three decimals"},
		"committing in the future":         {commit(noon.Add(time.Second)), "counted_at", "must not be in the future"},
		"committing in the last century":   {commit(noon.AddDate(-50, 0, 0)), "counted_at", "must not be before 2000-01-01"},
		"recording an unknown item":        {record(item("x", 1)), "items[0].item_id", "must be an inventory item"},
		"recording an item twice":          {record(item(b.item, 1), item(b.item, 1)), "items[1].item_id", "a second time"},
		"recording without items":          {record(), "items", "at least 1"},
		"recording to more than a billion": {record(item(b.item, 1e12)), "items[0].quantity", "less than or equal to"},
	} {
		code, _, fields := rpctest.Fault(t, c.err)
		require.Equal(t, connect.CodeInvalidArgument, code, name)
		require.Equal(t, []string{c.field}, fields, name)
		require.ErrorContains(t, c.err, c.rule, name)
	}
	_, err := b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{BranchId: b.branch, CountId: id, Items: []*inventoryv1.CountedItem{item(b.item, 1)}})
	code, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, connect.CodeAlreadyExists, code)
	require.Equal(t, "COUNT_ID_TAKEN", reason)
	_, err = b.client.CommitStockCount(t.Context(), &inventoryv1.CommitStockCountRequest{CountId: "x"})
	require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
	got, err := b.client.GetStockCount(t.Context(), &inventoryv1.GetStockCountRequest{CountId: id})
	require.NoError(t, err)
	require.Nil(t, got.GetCount().GetLines()[0].Counted, "nothing was written")
}

func TestStockCountOfAnEarlierInstant(t *testing.T) {
	t.Parallel()

	t.Run("RefusesLessThanWentOutSince", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "400")
		b.clock.Advance(time.Hour)
		_, err := b.client.RecordWastage(t.Context(), b.wasteRequest("", 8))
		require.NoError(t, err)
		_, err = b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{
			BranchId: b.branch, CountedAt: timestamppb.New(noon.Add(time.Minute)), Items: []*inventoryv1.CountedItem{{ItemId: b.item, Quantity: 7}},
		})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "INSUFFICIENT_STOCK", reason)
		listed, err := b.client.ListStockCounts(t.Context(), &inventoryv1.ListStockCountsRequest{BranchId: b.branch})
		require.NoError(t, err)
		require.Empty(t, listed.GetCounts(), "nothing was written")
	})

	t.Run("MayBeThatOfTheLastCount", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "400")
		b.count(t, 6)
		again := b.count(t, 7)
		require.InDelta(t, 6, again.GetExpected(), 0, "the last count holds")
		require.InDelta(t, 7, b.onHand(t, b.branch), 0)
		b.consistent(t)
	})
}
