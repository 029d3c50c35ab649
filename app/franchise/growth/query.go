package growth

import (
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

const (
	// daysBack is 52 weeks.
	daysBack = 364
	// matureMonths is how many full months a branch must have been open when the range begins.
	matureMonths = 13
)

// Query is a range of branches old enough to compare, beside the dates 52 weeks before.
type Query struct {
	figures.Query
	// Excluded branches are too young.
	Excluded organisation.Scope
}

// Resolve reads a request.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.GetSameStoreGrowthRequest) (Query, error) {
	all, err := figures.Resolve(o, c, now, req)
	if err != nil {
		return Query{}, err
	}
	q := Query{Query: figures.Query{Dates: all.Dates, Organisation: o}}
	for i, z := range q.Dates {
		q.Dates[i].Before = z.Current.Shift(-daysBack)
	}
	for _, b := range all.Scope.Branches {
		if mature(b, q.Dates.In(b.TimeZone).Current.From) {
			q.Scope.Branches = append(q.Scope.Branches, b)
		} else {
			q.Excluded.Branches = append(q.Excluded.Branches, b)
		}
	}
	return q, nil
}

// mature reports whether a branch had been open for 13 full months on a date.
func mature(b branch.Branch, on civil.Date) bool {
	return !b.OpenedOn.AddMonths(matureMonths).After(on)
}
