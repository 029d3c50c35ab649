package auth_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/auth/token"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
)

func TestAPIKeys(t *testing.T) {
	t.Parallel()

	type testBundle struct {
		branch string
		clock  *clock.Manual
		far    *node
		key    *authv1.CreateApiKeyResponse // of the branch, for orders, an hour long
		owner  authv1connect.AuthServiceClient
	}
	setup := func(t *testing.T) (*node, *testBundle) {
		t.Helper()
		b := &testBundle{clock: clock.NewManual(time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC))}
		n := newNode(t, nodeOpts{clock: b.clock.Now})
		b.far = newNode(t, nodeOpts{clock: b.clock.Now, db: n.db, prefix: n.prefix})
		b.owner, b.branch = n.organisation(t, "ORG_1", ownerEmail)
		var err error
		b.key, err = b.owner.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{
			BranchId: b.branch, ExpiresAt: timestamppb.New(b.clock.Now().Add(time.Hour)), Name: "Till 1", Scopes: []string{"orders:write"},
		})
		require.NoError(t, err)
		return n, b
	}

	t.Run("LetTerminalsInWithTheirScopesAndBranch", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		c, err := n.authenticator.Authenticate(t.Context(), "Bearer "+b.key.GetSecret())
		require.NoError(t, err)
		require.True(t, b.clock.Now().Add(time.Hour).Equal(c.ExpiresAt))
		require.Equal(t, caller.Caller{
			Kind: caller.KindAPIKey, APIKeyID: b.key.GetApiKey().GetId(), BranchID: b.branch, ExpiresAt: c.ExpiresAt, OrgID: "ORG_1", Plan: "ENT", Scopes: []string{"orders:write"},
		}, c)
		require.Equal(t, "Till 1", works(t, n.as(b.key.GetSecret())).GetApiKey().GetName())
	})

	t.Run("DoNotManageUsersOrKeys", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		terminal := n.as(b.key.GetSecret())
		_, err := terminal.ListUsers(t.Context(), &authv1.ListUsersRequest{})
		requireFault(t, err, connect.CodePermissionDenied, "NOT_PERMITTED")
		_, err = terminal.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Another", Scopes: []string{"orders:read"}})
		requireFault(t, err, connect.CodePermissionDenied, "NOT_PERMITTED")
		_, err = terminal.Logout(t.Context(), &authv1.LogoutRequest{})
		requireFault(t, err, connect.CodePermissionDenied, "NOT_PERMITTED")
	})

	t.Run("ExpireAlsoWhereTheyAreKnown", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		works(t, n.as(b.key.GetSecret()))
		b.clock.Advance(time.Hour - time.Second)
		works(t, n.as(b.key.GetSecret()))
		b.clock.Advance(time.Second)
		requireRefused(t, n.as(b.key.GetSecret()), "API_KEY_EXPIRED")
	})

	t.Run("AreUselessOnEveryNodeSecondsAfterTheyWereRevoked", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		works(t, n.as(b.key.GetSecret()))
		works(t, b.far.as(b.key.GetSecret()))
		for range 2 {
			resp, err := b.owner.RevokeApiKey(t.Context(), &authv1.RevokeApiKeyRequest{ApiKeyId: b.key.GetApiKey().GetId()})
			require.NoError(t, err)
			require.Equal(t, b.clock.Now(), resp.GetApiKey().GetRevokedAt().AsTime())
		}
		requireRefused(t, n.as(b.key.GetSecret()), "API_KEY_REVOKED")
		b.clock.Advance(memoTTL)
		requireRefused(t, b.far.as(b.key.GetSecret()), "API_KEY_REVOKED")
		require.Equal(t, []string{"api_key.revoked", "api_key.created"}, actions(t, b.owner)[:2])
	})

	t.Run("AreKnownByTheirSecretAlone", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		known, ok := token.Parse(token.APIKey, b.key.GetSecret())
		require.True(t, ok)
		for _, forged := range []string{
			token.Mint(token.APIKey, known.OrgID, known.ID).Reveal(),
			token.Mint(token.APIKey, "ORG_2", known.ID).Reveal(),
			token.Mint(token.APIKey, known.OrgID, "key_none").Reveal(),
			b.key.GetSecret()[:40],
		} {
			requireRefused(t, n.as(forged), "API_KEY_INVALID")
		}
	})

	t.Run("LeaveNoSecretInTheDatabase", func(t *testing.T) {
		t.Parallel()
		n, b := setup(t)
		owner := n.with(headers{"Authorization": "Bearer " + n.login(t, ownerEmail, pass).GetAccessToken(), mutation.KeyHeader: "key-1"})
		req := &authv1.CreateApiKeyRequest{Name: "Till 2", Scopes: []string{"orders:read"}}
		first, err := owner.CreateApiKey(t.Context(), req)
		require.NoError(t, err)
		again, err := owner.CreateApiKey(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, first.GetApiKey().GetId(), again.GetApiKey().GetId())
		require.NotEmpty(t, first.GetSecret())
		require.Empty(t, again.GetSecret())

		var found bool
		secret := first.GetSecret()[len(first.GetSecret())-43:]
		require.NoError(t, n.db.QueryRow(t.Context(),
			"SELECT EXISTS (SELECT FROM idempotency_keys WHERE position(convert_to($1, 'UTF8') in response) > 0)", secret).Scan(&found))
		require.False(t, found)

		list, err := b.owner.ListApiKeys(t.Context(), &authv1.ListApiKeysRequest{})
		require.NoError(t, err)
		require.Len(t, list.GetApiKeys(), 2)
	})

	t.Run("AreMadeForTheFutureAndAnExistingBranch", func(t *testing.T) {
		t.Parallel()
		_, b := setup(t)
		for _, at := range []*timestamppb.Timestamp{timestamppb.New(b.clock.Now()), {Seconds: 1 << 60}} {
			_, err := b.owner.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Till", Scopes: []string{"orders:read"}, ExpiresAt: at})
			requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT")
		}
		_, err := b.owner.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Till", Scopes: []string{"orders:read"}, BranchId: "nowhere"})
		requireFault(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
		_, err = b.owner.CreateApiKey(t.Context(), &authv1.CreateApiKeyRequest{Name: "Till", Scopes: []string{"users:write"}})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT")
		_, err = b.owner.RevokeApiKey(t.Context(), &authv1.RevokeApiKeyRequest{ApiKeyId: "key_none"})
		requireFault(t, err, connect.CodeNotFound, "API_KEY_NOT_FOUND")
	})
}
