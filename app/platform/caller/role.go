package caller

import "fmt"

// Role of a user in their organisation. Each includes the rights of those before it.
type Role int

// The roles, least first. The numbers are those of chefcloud.policy.v1.Role.
const (
	RoleNone Role = iota
	RoleStaff
	RoleSupervisor
	RoleManager
	RoleOwner
)

var roleNames = [...]string{RoleNone: "", RoleStaff: "STAFF", RoleSupervisor: "SUPERVISOR", RoleManager: "MANAGER", RoleOwner: "OWNER"}

// ParseRole reads a role's name as the database and tokens hold it.
func ParseRole(name string) (Role, error) {
	for role := RoleStaff; role <= RoleOwner; role++ {
		if roleNames[role] == name {
			return role, nil
		}
	}
	return RoleNone, fmt.Errorf("parse role %q: not one of STAFF, SUPERVISOR, MANAGER, OWNER", name)
}

// AtLeast reports whether r includes the rights of minimum.
func (r Role) AtLeast(minimum Role) bool { return r >= minimum }

// String returns the name, `OWNER` for RoleOwner.
func (r Role) String() string {
	if r < RoleNone || r > RoleOwner {
		return fmt.Sprintf("Role(%d)", int(r))
	}
	return roleNames[r]
}
