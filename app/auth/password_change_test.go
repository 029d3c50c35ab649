package auth_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
)

func TestChangePassword(t *testing.T) {
	t.Parallel()
	const next = "battery staple"

	t.Run("KeepsTheOwnSessionAndEndsTheOthers", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		own, other := n.login(t, ownerEmail, pass), n.login(t, ownerEmail, pass)
		owner := n.as(own.GetAccessToken())
		works(t, n.as(other.GetAccessToken()))

		_, err := owner.ChangePassword(t.Context(), &authv1.ChangePasswordRequest{CurrentPassword: pass, NewPassword: next})
		require.NoError(t, err)
		works(t, owner)
		renewed, err := refresh(t.Context(), n, own.GetRefreshToken())
		require.NoError(t, err)
		works(t, n.as(renewed.GetAccessToken()))

		requireRefused(t, n.as(other.GetAccessToken()), "SESSION_ENDED")
		requireEnded(t, n, other.GetRefreshToken(), "SESSION_ENDED")
		requireFault(t, attempt(t, n, ownerEmail, pass), connect.CodeUnauthenticated, "BAD_CREDENTIALS")
		n.login(t, ownerEmail, next)
	})

	t.Run("RefusesAWrongPresentPasswordAndCountsIt", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{perAccount: 2})
		owner, _ := n.organisation(t, "ORG_1", ownerEmail)
		wrong := &authv1.ChangePasswordRequest{CurrentPassword: "wrong horse", NewPassword: next}
		for range 2 {
			_, err := owner.ChangePassword(t.Context(), wrong)
			requireFault(t, err, connect.CodeInvalidArgument, "WRONG_PASSWORD")
		}
		_, err := owner.ChangePassword(t.Context(), wrong)
		requireFault(t, err, connect.CodeResourceExhausted, "LOGIN_THROTTLED")
		n.service.Wait()
		require.Equal(t, []string{"user.password_mistaken", "user.password_mistaken"}, actions(t, owner)[:2])
	})

	t.Run("AnswersARepetitionThoughThePasswordIsNoLongerThePresentOne", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		owner := n.with(headers{"Authorization": "Bearer " + n.login(t, ownerEmail, pass).GetAccessToken(), mutation.KeyHeader: "key-1"})
		for range 2 {
			_, err := owner.ChangePassword(t.Context(), &authv1.ChangePasswordRequest{CurrentPassword: pass, NewPassword: next})
			require.NoError(t, err)
		}
		_, err := owner.ChangePassword(t.Context(), &authv1.ChangePasswordRequest{CurrentPassword: pass, NewPassword: "third password"})
		requireFault(t, err, connect.CodeAlreadyExists, "IDEMPOTENCY_KEY_REUSED")
		n.login(t, ownerEmail, next)
	})
}
