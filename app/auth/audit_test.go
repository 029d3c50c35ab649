package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/observability"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

func TestAuditTrail(t *testing.T) {
	t.Parallel()

	t.Run("TellsWhoDidWhatFromWhere", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, branch := n.organisation(t, "ORG_1", ownerEmail)
		u := user(t, owner, "staff@example.com", policyv1.Role_ROLE_STAFF, branch)
		abroad := n.with(headers{"X-Forwarded-For": "198.51.100.9", observability.RequestIDHeader: "req-1"})
		_, err := abroad.Login(t.Context(), &authv1.LoginRequest{Email: "staff@example.com", Password: "wrong horse"})
		require.Error(t, err)
		n.service.Wait()

		resp, err := owner.ListAuditEvents(t.Context(), &authv1.ListAuditEventsRequest{PageSize: 2})
		require.NoError(t, err)
		failed, created := resp.GetEvents()[0], resp.GetEvents()[1]
		require.Equal(t, "user.login_failed", failed.GetAction())
		require.Empty(t, failed.GetActorId(), "nobody knows who it was")
		require.Equal(t, u.GetId(), failed.GetTarget())
		require.Equal(t, "198.51.100.9", failed.GetAddress())
		require.Equal(t, "req-1", failed.GetRequestId())

		require.Equal(t, "user.created", created.GetAction())
		require.Equal(t, works(t, owner).GetUser().GetId(), created.GetActorId())
		require.Equal(t, u.GetId(), created.GetTarget())
		require.Equal(t, address, created.GetAddress())
		require.NotEmpty(t, created.GetRequestId())
	})

	t.Run("SaysNothingOfUnknownAccountsAndNothingToOthers", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, branch := n.organisation(t, "ORG_1", ownerEmail)
		other, _ := n.organisation(t, "ORG_2", "other@example.com")
		require.Error(t, attempt(t, n, "nobody@example.com", pass))
		n.service.Wait()
		require.Equal(t, []string{"user.logged_in", "user.created", "organisation.created"}, actions(t, other))

		user(t, owner, "staff@example.com", policyv1.Role_ROLE_STAFF, branch)
		_, err := n.asUser(t, "staff@example.com").ListAuditEvents(t.Context(), &authv1.ListAuditEventsRequest{})
		require.Error(t, err)
	})

	t.Run("IsReadPageByPage", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, _ := n.organisation(t, "ORG_1", ownerEmail)
		for range 4 {
			n.login(t, ownerEmail, pass)
		}
		all, err := owner.ListAuditEvents(t.Context(), &authv1.ListAuditEventsRequest{})
		require.NoError(t, err)
		require.Len(t, all.GetEvents(), 7)
		var ids []string
		req := &authv1.ListAuditEventsRequest{PageSize: 3}
		for {
			resp, err := owner.ListAuditEvents(t.Context(), req)
			require.NoError(t, err)
			for _, e := range resp.GetEvents() {
				ids = append(ids, e.GetId())
			}
			if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		require.Len(t, ids, 7)
		for i, e := range all.GetEvents() {
			require.Equal(t, e.GetId(), ids[i])
		}
	})
}
