package figures

import (
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// ToProto shows sums with their ratios.
func ToProto(f daysales.Figures) *franchisev1.Figures {
	net := f.Net()
	return &franchisev1.Figures{
		Orders:         f.Orders,
		Covers:         f.Covers,
		GrossSales:     f.Gross,
		Discounts:      f.Discounts,
		Comps:          f.Comps,
		Refunds:        f.Refunds,
		NetSales:       net,
		Revenue:        net,
		Tax:            f.Tax,
		AverageCheck:   Quotient(net, f.Orders),
		NetPerCover:    Quotient(net, f.Covers),
		Cogs:           f.COGS,
		GrossMargin:    GrossMargin(f),
		GrossMarginBp:  Bp(GrossMargin(f), net),
		FoodCostBp:     Bp(f.COGS, net),
		WasteCost:      f.WasteCost,
		WasteOfSalesBp: Bp(f.WasteCost, net),
		WasteOfCogsBp:  Bp(f.WasteCost, f.COGS),
		Tickets:        f.Tickets,
		TicketsOnTime:  f.TicketsOnTime,
		ServiceLevelBp: Bp(f.TicketsOnTime, f.Tickets),
		Voids:          f.Voids,
		VoidsValue:     f.VoidsValue,
		Purchases:      f.Purchases,
	}
}

// DatesToProto shows a span of dates.
func DatesToProto(d ranges.Dates) *franchisev1.DateRange {
	return &franchisev1.DateRange{
		StartDate: d.From.String(),
		EndDate:   d.To.String(),
		Days:      int32(d.Days()),
	}
}
