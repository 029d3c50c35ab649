package demo

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// cutoffMinutes is when the made-up business dates begin, the product's default.
const cutoffMinutes = 4 * 60

// company is a made-up organisation.
type company struct {
	branches  []branch
	buyerID   string // who writes purchase orders
	catalogue catalog.Catalogue
	createdAt time.Time
	currency  string
	managerID string // who approves, voids and pays back
	name      string
	orgID     string
	people    []person
	tillID    string // who takes orders
}

// branch is a restaurant with its zone's name.
type branch struct {
	sim.Profile
	timeZone string
}

// person is a user. The password is everybody's.
type person struct {
	branchID string // of supervisors and staff
	email    string
	id       string
	name     string
	role     caller.Role
}

// clerks returns one for each branch, without a ledger yet.
func (c *company) clerks() []*clerk {
	clerks := make([]*clerk, len(c.branches))
	for i := range c.branches {
		b := &c.branches[i]
		clerks[i] = &clerk{branchID: b.ID, company: c, target: int32(b.ServiceTarget / time.Second)}
	}
	return clerks
}
