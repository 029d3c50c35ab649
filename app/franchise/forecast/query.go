package forecast

import (
	"slices"
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Query is what a request means for its caller at the time of asking.
type Query struct {
	// CompletedBefore is the first of the dates that is not over in every branch, or the day after the last.
	CompletedBefore civil.Date
	Dates           ranges.Dates
	// ItemIDs are sorted; none means all items.
	ItemIDs      []string
	Organisation *organisation.Organisation
	Scope        organisation.Scope
}

// Request is what requests about forecasts have in common.
type Request interface {
	GetBranchId() string
	GetEndDate() string
	GetItemIds() []string
	GetPeriod() string
	GetStartDate() string
}

var (
	_ Request = (*franchisev1.ListForecastAccuracyRequest)(nil)
	_ Request = (*franchisev1.ListForecastItemsRequest)(nil)
)

// Resolve reads a request. Without dates it means the current month; dates in the future are what forecasts are for.
func Resolve(o *organisation.Organisation, c caller.Caller, now time.Time, req Request) (Query, error) {
	var branchIDs []string
	if req.GetBranchId() != "" {
		branchIDs = []string{req.GetBranchId()}
	}
	scope, err := o.Scope(c, branchIDs...)
	if err != nil {
		return Query{}, err
	}
	calendar := scope.Calendar(o.Calendar(now))
	fields := ranges.Fields{Period: req.GetPeriod(), StartDate: req.GetStartDate(), EndDate: req.GetEndDate()}
	selection, err := ranges.Parse(fields, ranges.Month(calendar.Latest().MonthOf()))
	if err != nil {
		return Query{}, err
	}
	// Only words depend on today, and the request has none.
	dates := selection.On(calendar.Latest()).Current
	completedBefore := calendar.Earliest()
	if over := dates.To.AddDays(1); completedBefore.After(over) {
		completedBefore = over
	}
	items := slices.Clone(req.GetItemIds())
	slices.Sort(items)
	return Query{CompletedBefore: completedBefore, Dates: dates, ItemIDs: items, Organisation: o, Scope: scope}, nil
}

// Params tells everything within the organisation that the answer depends on: queries with equal Params have equal answers
// until something is booked or changed.
func (q Query) Params() string {
	return q.Dates.String() + " <" + q.CompletedBefore.String() + " " + q.Scope.String() + " " + strings.Join(q.ItemIDs, ",")
}
