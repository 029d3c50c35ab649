package budgets

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// toProto shows the budgets of the branches in scope, in their sequence.
func toProto(q Query, budgets []Budget, asOf time.Time) *franchisev1.ListBudgetsResponse {
	rows := make([]*franchisev1.Budget, len(budgets))
	for i, b := range budgets {
		rows[i] = &franchisev1.Budget{
			BranchId:           q.Scope.Branches[i].ID,
			BranchName:         q.Scope.Branches[i].Name,
			Period:             q.Month.String(),
			Revenue:            lineToProto(b.Revenue),
			Cogs:               lineToProto(b.COGS),
			Waste:              lineToProto(b.Waste),
			FlexedCogs:         b.Flexed,
			VolumeVariance:     b.Volume,
			EfficiencyVariance: b.Efficiency,
			CompletedDays:      int32(b.CompletedDays),
			Days:               int32(q.Month.Days()),
			WeekdayWeights:     b.Weights,
		}
	}
	return &franchisev1.ListBudgetsResponse{
		Budgets:  rows,
		Currency: q.Organisation.Currency,
		Period:   q.Month.String(),
		AsOf:     timestamppb.New(asOf),
	}
}

func lineToProto(l Line) *franchisev1.BudgetLine {
	return &franchisev1.BudgetLine{
		Target:       l.Target,
		TargetToDate: l.TargetToDate,
		Actual:       l.Actual,
		Variance:     l.Variance,
		VarianceBp:   l.VarianceBP,
		Favourable:   l.Favourable,
		Projection:   l.Projection,
	}
}
