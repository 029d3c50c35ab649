package auth_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

func refresh(ctx context.Context, n *node, text string) (*authv1.RefreshResponse, error) {
	return n.anonymous().Refresh(ctx, &authv1.RefreshRequest{RefreshToken: text})
}

func requireEnded(t testing.TB, n *node, refreshToken, reason string) {
	t.Helper()
	_, err := refresh(t.Context(), n, refreshToken)
	requireFault(t, err, connect.CodeUnauthenticated, reason)
}

func TestRefresh(t *testing.T) {
	t.Parallel()

	t.Run("GivesTheNextPair", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		last := n.login(t, ownerEmail, pass).GetRefreshToken()
		for range 3 {
			resp, err := refresh(t.Context(), n, last)
			require.NoError(t, err)
			require.NotEqual(t, last, resp.GetRefreshToken())
			works(t, n.as(resp.GetAccessToken()))
			last = resp.GetRefreshToken()
		}
	})

	t.Run("EndsTheSessionAtTheSecondUseOfAToken", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, _ := n.organisation(t, "ORG_1", ownerEmail)
		first := n.login(t, ownerEmail, pass)
		second, err := refresh(t.Context(), n, first.GetRefreshToken())
		require.NoError(t, err)
		works(t, n.as(second.GetAccessToken()))

		requireEnded(t, n, first.GetRefreshToken(), "REFRESH_REUSED")
		requireEnded(t, n, first.GetRefreshToken(), "REFRESH_REUSED")
		requireEnded(t, n, second.GetRefreshToken(), "SESSION_ENDED")
		requireRefused(t, n.as(first.GetAccessToken()), "SESSION_ENDED")
		requireRefused(t, n.as(second.GetAccessToken()), "SESSION_ENDED")
		require.Equal(t, []string{"session.refresh_reused", "user.logged_in"}, actions(t, owner)[:2])
	})

	t.Run("LetsOneWinOfThoseThatComeTogether", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		shared := n.login(t, ownerEmail, pass).GetRefreshToken()

		const windows = 8
		answers := make(chan *authv1.RefreshResponse, windows)
		refusals := make(chan error, windows)
		var calls sync.WaitGroup
		// All have begun before the first can take the token, because the test holds it.
		require.NoError(t, n.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			if _, err := tx.Exec(ctx, "SELECT FROM refresh_tokens FOR UPDATE"); err != nil {
				return err
			}
			for range windows {
				calls.Go(func() {
					if resp, err := refresh(t.Context(), n, shared); err != nil {
						refusals <- err
					} else {
						answers <- resp
					}
				})
			}
			require.Eventually(t, func() bool { return waiting(t, n.db) == windows }, 10*time.Second, 5*time.Millisecond)
			return nil
		}))
		calls.Wait()
		close(answers)
		close(refusals)

		require.Len(t, answers, 1)
		for err := range refusals {
			requireFault(t, err, connect.CodeAborted, "REFRESH_RACED")
		}
		winner := <-answers
		works(t, n.as(winner.GetAccessToken()))
		_, err := refresh(t.Context(), n, winner.GetRefreshToken())
		require.NoError(t, err)
	})

	t.Run("RefusesWhatItDidNotIssueAndEndsNoSessionForIt", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		n.organisation(t, "ORG_2", "other@example.com")
		issued := n.login(t, ownerEmail, pass)
		known, ok := token.Parse(token.Refresh, issued.GetRefreshToken())
		require.True(t, ok)
		elsewhere := known
		elsewhere.OrgID = "ORG_2"
		for _, forged := range []string{
			token.Mint(token.Refresh, known.OrgID, known.ID).Reveal(), elsewhere.Reveal(), issued.GetAccessToken(), "ccr_..", "x\x00",
		} {
			requireEnded(t, n, forged, "REFRESH_INVALID")
			works(t, n.as(issued.GetAccessToken()))
		}
	})

	t.Run("KeepsASessionForAsLongAsItIsUsed", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))
		n := newNode(t, nodeOpts{clock: now.Now})
		n.organisation(t, "ORG_1", ownerEmail)
		last := n.login(t, ownerEmail, pass).GetRefreshToken()
		for range 5 {
			now.Advance(refreshTTL - time.Second)
			resp, err := refresh(t.Context(), n, last)
			require.NoError(t, err)
			last = resp.GetRefreshToken()
		}
		now.Advance(refreshTTL)
		requireEnded(t, n, last, "SESSION_ENDED")
	})

	t.Run("ForgetsTokensAndSessionsThatNobodyCanUse", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))
		n := newNode(t, nodeOpts{clock: now.Now})
		n.organisation(t, "ORG_1", ownerEmail)
		last := n.login(t, ownerEmail, pass).GetRefreshToken()
		for range 10 {
			now.Advance(refreshTTL / 2)
			resp, err := refresh(t.Context(), n, last)
			require.NoError(t, err)
			last = resp.GetRefreshToken()
		}
		require.Equal(t, 5, count(t, n.db, "refresh_tokens"), "three that were spent within the session's lifetime, one that is good, and the owner's")

		now.Advance(2*refreshTTL + time.Second)
		n.login(t, ownerEmail, pass)
		require.Equal(t, 1, count(t, n.db, "sessions"))
		require.Equal(t, 1, count(t, n.db, "refresh_tokens"))
	})
}

func TestLogout(t *testing.T) {
	t.Parallel()
	n := newNode(t, nodeOpts{})
	owner, branch := n.organisation(t, "ORG_1", ownerEmail)
	user(t, owner, "staff@example.com", policyv1.Role_ROLE_STAFF, branch)
	session, other := n.login(t, "staff@example.com", pass), n.login(t, "staff@example.com", pass)
	staff := n.as(session.GetAccessToken())
	works(t, staff)

	_, err := staff.Logout(t.Context(), &authv1.LogoutRequest{})
	require.NoError(t, err)
	requireRefused(t, staff, "SESSION_ENDED")
	requireEnded(t, n, session.GetRefreshToken(), "SESSION_ENDED")
	works(t, n.as(other.GetAccessToken()))
	require.Equal(t, "user.logged_out", actions(t, owner)[0])
}

// waiting returns how many connections to the test's database wait for a lock.
func waiting(t testing.TB, db *postgres.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n))
	return n
}

func count(t testing.TB, db *postgres.DB, table string) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}
