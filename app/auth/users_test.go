package auth_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

func TestCreateUser(t *testing.T) {
	t.Parallel()

	t.Run("ObeysTheRolesTable", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, branch := n.organisation(t, "ORG_1", ownerEmail)
		user(t, owner, "manager@example.com", policyv1.Role_ROLE_MANAGER, "")
		user(t, owner, "supervisor@example.com", policyv1.Role_ROLE_SUPERVISOR, branch)
		for by, most := range map[string]policyv1.Role{
			ownerEmail:               policyv1.Role_ROLE_OWNER,
			"manager@example.com":    policyv1.Role_ROLE_SUPERVISOR,
			"supervisor@example.com": policyv1.Role_ROLE_UNSPECIFIED,
		} {
			client := n.asUser(t, by)
			for role := policyv1.Role_ROLE_STAFF; role <= policyv1.Role_ROLE_OWNER; role++ {
				req := &authv1.CreateUserRequest{Email: fmt.Sprintf("%d.of.%s", role, by), Name: "New", Role: role, Password: pass}
				if role < policyv1.Role_ROLE_MANAGER {
					req.BranchId = branch
				}
				_, err := client.CreateUser(t.Context(), req)
				if role <= most {
					require.NoError(t, err)
					works(t, n.asUser(t, req.GetEmail()))
				} else {
					require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err), "%s creates %s", by, role)
				}
			}
		}
	})

	t.Run("RefusesAnAddressThatAnyOrganisationHas", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, _ := n.organisation(t, "ORG_1", ownerEmail)
		n.organisation(t, "ORG_2", "other@example.com")
		for _, email := range []string{"OWNER@example.com", "other@Example.com"} {
			_, err := owner.CreateUser(t.Context(), &authv1.CreateUserRequest{Email: email, Name: "New", Role: policyv1.Role_ROLE_MANAGER, Password: pass})
			code, reason, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeAlreadyExists, code)
			require.Equal(t, "EMAIL_TAKEN", reason)
			require.Equal(t, []string{"email"}, fields)
		}
		require.Equal(t, 2, count(t, n.db, "users"))
		require.Equal(t, 2, count(t, n.db, "user_logins"))
	})

	t.Run("NamesTheFieldsThatAreWrong", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, branch := n.organisation(t, "ORG_1", ownerEmail)
		for field, req := range map[string]*authv1.CreateUserRequest{
			"email":     {Email: "no address", Name: "New", Role: policyv1.Role_ROLE_MANAGER, Password: pass},
			"name":      {Email: "new@example.com", Role: policyv1.Role_ROLE_MANAGER, Password: pass},
			"role":      {Email: "new@example.com", Name: "New", Role: 9, Password: pass},
			"password":  {Email: "new@example.com", Name: "New", Role: policyv1.Role_ROLE_MANAGER, Password: "too short"},
			"branch_id": {Email: "new@example.com", Name: "New", Role: policyv1.Role_ROLE_STAFF, Password: pass},
		} {
			_, err := owner.CreateUser(t.Context(), req)
			code, _, fields := rpctest.Fault(t, err)
			require.Equal(t, connect.CodeInvalidArgument, code, field)
			require.Equal(t, []string{field}, fields)
		}
		_, err := owner.CreateUser(t.Context(), &authv1.CreateUserRequest{
			Email: "new@example.com", Name: "New", Role: policyv1.Role_ROLE_MANAGER, Password: pass, BranchId: branch,
		})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT")
		_, err = owner.CreateUser(t.Context(), &authv1.CreateUserRequest{
			Email: "new@example.com", Name: "New", Role: policyv1.Role_ROLE_STAFF, Password: pass, BranchId: "nowhere",
		})
		requireFault(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
	})

	t.Run("RefusesTextThatTheDatabaseCannotHold", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, _ := n.organisation(t, "ORG_1", ownerEmail)
		_, err := owner.CreateUser(t.Context(), &authv1.CreateUserRequest{
			Email: "new@example.com", Name: "N\x00w", Role: policyv1.Role_ROLE_MANAGER, Password: pass,
		})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT")
		_, err = owner.ListUsers(t.Context(), &authv1.ListUsersRequest{PageToken: page.Encode("\x00")})
		requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT")
	})

	t.Run("AnswersARepetitionWithoutStoringThePassword", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		n.organisation(t, "ORG_1", ownerEmail)
		owner := n.with(headers{"Authorization": "Bearer " + n.login(t, ownerEmail, pass).GetAccessToken(), mutation.KeyHeader: "key-1"})
		req := &authv1.CreateUserRequest{Email: "new@example.com", Name: "New", Role: policyv1.Role_ROLE_MANAGER, Password: pass}
		first, err := owner.CreateUser(t.Context(), req)
		require.NoError(t, err)
		again, err := owner.CreateUser(t.Context(), req)
		require.NoError(t, err)
		require.True(t, proto.Equal(first, again))

		var stored []byte
		require.NoError(t, n.db.QueryRow(t.Context(), "SELECT request_hash FROM idempotency_keys").Scan(&stored))
		plain, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
		require.NoError(t, err)
		guess := sha256.Sum256(plain)
		require.NotEqual(t, guess[:], stored, "a plain hash could be used to guess the password")

		req.Password = "another horse"
		_, err = owner.CreateUser(t.Context(), req)
		requireFault(t, err, connect.CodeAlreadyExists, "IDEMPOTENCY_KEY_REUSED")
	})
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	manager, disabled, name := policyv1.Role_ROLE_MANAGER, true, "Renamed"

	t.Run("EndsSessionsWhenRightsChangeAndNotForAName", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, branch := n.organisation(t, "ORG_1", ownerEmail)
		u := user(t, owner, "staff@example.com", policyv1.Role_ROLE_STAFF, branch)
		staff := n.asUser(t, "staff@example.com")

		resp, err := owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: u.GetId(), Name: &name})
		require.NoError(t, err)
		require.Equal(t, name, resp.GetUser().GetName())
		require.Equal(t, name, works(t, staff).GetUser().GetName())

		resp, err = owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: u.GetId(), Role: &manager})
		require.NoError(t, err)
		require.Equal(t, manager, resp.GetUser().GetRole())
		require.Empty(t, resp.GetUser().GetBranchId())
		requireRefused(t, staff, "SESSION_ENDED")
		require.Equal(t, []string{"user.branch_changed", "user.role_changed"}, actions(t, owner)[:2])

		var version int
		require.NoError(t, n.db.QueryRow(t.Context(), "SELECT session_version FROM users WHERE id = $1", u.GetId()).Scan(&version))
		require.Equal(t, 2, version, "raised once, by the role, so that no sign-in that was under way survives")
	})

	t.Run("FindsNobodyInAnotherOrganisation", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		owner, _ := n.organisation(t, "ORG_1", ownerEmail)
		other, _ := n.organisation(t, "ORG_2", "other@example.com")
		stranger := works(t, other).GetUser()
		_, err := owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: stranger.GetId(), Name: &name})
		requireFault(t, err, connect.CodeNotFound, "USER_NOT_FOUND")
		_, err = owner.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: "usr_nobody", Name: &name})
		requireFault(t, err, connect.CodeNotFound, "USER_NOT_FOUND")
		_, err = owner.ListUsers(t.Context(), &authv1.ListUsersRequest{OrgId: "ORG_2"})
		requireFault(t, err, connect.CodeNotFound, "ORGANISATION_NOT_FOUND")
	})

	t.Run("KeepsAnOwnerWhenTwoRemoveEachOther", func(t *testing.T) {
		t.Parallel()
		n := newNode(t, nodeOpts{})
		a, _ := n.organisation(t, "ORG_1", ownerEmail)
		user(t, a, "second@example.com", policyv1.Role_ROLE_OWNER, "")
		b := n.asUser(t, "second@example.com")
		first, second := works(t, a).GetUser().GetId(), works(t, b).GetUser().GetId()

		var calls sync.WaitGroup
		var errA, errB error
		// Both have begun before either can go on, because the test holds their rows.
		require.NoError(t, n.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			if _, err := tx.Exec(ctx, "SELECT FROM users FOR UPDATE"); err != nil {
				return err
			}
			calls.Go(func() {
				_, errA = a.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: second, Disabled: &disabled})
			})
			calls.Go(func() { _, errB = b.UpdateUser(t.Context(), &authv1.UpdateUserRequest{UserId: first, Role: &manager}) })
			require.Eventually(t, func() bool { return waiting(t, n.db) == 2 }, 10*time.Second, 5*time.Millisecond)
			return nil
		}))
		calls.Wait()
		require.NotEqual(t, errA == nil, errB == nil, "%v, %v", errA, errB)

		var owners int
		require.NoError(t, n.db.QueryRow(t.Context(), "SELECT count(*) FROM users WHERE role = 'OWNER' AND disabled_at IS NULL").Scan(&owners))
		require.Equal(t, 1, owners)
	})
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	n := newNode(t, nodeOpts{})
	owner, _ := n.organisation(t, "ORG_1", ownerEmail)
	other, _ := n.organisation(t, "ORG_2", "other@example.com")
	user(t, other, "another@example.com", policyv1.Role_ROLE_MANAGER, "")
	want := []string{ownerEmail}
	for i := range 4 {
		want = append(want, user(t, owner, fmt.Sprintf("user%d@example.com", i), policyv1.Role_ROLE_MANAGER, "").GetEmail())
	}

	var got []string
	req := &authv1.ListUsersRequest{PageSize: 2}
	for {
		resp, err := owner.ListUsers(t.Context(), req)
		require.NoError(t, err)
		for _, u := range resp.GetUsers() {
			got = append(got, u.GetEmail())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, want, got)
}
