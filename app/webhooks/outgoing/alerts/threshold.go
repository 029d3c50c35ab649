package alerts

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// maxThresholds is how many thresholds an organisation may have.
const maxThresholds = 100

// Metric is a figure of the overview.
type Metric string

// The metrics: money in minor units, ratios in basis points.
const (
	MetricAverageCheck   Metric = "AVERAGE_CHECK"
	MetricFoodCostBP     Metric = "FOOD_COST_BP"
	MetricNetSales       Metric = "NET_SALES"
	MetricServiceLevelBP Metric = "SERVICE_LEVEL_BP"
	MetricWasteOfSalesBP Metric = "WASTE_OF_SALES_BP"
)

// Direction says which side of a threshold is the bad one.
type Direction string

// The directions.
const (
	DirectionAbove Direction = "ABOVE"
	DirectionBelow Direction = "BELOW"
)

// Threshold is a bound of one figure.
type Threshold struct {
	BranchID  string // empty: the whole organisation
	CreatedAt time.Time
	// Crossed says that the figure was on the bad side when it was last looked at.
	Crossed   bool
	Direction Direction
	ID        string
	Metric    Metric
	OrgID     string
	ToldOn    civil.Date // business date on which it last told; zero if it never did
	UpdatedAt time.Time
	UpdatedBy string
	Value     int64
}

// look takes the figure of a business date in and says whether to tell: once when it is crossed, and again only after it was back on the
// good side or on another date. A figure that isn't there, such as a ratio of nothing, changes nothing.
func (t *Threshold) look(value *int64, date civil.Date) bool {
	if value == nil {
		return false
	}
	bad := *value > t.Value
	if t.Direction == DirectionBelow {
		bad = *value < t.Value
	}
	tell := bad && (!t.Crossed || t.ToldOn != date)
	t.Crossed = bad
	if tell {
		t.ToldOn = date
	}
	return tell
}

// of returns the metric of some figures; nil if there is none. Net sales are none before the first order of the date is closed: nobody
// wants to be told each morning that they are low.
func (m Metric) of(f *franchisev1.Figures) *int64 {
	switch m {
	case MetricAverageCheck:
		return f.AverageCheck
	case MetricFoodCostBP:
		return f.FoodCostBp
	case MetricServiceLevelBP:
		return f.ServiceLevelBp
	case MetricWasteOfSalesBP:
		return f.WasteOfSalesBp
	case MetricNetSales:
		if f.GetOrders() > 0 {
			return &f.NetSales
		}
	}
	return nil
}
