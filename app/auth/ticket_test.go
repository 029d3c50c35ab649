package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
)

func TestTicket(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (n *node, now *clock.Manual, streams *auth.Streams, owner caller.Caller, token string) {
		t.Helper()
		now = clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))
		n = newNode(t, nodeOpts{clock: now.Now})
		n.organisation(t, "ORG_1", ownerEmail)
		token = n.login(t, ownerEmail, pass).GetAccessToken()
		owner, err := n.authenticator.Authenticate(t.Context(), "Bearer "+token)
		require.NoError(t, err)
		return n, now, auth.NewStreams(n.db, now.Now), owner, token
	}
	issue := func(t *testing.T, n *node, streams *auth.Streams, c caller.Caller) auth.Ticket {
		t.Helper()
		ticket, err := streams.IssueTicket(caller.With(t.Context(), c), n.db)
		require.NoError(t, err)
		return ticket
	}

	t.Run("IsItsSessionOnce", func(t *testing.T) {
		t.Parallel()
		n, _, streams, owner, _ := setup(t)
		ticket := issue(t, n, streams, owner)
		taken, err := streams.TakeTicket(t.Context(), ticket.Secret)
		require.NoError(t, err)
		require.True(t, owner.ExpiresAt.Equal(taken.ExpiresAt))
		taken.ExpiresAt = owner.ExpiresAt // in another zone
		require.Equal(t, owner, taken)
		_, err = streams.TakeTicket(t.Context(), ticket.Secret)
		requireReason(t, err, "TICKET_INVALID")
	})

	t.Run("ExpiresByItself", func(t *testing.T) {
		t.Parallel()
		n, now, streams, owner, _ := setup(t)
		ticket := issue(t, n, streams, owner)
		now.Advance(ticket.ExpiresAt.Sub(now.Now()))
		_, err := streams.TakeTicket(t.Context(), ticket.Secret)
		requireReason(t, err, "TICKET_INVALID")
	})

	t.Run("OutlivesNoAccessToken", func(t *testing.T) {
		t.Parallel()
		n, now, streams, owner, _ := setup(t)
		now.Advance(accessTTL - time.Second)
		ticket := issue(t, n, streams, owner)
		now.Advance(time.Second)
		require.True(t, now.Now().Before(ticket.ExpiresAt))
		_, err := streams.TakeTicket(t.Context(), ticket.Secret)
		requireReason(t, err, "TICKET_INVALID")
	})

	t.Run("EndsWithTheSession", func(t *testing.T) {
		t.Parallel()
		n, _, streams, owner, token := setup(t)
		ticket := issue(t, n, streams, owner)
		_, err := n.as(token).Logout(t.Context(), &authv1.LogoutRequest{})
		require.NoError(t, err)
		_, err = streams.TakeTicket(t.Context(), ticket.Secret)
		requireReason(t, err, "SESSION_ENDED")
	})

	t.Run("IsForUsersOnly", func(t *testing.T) {
		t.Parallel()
		n, _, streams, _, _ := setup(t)
		_, err := streams.IssueTicket(caller.With(t.Context(), caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1", OrgID: "ORG_1"}), n.db)
		requireReason(t, err, "NOT_PERMITTED")
	})
}
