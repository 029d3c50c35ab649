package demo

import (
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// bulkCompany is an organisation of many branches, all alike but in size and skill.
func bulkCompany(options SeedOptions, yesterday civil.Date) *company {
	const manager = "USR_SEED_MANAGER"
	first := yesterday.AddDays(1 - options.Days)
	opened := first.AddMonths(-14) // so that growth compares all of them
	c := &company{
		buyerID: manager, catalogue: catalog.Bulk(), createdAt: time.Date(opened.Year, opened.Month, opened.Day, 9, 0, 0, 0, time.UTC),
		currency: "UGX", managerID: manager, name: seedingName, orgID: options.OrgID, tillID: manager,
		people: []person{{email: seedEmail(options.OrgID), id: manager, name: "Benchmark manager", role: caller.RoleManager}},
	}
	average := options.Orders / int64(options.Branches) / int64(options.Days)
	for i := range options.Branches {
		c.add(kampala, sim.Profile{
			CostPermille: 950 + int64(i*37%101), DailyOrders: max(average*(60+int64(i*53%81))/100, 1), GrowthPermille: 60,
			ID: fmt.Sprintf("BR_%04d", i+1), LatePermille: 50 + i*29%120, Name: fmt.Sprintf("Branch %d", i+1), OpenedOn: opened,
			WastePermille: 30 + int64(i*41%60),
		})
	}
	return c
}

// quotas shares the orders out over dates and branches by their demand: the row of a date holds one number for each branch.
func (c *company) quotas(world *sim.World, dates []civil.Date, orders int64) [][]int64 {
	weights := make([]int64, 0, len(dates)*len(c.branches))
	for _, date := range dates {
		for i := range c.branches {
			weights = append(weights, world.Weight(&c.branches[i].Profile, date))
		}
	}
	shares := money.Allocate(orders, weights)
	rows := make([][]int64, len(dates))
	for i := range rows {
		rows[i], shares = shares[:len(c.branches)], shares[len(c.branches):]
	}
	return rows
}
