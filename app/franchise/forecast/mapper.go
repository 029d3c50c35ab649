package forecast

import (
	"time"

	"github.com/shopspring/decimal"
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
		if p.bounded == p.branches {
			items[i].Lower_80, items[i].Upper_80, items[i].Lower_95, items[i].Upper_95 = wire(p.p10), wire(p.p90), wire(p.p025), wire(p.p975)
		}
		if p.date.Before(q.CompletedBefore) {
			items[i].Actual = wire(p.used)
		}
	}
	return &franchisev1.ListForecastItemsResponse{
		Forecast: items,
		Range:    figures.DatesToProto(q.Dates),
		AsOf:     timestamppb.New(asOf),
	}
}

func wire(d decimal.Decimal) *float64 {
	f := quantity.ToWire(d)
	return &f
}
