package forecast

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// NamedUplift is an uplift as an organisation sets it. One of Weekdays, DaysOfMonth and MonthEnd tells the dates.
type NamedUplift struct {
	DaysOfMonth []int32
	MonthEnd    bool
	Name        string
	RateBP      int32
	Weekdays    []int32 // Monday is 1
}

// onDates returns the uplifts with the dates that they hold on.
func onDates(named []NamedUplift) []Uplift {
	uplifts := make([]Uplift, len(named))
	for i, u := range named {
		switch {
		case u.MonthEnd:
			uplifts[i] = OnMonthEnd(int64(u.RateBP))
		case len(u.Weekdays) > 0:
			days := make([]time.Weekday, len(u.Weekdays))
			for j, day := range u.Weekdays {
				days[j] = time.Weekday(day % daysPerWeek)
			}
			uplifts[i] = OnWeekdays(int64(u.RateBP), days...)
		default:
			days := make([]int, len(u.DaysOfMonth))
			for j, day := range u.DaysOfMonth {
				days[j] = int(day)
			}
			uplifts[i] = OnDaysOfMonth(int64(u.RateBP), days...)
		}
	}
	return uplifts
}

// SetUplifts replaces the uplifts of the caller's organisation.
func SetUplifts(ctx context.Context, tx postgres.Querier, req *franchisev1.SetForecastUpliftsRequest) (*franchisev1.SetForecastUpliftsResponse, error) {
	var named []NamedUplift
	for i, p := range req.GetUplifts() {
		u := NamedUplift{DaysOfMonth: p.GetDaysOfMonth(), MonthEnd: p.GetMonthEnd(), Name: p.GetName(), RateBP: p.GetRateBp(), Weekdays: p.GetWeekdays()}
		dates := 0
		for _, given := range []bool{u.MonthEnd, len(u.Weekdays) > 0, len(u.DaysOfMonth) > 0} {
			if given {
				dates++
			}
		}
		if dates != 1 {
			return nil, fault.Invalid(fmt.Sprintf("uplifts[%d]", i), "must have one of weekdays, days_of_month and month_end")
		}
		if slices.ContainsFunc(named, func(o NamedUplift) bool { return o.Name == u.Name }) {
			return nil, fault.Invalid(fmt.Sprintf("uplifts[%d].name", i), "must not be there twice")
		}
		named = append(named, u)
	}
	if err := replaceUplifts(ctx, tx, caller.From(ctx).OrgID, named); err != nil {
		return nil, err
	}
	return &franchisev1.SetForecastUpliftsResponse{Uplifts: upliftsToProto(named)}, nil
}

// Uplifts lists the uplifts of the caller's organisation.
func (s *Service) Uplifts(ctx context.Context) (*franchisev1.ListForecastUpliftsResponse, error) {
	named, err := listUplifts(ctx, s.db, caller.From(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	return &franchisev1.ListForecastUpliftsResponse{Uplifts: upliftsToProto(named)}, nil
}

func upliftsToProto(named []NamedUplift) []*franchisev1.ForecastUplift {
	sorted := slices.SortedFunc(slices.Values(named), func(a, b NamedUplift) int { return strings.Compare(a.Name, b.Name) })
	wire := make([]*franchisev1.ForecastUplift, len(sorted))
	for i, u := range sorted {
		wire[i] = &franchisev1.ForecastUplift{DaysOfMonth: u.DaysOfMonth, MonthEnd: u.MonthEnd, Name: u.Name, RateBp: u.RateBP, Weekdays: u.Weekdays}
	}
	return wire
}
