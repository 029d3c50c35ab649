package inventory_test

import (
	"context"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

var (
	longAgo = civil.NewDate(2000, time.January, 1)
	farAway = civil.NewDate(2100, time.January, 1)
)

// consistent requires that batches, shortfalls and days are the sums of the ledger.
func (b *testBundle) consistent(t *testing.T) {
	t.Helper()
	differences, err := stock.Check(t.Context(), b.db, b.owner.OrgID)
	require.NoError(t, err)
	require.Empty(t, differences)
	days, err := stock.CheckDays(t.Context(), b.db, b.owner.OrgID, "", longAgo, farAway)
	require.NoError(t, err)
	require.Empty(t, days)
}

func (b *testBundle) count(t *testing.T, quantity float64) *inventoryv1.StockCountLine {
	t.Helper()
	resp, err := b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{
		BranchId: b.branch, Items: []*inventoryv1.CountedItem{{ItemId: b.item, Quantity: quantity}},
	})
	require.NoError(t, err)
	return resp.GetCount().GetLines()[0]
}

func (b *testBundle) onHand(t *testing.T, branch string) float64 {
	t.Helper()
	resp, err := b.client.ListStockLevels(t.Context(), &inventoryv1.ListStockLevelsRequest{BranchId: branch})
	require.NoError(t, err)
	for _, l := range resp.GetLevels() {
		if l.GetItemId() == b.item {
			return l.GetOnHand()
		}
	}
	return 0
}

// transfer creates, approves and sends.
func (b *testBundle) transfer(t *testing.T, from, to string, quantity float64) *inventoryv1.Transfer {
	t.Helper()
	created, err := b.client.CreateTransfer(t.Context(), &inventoryv1.CreateTransferRequest{
		FromBranchId: from, ToBranchId: to, Items: []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: quantity}},
	})
	require.NoError(t, err)
	id := created.GetTransfer().GetId()
	_, err = b.client.ApproveTransfer(t.Context(), &inventoryv1.ApproveTransferRequest{TransferId: id})
	require.NoError(t, err)
	sent, err := b.client.SendTransfer(t.Context(), &inventoryv1.SendTransferRequest{TransferId: id})
	require.NoError(t, err)
	return sent.GetTransfer()
}

func (b *testBundle) arrive(t *testing.T, id string, quantity float64, complete bool) *inventoryv1.Transfer {
	t.Helper()
	resp, err := b.client.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{
		TransferId: id, Complete: complete, Items: []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: quantity}},
	})
	require.NoError(t, err)
	return resp.GetTransfer()
}

// TestUsageVariance is the worked example: 12 opening + 60 in + 5 transferred in − 4 out − 15 closing = 58 actual against 52 by
// the recipes, of which 3 were thrown away and 3 × 4,400 is unexplained.
func TestUsageVariance(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: other, ItemID: b.item, Quantity: "5", UnitCost: "4000"})
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "12", UnitCost: "4000"})
	b.batch(t, 60, "4400")
	b.arrive(t, b.transfer(t, other, b.branch, 5).GetId(), 5, false)
	b.arrive(t, b.transfer(t, b.branch, other, 4).GetId(), 4, false)
	require.NoError(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
		_, err := stock.Consume(ctx, tx, stock.Sale{
			At: noon, BranchID: b.branch, BusinessDate: civil.NewDate(2024, time.November, 8), OrderID: "O1", OrgID: b.owner.OrgID,
			Needs: []stock.Need{{ItemID: b.item, LineNo: 1, Quantity: dec("52")}},
		})
		return err
	}))
	_, err := b.client.RecordWastage(t.Context(), &inventoryv1.RecordWastageRequest{BranchId: b.branch, ItemId: b.item, Quantity: 3, Reason: "SPOILED"})
	require.NoError(t, err)
	b.clock.Advance(time.Minute)
	counted := b.count(t, 15)
	require.InDelta(t, 18, counted.GetExpected(), 0)
	require.InDelta(t, -3, counted.GetDifference(), 0)

	resp, err := b.client.GetUsageVariance(t.Context(), &inventoryv1.GetUsageVarianceRequest{BranchId: b.branch, StartDate: "2024-11-08", EndDate: "2024-11-08"})
	require.NoError(t, err)
	require.Len(t, resp.GetItems(), 1)
	row := resp.GetItems()[0]
	require.Equal(t, []float64{12, 60, 5, 4, 0, 15, 58, 52, 3, 3}, []float64{
		row.GetOpening(), row.GetReceived(), row.GetTransferredIn(), row.GetTransferredOut(), row.GetAdjusted(), row.GetClosing(), row.GetActual(),
		row.GetTheoretical(), row.GetWaste(), row.GetUnexplained(),
	})
	require.EqualValues(t, 1154, row.GetVarianceBp())
	require.EqualValues(t, 13_200, row.GetUnexplainedCost())
	require.InDelta(t, 15, b.onHand(t, b.branch), 0)
	b.consistent(t)
}

func TestTransfer(t *testing.T) {
	t.Parallel()

	t.Run("LosesWhatDoesNotArriveAtItsCost", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		old := noon.Add(-48 * time.Hour)
		_, err := b.client.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{
			BranchId: b.branch, ItemId: b.item, Quantity: 6, UnitCost: "4000", ExpiresOn: "2024-12-24", ReceivedAt: timestamppb.New(old),
		})
		require.NoError(t, err)
		b.batch(t, 20, "4600")
		sent := b.transfer(t, b.branch, other, 10)
		require.EqualValues(t, 6*4000+4*4600, sent.GetLines()[0].GetCost())
		require.InDelta(t, 16, b.onHand(t, b.branch), 0)
		require.Zero(t, b.onHand(t, other), "goods in transit are on nobody's hand")
		b.consistent(t)

		part := b.arrive(t, sent.GetId(), 7, false)
		require.Equal(t, inventoryv1.TransferStatus_TRANSFER_STATUS_IN_TRANSIT, part.GetStatus())
		_, err = b.client.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{
			TransferId: sent.GetId(), Items: []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: 3.001}},
		})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "OVER_RECEIPT", reason)
		require.ErrorContains(t, err, "only 3 of item")

		done := b.arrive(t, sent.GetId(), 1, true)
		require.Equal(t, inventoryv1.TransferStatus_TRANSFER_STATUS_RECEIVED, done.GetStatus())
		line := done.GetLines()[0]
		require.Equal(t, []float64{10, 8, 2}, []float64{line.GetQuantity(), line.GetReceived(), line.GetLost()})
		require.EqualValues(t, 2*4600, line.GetLostCost())
		require.InDelta(t, 8, b.onHand(t, other), 0)

		batches, err := b.client.ListBatches(t.Context(), &inventoryv1.ListBatchesRequest{BranchId: other})
		require.NoError(t, err)
		require.Len(t, batches.GetBatches(), 3)
		first := batches.GetBatches()[0]
		require.Equal(t, "2024-12-24", first.GetExpiresOn())
		require.Equal(t, "4000", first.GetUnitCost())
		require.True(t, first.GetReceivedAt().AsTime().Equal(old), "its age travels along")
		require.InDelta(t, 6, first.GetRemainingQuantity(), 0)
		b.consistent(t)
	})

	t.Run("SettlesWhatTheReceiverOwes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: other, ItemID: b.item, Quantity: "5", UnitCost: "400"})
		b.short(t, "2")
		b.arrive(t, b.transfer(t, other, b.branch, 5).GetId(), 5, false)
		require.InDelta(t, 3, b.onHand(t, b.branch), 0)
		b.consistent(t)
	})

	t.Run("RefusesWhatMakesNoSense", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		item := []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: 1}}
		for name, c := range map[string]struct {
			req   *inventoryv1.CreateTransferRequest
			field string
		}{
			"TheSameBranch": {&inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: b.branch, Items: item}, "to_branch_id"},
			"NoItems":       {&inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: other}, "items"},
			"AnItemTwice":   {&inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: other, Items: append(item, item[0])}, "items[1].item_id"},
			"NoSuchItem":    {&inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: other, Items: []*inventoryv1.TransferItem{{ItemId: "x", Quantity: 1}}}, "items[0].item_id"},
			"Nothing":       {&inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: other, Items: []*inventoryv1.TransferItem{{ItemId: b.item}}}, "items[0].quantity"},
			"FourDecimals":  {&inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: other, Items: []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: 1.0001}}}, "items[0].quantity"},
		} {
			_, err := b.client.CreateTransfer(t.Context(), c.req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, name)
			require.Equal(t, []string{c.field}, fields, name)
		}
		created, err := b.client.CreateTransfer(t.Context(), &inventoryv1.CreateTransferRequest{TransferId: "T1", FromBranchId: b.branch, ToBranchId: other, Items: item})
		require.NoError(t, err)
		_, err = b.client.CreateTransfer(t.Context(), &inventoryv1.CreateTransferRequest{TransferId: "T1", FromBranchId: b.branch, ToBranchId: other, Items: item})
		_, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, "TRANSFER_ID_TAKEN", reason)
		id := created.GetTransfer().GetId()
		_, err = b.client.SendTransfer(t.Context(), &inventoryv1.SendTransferRequest{TransferId: id})
		_, reason, _ = rpctest.Fault(t, err)
		require.Equal(t, "TRANSFER_DRAFT", reason)
		_, err = b.client.ApproveTransfer(t.Context(), &inventoryv1.ApproveTransferRequest{TransferId: id})
		require.NoError(t, err)
		_, err = b.client.SendTransfer(t.Context(), &inventoryv1.SendTransferRequest{TransferId: id})
		_, reason, _ = rpctest.Fault(t, err)
		require.Equal(t, "INSUFFICIENT_STOCK", reason)
		_, err = b.client.CancelTransfer(t.Context(), &inventoryv1.CancelTransferRequest{TransferId: id})
		require.NoError(t, err)
		_, err = b.client.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{TransferId: id, Items: item})
		_, reason, _ = rpctest.Fault(t, err)
		require.Equal(t, "TRANSFER_CANCELLED", reason)
	})

	t.Run("IsSentByTheSenderAndReceivedByTheReceiver", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		third := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
		b.batch(t, 5, "1")
		sender, receiver := b.as(factory.As(b.owner, caller.RoleSupervisor, b.branch)), b.as(factory.As(b.owner, caller.RoleSupervisor, other))
		stranger := b.as(factory.As(b.owner, caller.RoleSupervisor, third))
		created, err := receiver.CreateTransfer(t.Context(), &inventoryv1.CreateTransferRequest{
			FromBranchId: b.branch, ToBranchId: other, Items: []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: 1}},
		})
		require.NoError(t, err)
		id := created.GetTransfer().GetId()
		_, err = sender.ApproveTransfer(t.Context(), &inventoryv1.ApproveTransferRequest{TransferId: id})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		_, err = b.client.ApproveTransfer(t.Context(), &inventoryv1.ApproveTransferRequest{TransferId: id})
		require.NoError(t, err)
		_, err = receiver.SendTransfer(t.Context(), &inventoryv1.SendTransferRequest{TransferId: id})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		_, err = sender.SendTransfer(t.Context(), &inventoryv1.SendTransferRequest{TransferId: id})
		require.NoError(t, err)
		_, err = sender.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{TransferId: id, Complete: true})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
		_, err = receiver.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{TransferId: id, Complete: true})
		require.NoError(t, err)
		_, err = stranger.GetTransfer(t.Context(), &inventoryv1.GetTransferRequest{TransferId: id})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
		listed, err := stranger.ListTransfers(t.Context(), &inventoryv1.ListTransfersRequest{})
		require.NoError(t, err)
		require.Empty(t, listed.GetTransfers())
		listed, err = sender.ListTransfers(t.Context(), &inventoryv1.ListTransfersRequest{Status: inventoryv1.TransferStatus_TRANSFER_STATUS_RECEIVED})
		require.NoError(t, err)
		require.Len(t, listed.GetTransfers(), 1)
	})
}

func TestStockCount(t *testing.T) {
	t.Parallel()

	t.Run("SettlesNegativeStock", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 2, "400")
		b.short(t, "5")
		line := b.count(t, 4)
		require.InDelta(t, -3, line.GetExpected(), 0)
		require.InDelta(t, 7, line.GetDifference(), 0)
		require.EqualValues(t, 7*400, line.GetCost())
		require.InDelta(t, 4, b.onHand(t, b.branch), 0)
		b.consistent(t)
	})

	t.Run("OfAnEarlierInstantLeavesWhatMovedSince", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.batch(t, 10, "400")
		b.clock.Advance(time.Hour)
		_, err := b.client.RecordWastage(t.Context(), &inventoryv1.RecordWastageRequest{BranchId: b.branch, ItemId: b.item, Quantity: 4, Reason: "SPOILED"})
		require.NoError(t, err)
		b.clock.Advance(time.Hour)
		resp, err := b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{
			BranchId: b.branch, CountedAt: timestamppb.New(noon.Add(30 * time.Minute)), Items: []*inventoryv1.CountedItem{{ItemId: b.item, Quantity: 9}},
		})
		require.NoError(t, err)
		require.InDelta(t, 10, resp.GetCount().GetLines()[0].GetExpected(), 0)
		require.InDelta(t, 5, b.onHand(t, b.branch), 0)
		got, err := b.client.GetStockCount(t.Context(), &inventoryv1.GetStockCountRequest{CountId: resp.GetCount().GetId()})
		require.NoError(t, err)
		require.EqualValues(t, -400, got.GetCount().GetLines()[0].GetCost())
	})

	t.Run("RefusesTheFutureAndWhatWasCountedLater", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		item := []*inventoryv1.CountedItem{{ItemId: b.item, Quantity: 1}}
		_, err := b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{BranchId: b.branch, CountedAt: timestamppb.New(noon.Add(time.Second)), Items: item})
		code, _, fields := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code)
		require.Equal(t, []string{"counted_at"}, fields)
		b.count(t, 1)
		_, err = b.client.RecordStockCount(t.Context(), &inventoryv1.RecordStockCountRequest{BranchId: b.branch, CountedAt: timestamppb.New(noon.Add(-time.Second)), Items: item})
		_, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, "COUNT_OUTDATED", reason)
	})
}

func TestAdjustStock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.batch(t, 10, "400")
	out, err := b.client.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{BranchId: b.branch, ItemId: b.item, Quantity: -4, Reason: "eaten by staff"})
	require.NoError(t, err)
	require.EqualValues(t, -1600, out.GetAdjustment().GetCost())
	in, err := b.client.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{BranchId: b.branch, ItemId: b.item, Quantity: 1.5, Reason: "found"})
	require.NoError(t, err)
	require.EqualValues(t, 600, in.GetAdjustment().GetCost())
	require.InDelta(t, 7.5, b.onHand(t, b.branch), 0)
	for name, c := range map[string]struct {
		req  *inventoryv1.AdjustStockRequest
		want string
	}{
		"Nothing":      {&inventoryv1.AdjustStockRequest{Quantity: 0, Reason: "x"}, "quantity"},
		"NoReason":     {&inventoryv1.AdjustStockRequest{Quantity: 1}, "reason"},
		"CostGoingOut": {&inventoryv1.AdjustStockRequest{Quantity: -1, UnitCost: "5", Reason: "x"}, "unit_cost"},
		"NegativeCost": {&inventoryv1.AdjustStockRequest{Quantity: 1, UnitCost: "-5", Reason: "x"}, "unit_cost"},
	} {
		c.req.BranchId, c.req.ItemId = b.branch, b.item
		_, err := b.client.AdjustStock(t.Context(), c.req)
		_, _, fields := rpctest.Fault(t, err)
		require.Equal(t, []string{c.want}, fields, name)
	}
	_, err = b.client.AdjustStock(t.Context(), &inventoryv1.AdjustStockRequest{BranchId: b.branch, ItemId: b.item, Quantity: -8, Reason: "x"})
	_, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, "INSUFFICIENT_STOCK", reason)
	listed, err := b.client.ListAdjustments(t.Context(), &inventoryv1.ListAdjustmentsRequest{BranchId: b.branch})
	require.NoError(t, err)
	require.Len(t, listed.GetAdjustments(), 2)
	b.consistent(t)
}

func TestStockAtRisk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add := func(quantity float64, expires string) {
		_, err := b.client.AddBatch(t.Context(), &inventoryv1.AddBatchRequest{BranchId: b.branch, ItemId: b.item, Quantity: quantity, UnitCost: "100", ExpiresOn: expires})
		require.NoError(t, err)
	}
	add(2, "2024-11-07")
	add(3, "2024-11-10")
	add(4, "2024-11-12")
	_, err := b.client.UpsertStockPolicies(t.Context(), &inventoryv1.UpsertStockPoliciesRequest{
		Policies: []*inventoryv1.StockPolicy{{BranchId: b.branch, ItemId: b.item, ReorderLevel: 7}},
	})
	require.NoError(t, err)
	within := int32(2)
	resp, err := b.client.ListStockAtRisk(t.Context(), &inventoryv1.ListStockAtRiskRequest{BranchId: b.branch, WithinDays: &within})
	require.NoError(t, err)
	require.Len(t, resp.GetRisks(), 3)
	level, expired, expiring := resp.GetRisks()[0], resp.GetRisks()[1], resp.GetRisks()[2]
	require.Equal(t, inventoryv1.RiskReason_RISK_REASON_BELOW_REORDER_LEVEL, level.GetReason())
	require.InDelta(t, 7, level.GetQuantity(), 0, "what has expired is not on hand")
	require.Equal(t, inventoryv1.RiskReason_RISK_REASON_EXPIRED, expired.GetReason())
	require.EqualValues(t, 200, expired.GetCost())
	require.Equal(t, inventoryv1.RiskReason_RISK_REASON_EXPIRING, expiring.GetReason())
	require.EqualValues(t, 300, expiring.GetCost())
	policies, err := b.client.ListStockPolicies(t.Context(), &inventoryv1.ListStockPoliciesRequest{BranchId: b.branch})
	require.NoError(t, err)
	require.Nil(t, policies.GetPolicies()[0].SafetyStock)
}

func TestRebuild(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.batch(t, 10, "400")
	b.short(t, "12")
	for _, corruption := range []string{
		"UPDATE stock_batches SET remaining_qty = 7", "UPDATE stock_shortfalls SET open_qty = 1", "UPDATE stock_days SET used = used + 1", "DELETE FROM stock_days",
	} {
		_, err := b.db.Exec(t.Context(), corruption)
		require.NoError(t, err)
	}
	differences, err := stock.Check(t.Context(), b.db, b.owner.OrgID)
	require.NoError(t, err)
	require.Len(t, differences, 2)
	days, err := stock.CheckDays(t.Context(), b.db, b.owner.OrgID, b.branch, longAgo, farAway)
	require.NoError(t, err)
	require.Len(t, days, 1)
	require.NoError(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
		return stock.Rebuild(ctx, tx, b.owner.OrgID, b.branch)
	}))
	b.consistent(t)
}

func TestWasteLooksAtWhatIsOwed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.short(t, "4")
	factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "3", UnitCost: "50"}) // beside what is owed
	_, err := b.client.RecordWastage(t.Context(), &inventoryv1.RecordWastageRequest{BranchId: b.branch, ItemId: b.item, Quantity: 1, Reason: "SPOILED"})
	_, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, "INSUFFICIENT_STOCK", reason)
}
