package auth

import (
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// User is a person of an organisation.
type User struct {
	BranchID     string // set for SUPERVISOR and STAFF only
	CreatedAt    time.Time
	DisabledAt   time.Time // zero unless disabled
	Email        string    // lower case
	ID           string
	Name         string
	OrgID        string
	PasswordHash string // argon2id
	Role         caller.Role
	// SessionVersion is what the user's sessions must stand on.
	SessionVersion int32
}

// Disabled reports whether the user can't sign in.
func (u *User) Disabled() bool { return !u.DisabledAt.IsZero() }

// activeOwner reports whether the user can run the organisation.
func (u *User) activeOwner() bool { return u.Role == caller.RoleOwner && !u.Disabled() }

// checkBranch makes sure that who is bound to a branch has one, and who isn't has none.
func (u *User) checkBranch() error {
	switch bound := !u.Role.AtLeast(caller.RoleManager); {
	case bound && u.BranchID == "":
		return fault.Invalid("branch_id", "must be set for SUPERVISOR and STAFF")
	case !bound && u.BranchID != "":
		return fault.Invalid("branch_id", "must be empty for MANAGER and OWNER")
	}
	return nil
}

// normalEmail is the one spelling under which an address is stored and looked up.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// mayManage refuses callers who have no say over accounts of that role.
func mayManage(c caller.Caller, role caller.Role) error {
	if c.Kind != caller.KindUser {
		return errUsersOnly
	}
	if role.AtLeast(caller.RoleManager) && c.Role != caller.RoleOwner {
		return errOwnerRequired
	}
	return nil
}

// Change is an edit of a user; what is nil stays.
type Change struct {
	BranchID *string
	Disabled *bool
	Name     *string
	Role     *caller.Role
}

// apply edits u on behalf of c at an instant. It returns what the audit trail should say; nothing if nothing changed.
func (u *User) apply(c caller.Caller, change Change, at time.Time) ([]Action, error) {
	own := c.Kind == caller.KindUser && c.UserID == u.ID
	if !own {
		if err := mayManage(c, u.Role); err != nil {
			return nil, err
		}
	}
	was := *u
	if change.Role != nil && *change.Role != u.Role {
		switch {
		case own:
			return nil, errOwnAccount
		case c.Role != caller.RoleOwner:
			return nil, errOwnerRequired
		}
		u.Role = *change.Role
		if u.Role.AtLeast(caller.RoleManager) {
			u.BranchID = ""
		}
	}
	if change.BranchID != nil {
		u.BranchID = *change.BranchID
	}
	if change.Name != nil {
		u.Name = *change.Name
	}
	if change.Disabled != nil && *change.Disabled != u.Disabled() {
		if own {
			return nil, errOwnAccount
		}
		u.DisabledAt = time.Time{}
		if *change.Disabled {
			u.DisabledAt = at
		}
	}
	if u.Role != was.Role || u.BranchID != was.BranchID {
		if err := u.checkBranch(); err != nil {
			return nil, err
		}
	}
	return u.differences(&was), nil
}

// differences names what changed since was.
func (u *User) differences(was *User) []Action {
	var actions []Action
	for _, d := range []struct {
		action  Action
		changed bool
	}{
		{ActionUserRenamed, u.Name != was.Name},
		{ActionUserRoleChanged, u.Role != was.Role},
		{ActionUserBranchChanged, u.BranchID != was.BranchID},
		{ActionUserDisabled, u.Disabled() && !was.Disabled()},
		{ActionUserEnabled, !u.Disabled() && was.Disabled()},
	} {
		if d.changed {
			actions = append(actions, d.action)
		}
	}
	return actions
}
