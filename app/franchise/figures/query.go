package figures

import (
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/caller"
)

// Query is what a request for figures means for its caller at the time of asking.
type Query struct {
	Dates        ranges.Resolved
	Organisation *organisation.Organisation
	Scope        organisation.Scope
}

// Resolve reads the dates of a request, today if it has none, for the branches with the given ids, or all that the caller
// may see. Dates that lie in the future altogether are refused.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req ranges.Request, branchIDs ...string) (Query, error) {
	selection, err := ranges.Parse(ranges.FieldsOf(req), ranges.Today)
	if err != nil {
		return Query{}, err
	}
	scope, err := o.Scope(c, branchIDs...)
	if err != nil {
		return Query{}, err
	}
	calendar := scope.Calendar(o.Calendar(now))
	if err := selection.RefuseFuture(calendar.Latest()); err != nil {
		return Query{}, err
	}
	return Query{Dates: selection.Resolve(calendar), Organisation: o, Scope: scope}, nil
}

// Params tells everything within the organisation that the answer depends on: queries with equal Params have equal answers
// until something is booked or changed.
func (q Query) Params() string {
	return q.Dates.String() + q.Scope.String()
}
