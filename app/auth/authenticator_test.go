package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

// memoTTL is how long a node may believe what it knows of a session.
const memoTTL = 800 * time.Millisecond

func requireReason(t testing.TB, err error, reason string) {
	t.Helper()
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	require.Equal(t, reason, f.Reason)
}

func TestAuthenticator(t *testing.T) {
	t.Parallel()

	type testBundle struct {
		branch string
		clock  *clock.Manual
		far    *node // another process on the same database
		owner  authv1connect.AuthServiceClient
		staff  *authv1.LoginResponse
		user   *authv1.User
	}
	setup := func(t *testing.T) (*node, *testBundle) {
		t.Helper()
		b := &testBundle{clock: clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))}
		n := newNode(t, nodeOpts{clock: b.clock.Now})
		b.far = newNode(t, nodeOpts{clock: b.clock.Now, db: n.db, prefix: n.prefix})
		b.owner, b.branch = n.organisation(t, "ORG_1", ownerEmail)
		b.user = user(t, b.owner, "staff@example.com", policyv1.Role_ROLE_STAFF, b.branch)
		b.staff = n.login(t, "staff@example.com", pass)
		return n, b
	}
	authenticate := func(t *testing.T, n *node, bearer string) (caller.Caller, error) {
		t.Helper()
		return n.authenticator.Authenticate(t.Context(), "Bearer "+bearer)
	}

	t.Run("TellsWhoCalls", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		c, err := authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		require.NotEmpty(t, c.SessionID)
		require.WithinRange(t, c.ExpiresAt, b.clock.Now(), b.clock.Now().Add(24*time.Hour))
		require.Equal(t, caller.Caller{
			Kind: caller.KindUser, BranchID: b.branch, ExpiresAt: c.ExpiresAt, OrgID: "ORG_1", Plan: "ENT", Role: caller.RoleStaff, SessionID: c.SessionID,
			UserID: b.user.GetId(),
		}, c)
	})

	t.Run("KeepsOutADisabledUserWithinSecondsOnEveryNode", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		for _, process := range []*node{n, b.far} {
			_, err := authenticate(t, process, b.staff.GetAccessToken())
			require.NoError(t, err)
		}
		disabled := true
		_, err := b.owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: b.user.GetId(), Disabled: &disabled})
		require.NoError(t, err)

		_, err = authenticate(t, n, b.staff.GetAccessToken())
		requireReason(t, err, "SESSION_ENDED")
		b.clock.Advance(memoTTL)
		_, err = authenticate(t, b.far, b.staff.GetAccessToken())
		requireReason(t, err, "SESSION_ENDED")
		requireEnded(t, n, b.staff.GetRefreshToken(), "SESSION_ENDED")

		enabled := false
		_, err = b.owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: b.user.GetId(), Disabled: &enabled})
		require.NoError(t, err)
		_, err = authenticate(t, n, b.staff.GetAccessToken())
		requireReason(t, err, "SESSION_ENDED")
		works(t, n.asUser(t, "staff@example.com"))
	})

	t.Run("BelievesTheDatabaseAboutRoleAndBranch", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		c, err := authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		require.Equal(t, caller.RoleStaff, c.Role)
		_, err = n.db.Exec(t.Context(), "UPDATE users SET role = 'MANAGER' WHERE id = $1", b.user.GetId())
		require.NoError(t, err)
		b.clock.Advance(memoTTL)
		c, err = authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		require.Equal(t, caller.RoleManager, c.Role)
		require.Empty(t, c.BranchID, "a manager isn't bound to the branch that the row still names")
	})

	t.Run("KnowsThePlanWithinASecond", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		key, err := b.owner.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Till", Scopes: []string{"orders:write"}})
		require.NoError(t, err)
		plans := func() (plans []string) {
			for _, bearer := range []string{b.staff.GetAccessToken(), key.GetSecret()} {
				c, err := authenticate(t, n, bearer)
				require.NoError(t, err)
				plans = append(plans, c.Plan)
			}
			return plans
		}
		require.Equal(t, []string{"ENT", "ENT"}, plans())
		_, err = n.db.Exec(t.Context(), "UPDATE organisations SET plan = 'PRO' WHERE org_id = 'ORG_1'")
		require.NoError(t, err)
		b.clock.Advance(time.Second - time.Millisecond)
		require.Equal(t, []string{"PRO", "PRO"}, plans())
	})

	t.Run("RecognisesWithoutAskingTheDatabase", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		created, err := b.owner.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Till", Scopes: []string{"orders:write"}})
		require.NoError(t, err)
		key, access := "Bearer "+created.GetSecret(), "Bearer "+b.staff.GetAccessToken()
		require.False(t, n.authenticator.Recognises(key), "it hasn't been here yet")
		_, err = n.authenticator.Authenticate(t.Context(), key)
		require.NoError(t, err)
		n.db.Close()
		b.clock.Advance(memoTTL)
		require.True(t, n.authenticator.Recognises(key))
		require.True(t, n.authenticator.Recognises(access))
		for _, header := range []string{"", "Bearer", "Bearer x", access + "x", key + "x", key[:len(key)-1] + "~", "Basic " + b.staff.GetAccessToken()} {
			require.False(t, n.authenticator.Recognises(header), header)
		}
		b.clock.Advance(accessTTL)
		require.False(t, n.authenticator.Recognises(access), "it has expired")
	})

	t.Run("RefusesAnExpiredTokenAlsoWhenItKnowsIt", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		_, err := authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		b.clock.Advance(accessTTL - time.Second)
		_, err = authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		b.clock.Advance(time.Second)
		for _, process := range []*node{n, b.far} {
			_, err = authenticate(t, process, b.staff.GetAccessToken())
			requireReason(t, err, "TOKEN_EXPIRED")
		}
	})

	t.Run("LivesOnWhatItKnowsForSecondsWhileTheDatabaseIsAway", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		_, err := authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		n.db.Close()

		_, err = authenticate(t, n, b.staff.GetAccessToken())
		require.NoError(t, err)
		b.clock.Advance(memoTTL)
		_, err = authenticate(t, n, b.staff.GetAccessToken())
		requireReason(t, err, "ACCESS_UNAVAILABLE")
	})

	t.Run("RefusesHeadersThatHoldNoToken", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		for _, header := range []string{
			"", "Bearer", "Bearer ", "Basic " + b.staff.GetAccessToken(), b.staff.GetAccessToken(), "Bearer x", "Bearer a.b.c", "Bearer " + b.staff.GetRefreshToken(),
		} {
			_, err := n.authenticator.Authenticate(t.Context(), header)
			requireReason(t, err, "TOKEN_INVALID")
		}
		_, err := n.authenticator.Authenticate(t.Context(), "bearer "+b.staff.GetAccessToken())
		require.NoError(t, err, "the scheme's case doesn't matter")
	})
}
