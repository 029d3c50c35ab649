package overview

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// toProto adds the branches up. pairs holds the figures of each branch in scope, in their sequence.
func toProto(q figures.Query, pairs []figures.Pair, asOf time.Time) *franchisev1.GetOverviewResponse {
	span := q.Dates.Union()
	var current, before daysales.Figures
	branches := make([]*franchisev1.BranchFigures, len(pairs))
	for i, pair := range pairs {
		b := q.Scope.Branches[i]
		current, before = current.Plus(pair.Current.Figures), before.Plus(pair.Before.Figures)
		branches[i] = &franchisev1.BranchFigures{
			BranchId:         b.ID,
			BranchName:       b.Name,
			Range:            figures.DatesToProto(q.Dates.In(b.TimeZone).Current),
			Figures:          figures.ToProto(pair.Current.Figures),
			Comparison:       figures.ToProto(pair.Before.Figures),
			NetSalesChangeBp: figures.ChangeBp(pair.Current.Net(), pair.Before.Net()),
		}
	}
	return &franchisev1.GetOverviewResponse{
		Summary:  figures.ToProto(current),
		Branches: branches,
		Comparison: &franchisev1.Comparison{
			Range:                figures.DatesToProto(span.Before),
			Figures:              figures.ToProto(before),
			NetSalesChangeBp:     figures.ChangeBp(current.Net(), before.Net()),
			OrdersChangeBp:       figures.ChangeBp(current.Orders, before.Orders),
			AverageCheckChangeBp: figures.CheckChangeBp(current, before),
		},
		Days:     days(span.Current, pairs),
		Currency: q.Organisation.Currency,
		Range:    figures.DatesToProto(span.Current),
		AsOf:     timestamppb.New(asOf),
	}
}

// days adds the branches up by date, with zeros on dates without bookings.
func days(dates ranges.Dates, pairs []figures.Pair) []*franchisev1.DayFigures {
	list := make([]*franchisev1.DayFigures, dates.Days())
	for i := range list {
		list[i] = &franchisev1.DayFigures{Date: dates.From.AddDays(i).String()}
	}
	for _, pair := range pairs {
		for _, day := range pair.Current.Days {
			total := list[day.Date.DaysSince(dates.From)]
			total.NetSales += day.Net
			total.Orders += day.Orders
			total.Cogs += day.COGS
		}
	}
	return list
}
