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

// TestAKeyIsNoOtherPerson lets a manager write an order with an API key of their own.
func TestAKeyIsNoOtherPerson(t *testing.T) {
	t.Parallel()
	b := setup(t)
	author, other := factory.As(b.owner, caller.RoleManager, ""), factory.As(b.owner, caller.RoleManager, "")
	author.UserID, other.UserID = "usr_author", "usr_other"
	key := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", OrgID: b.owner.OrgID, Scopes: []string{"procurement:write"}}
	b.exec(t, `INSERT INTO api_keys (org_id, id, name, secret_hash, scopes, created_by, created_at)
		VALUES ($1, $2, 'till', '', '{procurement:write}', $3, now())`, key.APIKeyID, author.UserID)
	_, err := b.as(key).CreatePurchaseOrder(t.Context(), b.order("PO1"))
	require.NoError(t, err)
	_, err = b.as(key).SubmitPurchaseOrder(t.Context(), &procurementv1.SubmitPurchaseOrderRequest{PoId: "PO1"})
	require.NoError(t, err)

	_, err = b.as(author).ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: "PO1"})
	code, reason, _ := rpctest.Fault(t, err)
	require.Equal(t, connect.CodePermissionDenied, code)
	require.Equal(t, "SELF_APPROVAL", reason)
	_, err = b.as(other).ApprovePurchaseOrder(t.Context(), &procurementv1.ApprovePurchaseOrderRequest{PoId: "PO1"})
	require.NoError(t, err)
}
