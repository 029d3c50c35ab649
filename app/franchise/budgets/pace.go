package budgets

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
)

// Pace is how a branch stands in its present month, for a figure that is live.
type Pace struct {
	// HasTarget tells that the branch has a revenue target for the month; the rest is 0 without.
	HasTarget bool
	// RevenueBeforeToday is the net sales of the completed dates.
	RevenueBeforeToday int64
	// TargetToDate is the part of the month's revenue target that falls on its dates up to today, today included.
	TargetToDate int64
}

// Paces returns how each branch of an organisation stands at an instant, in their sequence: in one statement for each month that is
// present somewhere, and one more.
func (s *Service) Paces(ctx context.Context, o *organisation.Organisation, at time.Time) ([]Pace, error) {
	targets := make(map[civil.Month]map[string]*Target)
	paces := make([]Pace, len(o.Branches))
	var asked []figures.Span
	var askers []int
	for i, b := range o.Branches {
		today := b.BusinessDate(at)
		month := today.MonthOf()
		if targets[month] == nil {
			listed, err := list(ctx, s.db, o.ID, month)
			if err != nil {
				return nil, err
			}
			targets[month] = listed
		}
		target := targets[month][b.ID]
		if target == nil {
			continue
		}
		part := target.weigh(weekdays(ranges.Dates{From: month.First(), To: today}))
		whole := target.weigh(weekdays(ranges.Dates{From: month.First(), To: month.Last()}))
		toDate, _ := share(target.Revenue, part, whole)
		paces[i] = Pace{HasTarget: true, TargetToDate: toDate}
		if before, ok := completed(month, today); ok {
			asked, askers = append(asked, figures.Span{BranchID: b.ID, Dates: before}), append(askers, i)
		}
	}
	if len(asked) == 0 {
		return paces, nil
	}
	sums, err := figures.Load(ctx, s.db, o, asked)
	if err != nil {
		return nil, err
	}
	for n, i := range askers {
		paces[i].RevenueBeforeToday = sums[n].Net()
	}
	return paces, nil
}
