package procurement_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	procurementv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/procurement/v1"
)

// withKey returns the context of a call with an Idempotency-Key.
func withKey(t *testing.T, key string) context.Context {
	t.Helper()
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set(mutation.KeyHeader, key)
	return ctx
}

func TestReceivePurchaseOrder(t *testing.T) {
	t.Parallel()

	t.Run("BooksReceiptStockOrderAndDayTogether", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.placed(t, b.order(""))
		req := b.delivery(id, 40)
		req.ReceivedBy = "Okello"
		req.Items[0].UnitCost, req.Items[0].ExpiresOn = "9200.5", "2024-11-20"
		resp, err := b.client.ReceivePurchaseOrder(t.Context(), req)
		require.NoError(t, err)
		receipt := resp.GetReceipt()
		require.Equal(t, "Okello", receipt.GetReceivedBy())
		require.Equal(t, "2024-11-08", receipt.GetBusinessDate())
		require.Equal(t, int64(368_020), receipt.GetCost())
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_PARTIALLY_RECEIVED, resp.GetPurchaseOrder().GetStatus())
		require.InDelta(t, 40, resp.GetPurchaseOrder().GetLines()[0].GetReceivedQuantity(), 0)

		got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: id})
		require.NoError(t, err)
		require.True(t, proto.Equal(resp.GetPurchaseOrder(), got.GetPurchaseOrder()), "%v", got.GetPurchaseOrder())
		require.True(t, proto.Equal(receipt, got.GetPurchaseOrder().GetReceipts()[0]))

		purchases, _ := b.day(t)
		require.Equal(t, int64(368_020), purchases)
		require.InDelta(t, 40, b.onHand(t), 0)
		b.reconciled(t)
	})

	t.Run("SettlesNegativeStockOnItsBusinessDate", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		factory.Batch(t, b.db, b.owner, factory.BatchOpts{BranchID: b.branch, ItemID: b.item, Quantity: "1", UnitCost: "8000"})
		_, err := stock.Consume(t.Context(), b.db, stock.Sale{
			At: noon, BranchID: b.branch, BusinessDate: civil.NewDate(2024, 11, 8), OrderID: "O1", OrgID: b.owner.OrgID,
			Needs: []stock.Need{{ItemID: b.item, LineNo: 1, Quantity: decimal.NewFromInt(3)}},
		})
		require.NoError(t, err)
		_, err = b.client.ReceivePurchaseOrder(t.Context(), b.delivery(b.placed(t, b.order("")), 60))
		require.NoError(t, err)
		purchases, cogs := b.day(t)
		require.Equal(t, int64(540_000), purchases)
		require.Equal(t, int64(2_000), cogs, "two were sold at 8,000 and cost 9,000")
		require.InDelta(t, 58, b.onHand(t), 0)
		unexplained, err := stock.Check(t.Context(), b.db, b.owner.OrgID)
		require.NoError(t, err)
		require.Empty(t, unexplained)
	})

	t.Run("TakesMoreThanOrderedWithinTheTolerance", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		req := b.order("")
		req.ToleranceBp = 1000
		id := b.placed(t, req)
		_, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 40))
		require.NoError(t, err)
		resp, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 24))
		require.NoError(t, err)
		require.Equal(t, procurementv1.PurchaseOrderStatus_PURCHASE_ORDER_STATUS_RECEIVED, resp.GetPurchaseOrder().GetStatus())
		require.Len(t, resp.GetPurchaseOrder().GetReceipts(), 2)
		b.reconciled(t)
	})

	t.Run("WritesNothingWhenItIsTooMuch", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.placed(t, b.order(""))
		first, err := b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 40))
		require.NoError(t, err)
		_, err = b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 24))
		requireRefused(t, err, connect.CodeFailedPrecondition, "OVER_RECEIPT")
		require.ErrorContains(t, err, b.item)
		require.ErrorContains(t, err, "only 20 of the 60")
		got, err := b.client.GetPurchaseOrder(t.Context(), &procurementv1.GetPurchaseOrderRequest{PoId: id})
		require.NoError(t, err)
		require.True(t, proto.Equal(first.GetPurchaseOrder(), got.GetPurchaseOrder()))
		purchases, _ := b.day(t)
		require.Equal(t, int64(360_000), purchases)
		require.InDelta(t, 40, b.onHand(t), 0)
		b.reconciled(t)
	})

	t.Run("TakesAnOrderThatIsNotPlacedForNone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, err := b.client.CreatePurchaseOrder(t.Context(), b.order("DRAFT"))
		require.NoError(t, err)
		_, err = b.client.ReceivePurchaseOrder(t.Context(), b.delivery("DRAFT", 1))
		requireRefused(t, err, connect.CodeFailedPrecondition, "PO_NOT_RECEIVABLE")
	})

	b := setup(t)
	id := b.placed(t, b.order(""))
	cases := map[string]struct {
		items []*procurementv1.ReceivedItem
		field string
	}{
		"an item of another order": {[]*procurementv1.ReceivedItem{{ItemId: "NO_SUCH", Quantity: 1}}, "items[0].item_id"},
		"an item that comes twice": {
			[]*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 1}, {ItemId: b.item, Quantity: 1}}, "items[1].item_id",
		},
		"a quantity of nothing":    {[]*procurementv1.ReceivedItem{{ItemId: b.item}}, "items[0].quantity"},
		"a negative quantity":      {[]*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: -1}}, "items[0].quantity"},
		"a day that doesn't exist": {[]*procurementv1.ReceivedItem{{ItemId: b.item, Quantity: 1, ExpiresOn: "2024-13-01"}}, "items[0].expires_on"},
		"no items":                 {nil, "items"},
	}
	for name, tc := range cases {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := b.client.ReceivePurchaseOrder(t.Context(), &procurementv1.ReceivePurchaseOrderRequest{PoId: id, Items: tc.items})
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code)
			require.Equal(t, []string{tc.field}, fields)
		})
	}
}

func TestReceiveOverREST(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.placed(t, b.order("PO_STAGING_TEST_1"))
	post := func(body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+"/procurement/purchase-orders/receive", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		resp, err := b.server.As(b.owner).Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(answer)
	}
	body := `{"orgId": "` + b.owner.OrgID + `", "poId": "PO_STAGING_TEST_1", "receivedBy": "staging-user", "items": [{"itemId": "` + b.item + `", "quantity": 30}]}`
	status, answer := post(body)
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, `"receivedBy":"staging-user"`)
	require.InDelta(t, 30, b.onHand(t), 0)

	status, answer = post(strings.Replace(body, "30", "-30", 1))
	require.Equal(t, http.StatusBadRequest, status, answer)
	status, answer = post(strings.Replace(body, "30", "31", 1))
	require.Equal(t, http.StatusBadRequest, status, answer)
	require.Contains(t, answer, "only 30 of the 60")
	status, answer = post(strings.Replace(body, b.owner.OrgID, "ORG_OTHER", 1))
	require.Equal(t, http.StatusNotFound, status, answer)
}

func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	const calls = 32

	t.Run("OneKeyIsOneDeliveryHoweverOftenItIsSent", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.placed(t, b.order(""))
		answers := make([]*procurementv1.ReceivePurchaseOrderResponse, calls)
		failures := make([]error, calls)
		concurrently(calls, func(i int) {
			answers[i], failures[i] = b.client.ReceivePurchaseOrder(withKey(t, "delivery-1"), b.delivery(id, 7.5))
		})
		for i := range calls {
			require.NoError(t, failures[i])
			require.True(t, proto.Equal(answers[0], answers[i]), "every call gets the first answer")
		}
		purchases, _ := b.day(t)
		require.Equal(t, int64(67_500), purchases)
		require.InDelta(t, 7.5, b.onHand(t), 0)
		b.reconciled(t)

		_, err := b.client.ReceivePurchaseOrder(withKey(t, "delivery-1"), b.delivery(id, 8))
		requireRefused(t, err, connect.CodeAlreadyExists, "IDEMPOTENCY_KEY_REUSED")
	})

	t.Run("WithoutAKeyTheOverReceiptRuleStopsTheRest", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.placed(t, b.order(""))
		failures := make([]error, calls)
		concurrently(calls, func(i int) {
			_, failures[i] = b.client.ReceivePurchaseOrder(t.Context(), b.delivery(id, 7.5))
		})
		taken := 0
		for _, err := range failures {
			if err == nil {
				taken++
				continue
			}
			requireRefused(t, err, connect.CodeFailedPrecondition, "OVER_RECEIPT")
		}
		require.Equal(t, 8, taken, "8 × 7.5 = 60")
		purchases, _ := b.day(t)
		require.Equal(t, int64(540_000), purchases)
		require.InDelta(t, 60, b.onHand(t), 0)
		b.reconciled(t)
	})

	t.Run("ManyKeysAreManyDeliveries", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.placed(t, b.order(""))
		failures := make([]error, calls)
		concurrently(calls, func(i int) { // each key twice
			_, failures[i] = b.client.ReceivePurchaseOrder(withKey(t, "delivery-"+strconv.Itoa(i/2)), b.delivery(id, 2))
		})
		for _, err := range failures {
			require.NoError(t, err)
		}
		require.InDelta(t, 2*calls/2, b.onHand(t), 0)
		b.reconciled(t)
	})
}

// concurrently runs do so many times at once.
func concurrently(times int, do func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range times {
		group.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	group.Wait()
}
