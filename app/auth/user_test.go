package auth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
)

func TestApply(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC)
	disable, enable, branch, none, name := true, false, "B2", "", "New name"
	role := func(r caller.Role) Change { return Change{Role: &r} }

	cases := map[string]struct {
		by      caller.Role
		of      caller.Role
		self    bool
		barred  bool // the user is disabled
		change  Change
		want    []Action
		refusal error
		field   string // of a refusal that names one
	}{
		"an owner makes a manager of a supervisor":       {by: caller.RoleOwner, of: caller.RoleSupervisor, change: role(caller.RoleManager), want: []Action{ActionUserRoleChanged, ActionUserBranchChanged}},
		"an owner makes another owner a manager":         {by: caller.RoleOwner, of: caller.RoleOwner, change: role(caller.RoleManager), want: []Action{ActionUserRoleChanged}},
		"an owner disables another owner":                {by: caller.RoleOwner, of: caller.RoleOwner, change: Change{Disabled: &disable}, want: []Action{ActionUserDisabled}},
		"an owner can't demote themselves":               {by: caller.RoleOwner, of: caller.RoleOwner, self: true, change: role(caller.RoleStaff), refusal: errOwnAccount},
		"an owner can't disable themselves":              {by: caller.RoleOwner, of: caller.RoleOwner, self: true, change: Change{Disabled: &disable}, refusal: errOwnAccount},
		"an owner renames themselves":                    {by: caller.RoleOwner, of: caller.RoleOwner, self: true, change: Change{Name: &name}, want: []Action{ActionUserRenamed}},
		"a manager disables staff":                       {by: caller.RoleManager, of: caller.RoleStaff, change: Change{Disabled: &disable}, want: []Action{ActionUserDisabled}},
		"a manager lets staff in again":                  {by: caller.RoleManager, of: caller.RoleStaff, barred: true, change: Change{Disabled: &enable}, want: []Action{ActionUserEnabled}},
		"a manager moves a supervisor":                   {by: caller.RoleManager, of: caller.RoleSupervisor, change: Change{BranchID: &branch}, want: []Action{ActionUserBranchChanged}},
		"a manager renames themselves":                   {by: caller.RoleManager, of: caller.RoleManager, self: true, change: Change{Name: &name}, want: []Action{ActionUserRenamed}},
		"a manager can't promote staff":                  {by: caller.RoleManager, of: caller.RoleStaff, change: role(caller.RoleSupervisor), refusal: errOwnerRequired},
		"a manager can't promote themselves":             {by: caller.RoleManager, of: caller.RoleManager, self: true, change: role(caller.RoleOwner), refusal: errOwnAccount},
		"a manager can't disable themselves":             {by: caller.RoleManager, of: caller.RoleManager, self: true, change: Change{Disabled: &disable}, refusal: errOwnAccount},
		"a manager can't rename another manager":         {by: caller.RoleManager, of: caller.RoleManager, change: Change{Name: &name}, refusal: errOwnerRequired},
		"a manager can't disable an owner":               {by: caller.RoleManager, of: caller.RoleOwner, change: Change{Disabled: &disable}, refusal: errOwnerRequired},
		"an API key can do nothing":                      {of: caller.RoleStaff, change: Change{Name: &name}, refusal: errUsersOnly},
		"staff must keep a branch":                       {by: caller.RoleOwner, of: caller.RoleStaff, change: Change{BranchID: &none}, field: "branch_id"},
		"a demoted manager needs a branch":               {by: caller.RoleOwner, of: caller.RoleManager, change: role(caller.RoleStaff), field: "branch_id"},
		"a manager has no branch":                        {by: caller.RoleOwner, of: caller.RoleManager, change: Change{BranchID: &branch}, field: "branch_id"},
		"the same values change nothing":                 {by: caller.RoleManager, of: caller.RoleStaff, change: Change{Disabled: &enable, Role: ptr(caller.RoleStaff)}},
		"a request without fields changes nothing":       {by: caller.RoleManager, of: caller.RoleStaff},
		"the same role is no change to others' accounts": {by: caller.RoleManager, of: caller.RoleOwner, change: role(caller.RoleOwner), refusal: errOwnerRequired},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := User{ID: "usr_1", Name: "Old name", OrgID: "ORG_1", Role: tc.of}
			if !tc.of.AtLeast(caller.RoleManager) {
				u.BranchID = "B1"
			}
			if tc.barred {
				u.DisabledAt = at.Add(-time.Hour)
			}
			c := caller.Caller{Kind: caller.KindUser, OrgID: "ORG_1", Role: tc.by, UserID: "usr_2"}
			if tc.self {
				c.UserID = u.ID
			}
			if tc.by == caller.RoleNone {
				c = caller.Caller{Kind: caller.KindAPIKey, OrgID: "ORG_1", APIKeyID: "key_1"}
			}
			got, err := u.apply(c, tc.change, at)
			switch {
			case tc.field != "":
				require.ErrorContains(t, err, tc.field)
			case tc.refusal != nil:
				require.ErrorIs(t, err, tc.refusal)
			default:
				require.NoError(t, err)
				require.Equal(t, tc.want, got)
			}
		})
	}
}

func TestMayManage(t *testing.T) {
	t.Parallel()
	for by, reach := range map[caller.Role]caller.Role{
		caller.RoleManager: caller.RoleSupervisor,
		caller.RoleOwner:   caller.RoleOwner,
	} {
		for of := caller.RoleStaff; of <= caller.RoleOwner; of++ {
			err := mayManage(caller.Caller{Kind: caller.KindUser, Role: by}, of)
			if of <= reach {
				require.NoError(t, err, "%s of %s", by, of)
			} else {
				require.ErrorIs(t, err, errOwnerRequired, "%s of %s", by, of)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }
