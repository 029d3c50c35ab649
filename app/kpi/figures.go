package kpi

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/money"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// state is what a branch, or all branches together, are doing now.
type state struct {
	daysales.Figures // of today
	hasTarget        bool
	openOrders       int64
	// revenueOfMonth and targetToDate are of branches that have a target, up to today and with it.
	revenueOfMonth, targetToDate int64
	stockAtRisk                  int64
}

func (s state) plus(other state) state {
	s.Figures = s.Plus(other.Figures)
	s.hasTarget = s.hasTarget || other.hasTarget
	s.openOrders += other.openOrders
	s.stockAtRisk += other.stockAtRisk
	s.revenueOfMonth += other.revenueOfMonth
	s.targetToDate += other.targetToDate
	return s
}

// stand adds what is known of a branch besides today; nil adds nothing.
func (s state) stand(b *kpiv1.BranchStanding) state {
	s.stockAtRisk = b.GetStockAtRisk()
	if b.GetHasTarget() {
		s.hasTarget = true
		s.revenueOfMonth = b.GetRevenueBeforeToday() + s.Net()
		s.targetToDate = b.GetTargetToDate()
	}
	return s
}

func (s state) toProto() *kpiv1.KpiFigures {
	p := &kpiv1.KpiFigures{
		Revenue: s.Net(), Orders: s.Orders, Discounts: s.Discounts, OpenOrders: s.openOrders, StockAtRisk: s.stockAtRisk,
	}
	if check, ok := money.Divide(s.Net(), s.Orders); ok {
		p.AverageCheck = &check
	}
	if bp, ok := money.Bp(s.TicketsOnTime, s.Tickets); ok {
		p.ServiceLevelBp = &bp
	}
	if bp, ok := money.Bp(s.revenueOfMonth, s.targetToDate); ok && s.hasTarget {
		p.BudgetAttainmentBp = &bp
	}
	return p
}

// toProto adds the branches up; states are in their sequence.
func toProto(branches []branch.Branch, states []state, currency string, asOf time.Time) *kpiv1.Kpis {
	k := &kpiv1.Kpis{
		Branches: make([]*kpiv1.BranchKpis, len(branches)), Currency: currency, Id: idOf(asOf), Timestamp: timestamppb.New(asOf),
	}
	var total state
	for i, b := range branches {
		total = total.plus(states[i])
		k.Branches[i] = &kpiv1.BranchKpis{
			BranchId: b.ID, BranchName: b.Name, BusinessDate: b.BusinessDate(asOf).String(), Figures: states[i].toProto(),
		}
	}
	k.Total = total.toProto()
	return k
}

// idOf names figures by when they were read. Ids are compared for equality only.
func idOf(asOf time.Time) string { return strconv.FormatInt(asOf.UnixMicro(), 36) }
