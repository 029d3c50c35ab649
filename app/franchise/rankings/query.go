package rankings

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
	// Closed is the month asked for, if it is over in every branch; else zero.
	Closed civil.Month
	Dates  ranges.Resolved
	// Organisation is ranked whole, whoever asks.
	Organisation *organisation.Organisation
	// Shown are the branches whose places the caller may see.
	Shown organisation.Scope
}

// Resolve reads a request. Without dates it means the current month so far. Dates that lie in the future altogether are
// refused.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req *franchisev1.GetRankingsRequest) (Query, error) {
	selection, err := ranges.Parse(ranges.FieldsOf(req), ranges.MonthToDate)
	if err != nil {
		return Query{}, err
	}
	calendar := o.Calendar(now)
	if err := selection.RefuseFuture(calendar.Latest()); err != nil {
		return Query{}, err
	}
	shown, err := o.Scope(c)
	if err != nil {
		return Query{}, err
	}
	q := Query{Dates: selection.Resolve(calendar), Organisation: o, Shown: shown}
	if month, ok := selection.WholeMonth(); ok && closed(o, month, now) {
		q.Closed = month
	}
	return q, nil
}

// Params tells everything within the organisation that the answer depends on: queries with equal Params have equal answers
// until something is booked or changed.
func (q Query) Params() string {
	return q.Closed.String() + " " + q.Dates.String() + q.Shown.String()
}

// closed reports whether a month is over in every branch.
func closed(o *organisation.Organisation, month civil.Month, at time.Time) bool {
	return o.Calendar(at).Earliest().After(month.Last())
}
