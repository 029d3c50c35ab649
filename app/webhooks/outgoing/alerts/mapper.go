package alerts

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	endpointsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/endpoints/v1"
)

var metrics = map[Metric]endpointsv1.KpiMetric{
	MetricAverageCheck:   endpointsv1.KpiMetric_KPI_METRIC_AVERAGE_CHECK,
	MetricFoodCostBP:     endpointsv1.KpiMetric_KPI_METRIC_FOOD_COST_BP,
	MetricNetSales:       endpointsv1.KpiMetric_KPI_METRIC_NET_SALES,
	MetricServiceLevelBP: endpointsv1.KpiMetric_KPI_METRIC_SERVICE_LEVEL_BP,
	MetricWasteOfSalesBP: endpointsv1.KpiMetric_KPI_METRIC_WASTE_OF_SALES_BP,
}

var directions = map[Direction]endpointsv1.KpiDirection{
	DirectionAbove: endpointsv1.KpiDirection_KPI_DIRECTION_ABOVE,
	DirectionBelow: endpointsv1.KpiDirection_KPI_DIRECTION_BELOW,
}

// keyOf returns the key under which a message's value stands; "" if there is none.
func keyOf[K ~string, V comparable](m map[K]V, wanted V) K {
	for k, v := range m {
		if v == wanted {
			return k
		}
	}
	return ""
}

func thresholdFromProto(r *endpointsv1.SetKpiThresholdRequest) Threshold {
	return Threshold{
		BranchID: r.GetBranchId(), Direction: keyOf(directions, r.GetDirection()), ID: r.GetThresholdId(), Metric: keyOf(metrics, r.GetMetric()),
		Value: r.GetValue(),
	}
}

func thresholdToProto(t Threshold) *endpointsv1.KpiThreshold {
	p := &endpointsv1.KpiThreshold{
		Id: t.ID, Metric: metrics[t.Metric], Direction: directions[t.Direction], Value: t.Value, BranchId: t.BranchID, Crossed: t.Crossed,
		UpdatedBy: t.UpdatedBy, UpdatedAt: timestamppb.New(t.UpdatedAt),
	}
	if !t.ToldOn.IsZero() {
		p.ToldOn = t.ToldOn.String()
	}
	return p
}
