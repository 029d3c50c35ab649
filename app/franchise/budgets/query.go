package budgets

import (
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Query is what a request means for its caller at the time of asking.
type Query struct {
	// Calendar holds the dates up to which the month is to be told; where it is over, the first of the next.
	Calendar     ranges.Calendar
	Month        civil.Month
	Organisation *organisation.Organisation
	Scope        organisation.Scope
}

// Resolve reads a request. A range means the month that it ends in, nothing at all the current one; months in the future
// have targets and projections already.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.ListBudgetsRequest) (Query, error) {
	selection, err := ranges.Parse(ranges.Fields{Range: req.GetRange(), Period: req.GetPeriod()}, ranges.Today)
	if err != nil {
		return Query{}, err
	}
	scope, err := o.Scope(c)
	if err != nil {
		return Query{}, err
	}
	calendar := scope.Calendar(o.Calendar(now))
	month := selection.Resolve(calendar).Union().Current.To.MonthOf()
	over := month.Last().AddDays(1)
	for i, z := range calendar {
		if z.Today.After(over) {
			calendar[i].Today = over
		}
	}
	return Query{Calendar: calendar, Month: month, Organisation: o, Scope: scope}, nil
}

// Params tells everything within the organisation that the answer depends on: queries with equal Params have equal answers
// until something is booked or changed.
func (q Query) Params() string {
	return q.Month.String() + " " + q.Calendar.String() + q.Scope.String()
}
