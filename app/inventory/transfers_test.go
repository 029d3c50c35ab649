package inventory_test

import (
	"sync"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	inventoryv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/inventory/v1"
)

func TestTransferSteps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.batch(t, 100, "400")
	items := []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: 1}}
	steps := map[string]func(id string) error{
		"approve": func(id string) error {
			_, err := b.client.ApproveTransfer(t.Context(), &inventoryv1.ApproveTransferRequest{TransferId: id})
			return err
		},
		"send": func(id string) error {
			_, err := b.client.SendTransfer(t.Context(), &inventoryv1.SendTransferRequest{TransferId: id})
			return err
		},
		"receive": func(id string) error {
			_, err := b.client.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{TransferId: id, Items: items})
			return err
		},
		"cancel": func(id string) error {
			_, err := b.client.CancelTransfer(t.Context(), &inventoryv1.CancelTransferRequest{TransferId: id})
			return err
		},
	}
	for status, c := range map[string]struct {
		path    []string
		allowed map[string]bool
	}{
		"DRAFT":      {nil, map[string]bool{"approve": true, "cancel": true}},
		"APPROVED":   {[]string{"approve"}, map[string]bool{"send": true, "cancel": true}},
		"IN_TRANSIT": {[]string{"approve", "send"}, map[string]bool{"receive": true}},
		"RECEIVED":   {[]string{"approve", "send", "receive"}, nil},
		"CANCELLED":  {[]string{"cancel"}, nil},
	} {
		for step, do := range steps {
			t.Run(status+"_"+step, func(t *testing.T) {
				t.Parallel()
				created, err := b.client.CreateTransfer(t.Context(), &inventoryv1.CreateTransferRequest{FromBranchId: b.branch, ToBranchId: other, Items: items})
				require.NoError(t, err)
				id := created.GetTransfer().GetId()
				for _, before := range c.path {
					require.NoError(t, steps[before](id))
				}
				err = do(id)
				if c.allowed[step] {
					require.NoError(t, err)
					return
				}
				code, reason, _ := rpctest.Fault(t, err)
				require.Equal(t, connect.CodeFailedPrecondition, code)
				require.Equal(t, "TRANSFER_"+status, reason)
			})
		}
	}
}

func TestReceiveTransferRefusesBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other, stranger := factory.Branch(t, b.db, b.owner, factory.BranchOpts{}), factory.Item(t, b.db, b.owner)
	b.batch(t, 10, "400")
	id := b.transfer(t, b.branch, other, 5).GetId()
	item := func(item string, quantity float64) *inventoryv1.TransferItem {
		return &inventoryv1.TransferItem{ItemId: item, Quantity: quantity}
	}
	for name, c := range map[string]struct {
		items       []*inventoryv1.TransferItem
		field, rule string
	}{
		"nothing, and not complete":   {nil, "items", "must not be empty unless complete"},
		"an item that was not sent":   {[]*inventoryv1.TransferItem{item(stranger, 1)}, "items[0].item_id", "must be an item of the transfer"},
		"an item that doesn't exist":  {[]*inventoryv1.TransferItem{item("x", 1)}, "items[0].item_id", "must be an inventory item"},
		"an item twice":               {[]*inventoryv1.TransferItem{item(b.item, 1), item(b.item, 1)}, "items[1].item_id", "a second time"},
		"none of an item":             {[]*inventoryv1.TransferItem{item(b.item, 0)}, "items[0].quantity", "greater than 0"},
		"less than none of an item":   {[]*inventoryv1.TransferItem{item(b.item, -1)}, "items[0].quantity", "greater than 0"},
		"more decimals than are kept": {[]*inventoryv1.TransferItem{item(b.item, 0.0001)}, "items[0].quantity", "three decimals"},
	} {
		_, err := b.client.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{TransferId: id, Items: c.items})
		code, _, fields := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeInvalidArgument, code, name)
		require.Equal(t, []string{c.field}, fields, name)
		require.ErrorContains(t, err, c.rule, name)
	}
	require.Zero(t, b.onHand(t, other), "nothing was written")
	b.consistent(t)
}

func TestTransferIsReceivedOnceByManyAtTheSameTime(t *testing.T) {
	t.Parallel()
	const callers = 8
	b := setup(t)
	other := factory.Branch(t, b.db, b.owner, factory.BranchOpts{})
	b.batch(t, 10, "400")
	id := b.transfer(t, b.branch, other, 10).GetId()
	var group sync.WaitGroup
	results := make(chan error, callers)
	for range callers {
		group.Go(func() {
			_, err := b.client.ReceiveTransfer(t.Context(), &inventoryv1.ReceiveTransferRequest{
				TransferId: id, Items: []*inventoryv1.TransferItem{{ItemId: b.item, Quantity: 4}},
			})
			results <- err
		})
	}
	group.Wait()
	close(results)
	received := 0
	for err := range results {
		if err == nil {
			received++
			continue
		}
		_, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, "OVER_RECEIPT", reason)
		require.ErrorContains(t, err, "only 2 of item")
	}
	require.Equal(t, 2, received)
	require.InDelta(t, 8, b.onHand(t, other), 0)
	b.consistent(t)
}
