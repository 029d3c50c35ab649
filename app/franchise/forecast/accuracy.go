package forecast

import (
	"context"
	"math"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// plus adds the sums of another series.
func (a Accuracy) plus(o Accuracy) Accuracy {
	return Accuracy{
		AbsoluteError: a.AbsoluteError + o.AbsoluteError, Actual: a.Actual + o.Actual, Covered80: a.Covered80 + o.Covered80,
		Covered95: a.Covered95 + o.Covered95, Days: a.Days + o.Days, Error: a.Error + o.Error, Origins: max(a.Origins, o.Origins),
	}
}

// LoadAccuracy answers how well the series of a query were foreseen: in their back-tests, and on the completed dates of the range.
func (s *Service) LoadAccuracy(ctx context.Context, q Query) (*franchisev1.ListForecastAccuracyResponse, error) {
	asOf := s.clock()
	if len(q.ItemIDs) > 0 {
		if err := checkItems(ctx, s.db, q.Organisation.ID, q.ItemIDs); err != nil {
			return nil, err
		}
	}
	series, err := listAccuracy(ctx, s.db, q)
	if err != nil {
		return nil, err
	}
	points, err := list(ctx, s.db, q)
	if err != nil {
		return nil, err
	}
	realised := make(map[string]Accuracy)
	for _, p := range points {
		if p.date.Before(q.CompletedBefore) {
			foreseen, used := p.quantity.InexactFloat64(), p.used.InexactFloat64()
			realised[p.itemID] = realised[p.itemID].plus(Accuracy{
				AbsoluteError: math.Abs(used - foreseen), Actual: used, Days: 1, Error: foreseen - used,
			})
		}
	}
	resp := &franchisev1.ListForecastAccuracyResponse{AsOf: timestamppb.New(asOf), Range: figures.DatesToProto(q.Dates)}
	var sum tested
	for i, t := range series {
		row := accuracyToProto(t)
		row.BranchId, row.Status, row.Method = t.branchID, t.status, t.method
		resp.Series = append(resp.Series, row)
		sum = tested{
			Accuracy: sum.plus(t.Accuracy), itemID: t.itemID, itemName: t.itemName, observations: sum.observations + t.observations,
		}
		if i+1 == len(series) || series[i+1].itemID != t.itemID {
			row := accuracyToProto(sum)
			row.RealisedWapeBp, row.RealisedBiasBp = realised[t.itemID].WAPE(), realised[t.itemID].Bias()
			resp.Items = append(resp.Items, row)
			sum = tested{}
		}
	}
	return resp, nil
}

func accuracyToProto(t tested) *franchisev1.ForecastAccuracy {
	return &franchisev1.ForecastAccuracy{
		BiasBp: t.Bias(), Coverage_80Bp: t.Coverage80(), Coverage_95Bp: t.Coverage95(), ItemId: t.itemID, ItemName: t.itemName,
		Observations: t.observations, Origins: int32(t.Origins), WapeBp: t.WAPE(),
	}
}
