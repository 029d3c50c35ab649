package caller_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	policyv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/policy/v1"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	require.Equal(t, caller.Caller{}, caller.From(t.Context()))

	c := caller.Caller{Kind: caller.KindUser, OrgID: "ORG_1", Role: caller.RoleOwner, UserID: "usr_1"}
	require.Equal(t, c, caller.From(caller.With(t.Context(), c)))
}

func TestActorID(t *testing.T) {
	t.Parallel()
	require.Equal(t, "usr_1", caller.Caller{Kind: caller.KindUser, UserID: "usr_1"}.ActorID())
	require.Equal(t, "key_1", caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "key_1"}.ActorID())
	require.Empty(t, caller.Caller{}.ActorID())
}

func TestHasScope(t *testing.T) {
	t.Parallel()
	key := caller.Caller{Kind: caller.KindAPIKey, Scopes: []string{"orders:write"}}
	require.True(t, key.HasScope("orders:write"))
	require.True(t, key.HasScope("*"))
	require.False(t, key.HasScope("orders:read"))
	require.False(t, key.HasScope(""))
	require.False(t, caller.Caller{Kind: caller.KindUser, Scopes: []string{"orders:write"}}.HasScope("orders:write"))
}

func TestMayBranch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		caller caller.Caller
		want   bool
	}{
		"a manager reaches every branch":           {caller.Caller{Kind: caller.KindUser, Role: caller.RoleManager}, true},
		"a supervisor reaches their own branch":    {caller.Caller{Kind: caller.KindUser, Role: caller.RoleSupervisor, BranchID: "B1"}, true},
		"a supervisor doesn't reach another's":     {caller.Caller{Kind: caller.KindUser, Role: caller.RoleSupervisor, BranchID: "B2"}, false},
		"a supervisor without a branch gets none":  {caller.Caller{Kind: caller.KindUser, Role: caller.RoleSupervisor}, false},
		"a key without a branch reaches all":       {caller.Caller{Kind: caller.KindAPIKey}, true},
		"a key of another branch doesn't reach it": {caller.Caller{Kind: caller.KindAPIKey, BranchID: "B2"}, false},
		"nobody reaches nothing":                   {caller.Caller{}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, tc.caller.MayBranch("B1"))
		})
	}
}

func TestRole(t *testing.T) {
	t.Parallel()

	t.Run("NumbersAndNamesAreThePolicys", func(t *testing.T) {
		t.Parallel()
		for number, name := range policyv1.Role_name {
			if number == 0 {
				continue
			}
			role, err := caller.ParseRole(name[len("ROLE_"):])
			require.NoError(t, err)
			require.Equal(t, caller.Role(number), role)
			require.Equal(t, name, "ROLE_"+role.String())
		}
	})

	t.Run("EachIncludesThoseBeforeIt", func(t *testing.T) {
		t.Parallel()
		require.True(t, caller.RoleOwner.AtLeast(caller.RoleManager))
		require.True(t, caller.RoleManager.AtLeast(caller.RoleManager))
		require.False(t, caller.RoleNone.AtLeast(caller.RoleStaff))
	})

	t.Run("RejectsUnknownNames", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"", "owner", "ROOT"} {
			_, err := caller.ParseRole(name)
			require.Error(t, err, name)
		}
	})
}
