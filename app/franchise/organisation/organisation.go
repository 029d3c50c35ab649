package organisation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Directory finds organisations. The answer is shared between requests: nobody may change it.
type Directory interface {
	// Organisation returns the settings and branches, or not_found.
	Organisation(ctx context.Context, orgID string) (*Organisation, error)
}

// Organisation is a tenant with its settings and branches.
type Organisation struct {
	Settings
	// Branches are all of them, by id.
	Branches []branch.Branch
	ID       string

	zones []zone
}

// zone is a time zone in which the organisation has branches.
type zone struct {
	location *time.Location
	name     string
}

// New returns an organisation. Branches must be sorted by id.
func New(id string, settings Settings, branches []branch.Branch) *Organisation {
	o := &Organisation{Settings: settings, Branches: branches, ID: id}
	for _, b := range branches {
		if !slices.ContainsFunc(o.zones, func(z zone) bool { return z.name == b.TimeZone }) {
			o.zones = append(o.zones, zone{location: b.Location, name: b.TimeZone})
		}
	}
	slices.SortFunc(o.zones, func(a, b zone) int { return strings.Compare(a.name, b.name) })
	if len(o.zones) == 0 { // so that a range still has dates
		o.zones = []zone{{location: time.UTC, name: time.UTC.String()}}
	}
	return o
}

// Branch returns a branch of the organisation.
func (o *Organisation) Branch(id string) (branch.Branch, bool) {
	i, ok := slices.BinarySearchFunc(o.Branches, id, func(b branch.Branch, id string) int { return strings.Compare(b.ID, id) })
	if !ok {
		return branch.Branch{}, false
	}
	return o.Branches[i], true
}

// Calendar returns the business date that an instant has in each time zone of the organisation, by zone name.
func (o *Organisation) Calendar(at time.Time) ranges.Calendar {
	calendar := make(ranges.Calendar, len(o.zones))
	for i, z := range o.zones {
		calendar[i] = ranges.ZoneDate{TimeZone: z.name, Today: civil.BusinessDate(at, z.location, o.CutoffMinutes)}
	}
	return calendar
}
