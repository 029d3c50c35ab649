package auth_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

// away is a Valkey that can't be reached.
type away struct{}

func (away) Client() (valkey.Client, error) { return nil, errors.New("connection refused") }

func attempt(t testing.TB, n *node, email, pass string) error {
	t.Helper()
	_, err := n.anonymous().Login(t.Context(), &authv1.LoginRequest{Email: email, Password: pass})
	return err
}

func TestLogin(t *testing.T) {
	t.Parallel()

	t.Run("GivesTokensThatWork", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		resp := n.login(t, " Owner@Example.COM ", pass)
		require.Equal(t, "Bearer", resp.GetTokenType())
		require.Equal(t, accessTTL, time.Duration(resp.GetExpiresIn())*time.Second)
		require.Equal(t, ownerEmail, resp.GetUser().GetEmail())
		require.Equal(t, policyv1.Role_ROLE_OWNER, resp.GetUser().GetRole())
		require.Equal(t, resp.GetUser().GetId(), works(t, n.as(resp.GetAccessToken())).GetUser().GetId())
	})

	t.Run("SaysTheSameOfAWrongPasswordAnUnknownEmailAndADisabledAccount", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, branch := n.organisation(t, "ORG_1", ownerEmail)
		gone, disabled := user(t, owner, "gone@example.com", policyv1.Role_ROLE_STAFF, branch), true
		_, err := owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: gone.GetId(), Disabled: &disabled})
		require.NoError(t, err)

		wrong := attempt(t, n, ownerEmail, "wrong horse")
		requireFault(t, wrong, connect.CodeUnauthenticated, "BAD_CREDENTIALS")
		for _, err := range []error{
			attempt(t, n, "nobody@example.com", pass),
			attempt(t, n, "gone@example.com", pass),
			attempt(t, n, "nul\x00@example.com", pass),
		} {
			requireFault(t, err, connect.CodeUnauthenticated, "BAD_CREDENTIALS")
			require.Equal(t, wrong.Error(), err.Error())
		}
	})

	t.Run("IsStillbornIfThePasswordChangedMeanwhile", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		var call sync.WaitGroup
		var opened *authv1.LoginResponse
		// The sign-in has read the password and waits to open its session, because the test holds the user.
		require.NoError(t, n.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			if _, err := tx.Exec(ctx, "SELECT FROM users FOR UPDATE"); err != nil {
				return err
			}
			call.Go(func() {
				opened, _ = n.anonymous().Login(t.Context(), &authv1.LoginRequest{Email: ownerEmail, Password: pass})
			})
			require.Eventually(t, func() bool { return waiting(t, n.db) == 1 }, 10*time.Second, 5*time.Millisecond)
			_, err := tx.Exec(ctx, "UPDATE users SET session_version = session_version + 1")
			return err
		}))
		call.Wait()
		requireRefused(t, n.as(opened.GetAccessToken()), "SESSION_ENDED")
		requireEnded(t, n, opened.GetRefreshToken(), "SESSION_ENDED")
	})
}

// TestAnUnknownEmailCostsAsMuchAsAWrongPassword isn't parallel: it tells the work of a sign-in by the memory that argon2id takes, which
// is the process's.
func TestAnUnknownEmailCostsAsMuchAsAWrongPassword(t *testing.T) { //nolint:paralleltest // it measures the process
	cost := password.Recommended()
	n := newNode(t, nodeOpts{params: cost})
	n.organisation(t, "ORG_1", ownerEmail)
	for _, email := range []string{ownerEmail, "nobody@example.com"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.Error(t, attempt(t, n, email, "wrong horse"))
		runtime.ReadMemStats(&after)
		require.Greater(t, after.TotalAlloc-before.TotalAlloc, uint64(cost.Memory)*1024, email)
	}
}

func TestLoginThrottle(t *testing.T) {
	t.Parallel()
	const limit = 3

	t.Run("HoldsOverTwoNodesForKnownAndUnknownAccounts", func(t *testing.T) {
		t.Parallel()
		now := clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))
		a := newNode(t, nodeOpts{clock: now.Now, perAccount: limit})
		b := newNode(t, nodeOpts{clock: now.Now, perAccount: limit, db: a.db, prefix: a.prefix})
		a.organisation(t, "ORG_1", ownerEmail)

		for _, email := range []string{ownerEmail, "nobody@example.com"} {
			for _, n := range []*node{a, b, a} {
				requireFault(t, attempt(t, n, email, "wrong horse"), connect.CodeUnauthenticated, "BAD_CREDENTIALS")
			}
			err := attempt(t, b, email, pass)
			requireFault(t, err, connect.CodeResourceExhausted, "LOGIN_THROTTLED")
			var wire *connect.Error
			require.ErrorAs(t, err, &wire)
			require.Equal(t, "600", wire.Meta().Get("Retry-After"))
		}
		now.Advance(window)
		b.login(t, ownerEmail, pass)
	})

	t.Run("DoesNotCountWhoKnowsThePassword", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{perAccount: limit})
		n.organisation(t, "ORG_1", ownerEmail)
		for range 3 * limit {
			n.login(t, ownerEmail, pass)
		}
	})

	t.Run("LooksAtNoMorePasswordsWhenTheyComeAllAtOnce", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{perAccount: limit})
		n.organisation(t, "ORG_1", ownerEmail)
		var mu sync.Mutex
		codes := map[connect.Code]int{}
		var calls sync.WaitGroup
		for range 30 {
			calls.Go(func() {
				err := attempt(t, n, ownerEmail, "wrong horse")
				mu.Lock()
				defer mu.Unlock()
				codes[connect.CodeOf(err)]++
			})
		}
		calls.Wait()
		require.Equal(t, map[connect.Code]int{connect.CodeUnauthenticated: limit, connect.CodeResourceExhausted: 30 - limit}, codes)
	})

	t.Run("HoldsOnEachNodeWhileValkeyIsAway", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{connection: away{}, perAccount: limit})
		n.organisation(t, "ORG_1", ownerEmail)
		for range limit {
			requireFault(t, attempt(t, n, ownerEmail, "wrong horse"), connect.CodeUnauthenticated, "BAD_CREDENTIALS")
		}
		requireFault(t, attempt(t, n, ownerEmail, pass), connect.CodeResourceExhausted, "LOGIN_THROTTLED")
	})
}
