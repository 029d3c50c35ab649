package rankings

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func toProto(q Query, s standings) *franchisev1.GetRankingsResponse {
	return &franchisev1.GetRankingsResponse{
		Rankings: rankingsToProto(q.Organisation, visible(s.rankings, q.Shown)),
		Weights:  organisation.WeightsToProto(s.weights),
		Currency: s.currency,
		Range:    figures.DatesToProto(q.Dates.Union().Current),
		AsOf:     timestamppb.New(s.asOf),
		Stored:   s.stored,
	}
}

func rankingsToProto(o *organisation.Organisation, rankings []Ranking) []*franchisev1.Ranking {
	list := make([]*franchisev1.Ranking, len(rankings))
	for i, r := range rankings {
		b, _ := o.Branch(r.BranchID)
		list[i] = &franchisev1.Ranking{
			Rank:           r.Rank,
			BranchId:       r.BranchID,
			BranchName:     b.Name,
			Score:          r.Score.InexactFloat64(),
			Partial:        r.Partial,
			Movement:       r.Movement,
			NetSales:       r.NetSales,
			GrossMarginBp:  r.GrossMarginBP,
			WasteOfSalesBp: r.WasteOfSalesBP,
			ServiceLevelBp: r.ServiceLevelBP,
		}
	}
	return list
}
