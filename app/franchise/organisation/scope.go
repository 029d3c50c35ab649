package organisation

import (
	"slices"
	"strings"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Scope is the branches that a report covers.
type Scope struct {
	// All tells that these are all branches of the organisation.
	All bool
	// Branches are in scope, by id.
	Branches []branch.Branch
}

// Scope returns the branches with the given ids, or without ids all that the caller may see. An id that doesn't exist and
// one that the caller may not see are the same not_found.
func (o *Organisation) Scope(c caller.Caller, ids ...string) (Scope, error) {
	if len(ids) == 0 {
		if c.BranchID == "" && c.MayBranch("") {
			return Scope{All: true, Branches: o.Branches}, nil
		}
		var s Scope
		for _, b := range o.Branches {
			if c.MayBranch(b.ID) {
				s.Branches = append(s.Branches, b)
			}
		}
		return s, nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	s := Scope{Branches: make([]branch.Branch, len(ids))}
	for i, id := range ids {
		b, ok := o.Branch(id)
		if !ok || !c.MayBranch(id) {
			return Scope{}, fault.NotFound("branch", id)
		}
		s.Branches[i] = b
	}
	return s, nil
}

// Calendar returns the part of the organisation's calendar that the branches in scope live by.
func (s Scope) Calendar(c ranges.Calendar) ranges.Calendar {
	if s.All {
		return c
	}
	own := slices.DeleteFunc(slices.Clone(c), func(z ranges.ZoneDate) bool {
		return !slices.ContainsFunc(s.Branches, func(b branch.Branch) bool { return b.TimeZone == z.TimeZone })
	})
	if len(own) == 0 { // nothing in scope; a calendar is never empty
		return c[:1]
	}
	return own
}

// IDs returns the ids of the branches.
func (s Scope) IDs() []string {
	ids := make([]string, len(s.Branches))
	for i, b := range s.Branches {
		ids[i] = b.ID
	}
	return ids
}

// String lists the ids, or is `*` for all branches.
func (s Scope) String() string {
	if s.All {
		return "*"
	}
	return strings.Join(s.IDs(), ",")
}
