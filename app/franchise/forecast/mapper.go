package forecast

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func toProto(q Query, points []point, asOf time.Time) *franchisev1.ListForecastItemsResponse {
	items := make([]*franchisev1.ForecastItem, len(points))
	for i, p := range points {
		items[i] = &franchisev1.ForecastItem{
			ItemId:   p.itemID,
			ItemName: p.itemName,
			BaseUnit: p.baseUnit,
			Date:     p.date.String(),
			Quantity: quantity.ToWire(p.quantity),
			Branches: p.branches,
			Methods:  p.methods,
		}
		if p.date.Before(q.CompletedBefore) {
			used := quantity.ToWire(p.used)
			items[i].Actual = &used
		}
	}
	return &franchisev1.ListForecastItemsResponse{
		Forecast: items,
		Range:    figures.DatesToProto(q.Dates),
		AsOf:     timestamppb.New(asOf),
	}
}
