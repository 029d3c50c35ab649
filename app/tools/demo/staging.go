package demo

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// What the checklist and the tools know of the demo data.
const (
	// OrgID is the demo organisation: an enterprise in Uganda with 12 branches.
	OrgID = "ORG_STAGING"
	// OtherOrgID is another organisation, whose data must never be seen by the first.
	OtherOrgID = "ORG_OTHER"
	// ManagerEmail signs in to OrgID.
	ManagerEmail = "manager@staging.com"
	// Password is that of all made-up users.
	Password = "staging123"
	// PurchaseOrderID is a placed purchase order of FirstBranchID with 500 units of ItemID.
	PurchaseOrderID = "PO_STAGING_TEST_1"
	// ItemID is on PurchaseOrderID.
	ItemID = "ITEM_1"
	// FirstBranchID is where the demo's supervisor and staff work.
	FirstBranchID = "BR_KLA_01"

	kampala = "Africa/Kampala"
	nairobi = "Africa/Nairobi"
	newYork = "America/New_York"
	// shillingsPerCent turns Uganda's prices into dollars.
	shillingsPerCent = 37
)

// newcomerDays is how long ago the newest branch opened.
const newcomerDays = 62

func stagingCompany(today civil.Date) *company {
	const manager, staff, supervisor = "USR_STAGING_MANAGER", "USR_STAGING_STAFF", "USR_STAGING_SUPERVISOR"
	c := &company{
		buyerID: supervisor, catalogue: catalog.Staging(), createdAt: time.Date(2019, time.February, 4, 9, 0, 0, 0, time.UTC),
		currency: "UGX", managerID: manager, name: "Staging Kitchens", orgID: OrgID, tillID: staff,
		people: []person{
			{email: "owner@staging.com", id: "USR_STAGING_OWNER", name: "Amina Okello", role: caller.RoleOwner},
			{email: ManagerEmail, id: manager, name: "David Ssemwanga", role: caller.RoleManager},
			{email: "supervisor@staging.com", id: supervisor, name: "Grace Nakato", role: caller.RoleSupervisor, branchID: FirstBranchID},
			{email: "staff@staging.com", id: staff, name: "Joseph Mugisha", role: caller.RoleStaff, branchID: FirstBranchID},
		},
	}
	date := civil.NewDate
	for _, b := range []struct {
		id, name, zone      string
		opened              civil.Date
		orders, growth      int64 // a day in 2024, gained in a year (permille)
		late                int   // tickets (permille)
		waste, costPermille int64 // of what is used, of the catalogue's
		closed              []time.Weekday
	}{
		{FirstBranchID, "Kampala Road", kampala, date(2019, time.March, 1), 78, 60, 90, 45, 1_000, nil},
		{"BR_KLA_02", "Acacia Avenue", kampala, date(2019, time.September, 14), 70, 85, 60, 30, 1_040, nil},
		{"BR_KLA_03", "Ntinda", kampala, date(2020, time.August, 3), 58, 40, 120, 65, 970, nil},
		{"BR_KLA_04", "Bugolobi", kampala, date(2021, time.April, 12), 54, 75, 80, 40, 1_000, nil},
		{"BR_KLA_05", "Makerere Hill", kampala, date(2021, time.September, 6), 66, 20, 160, 85, 940, nil},
		{"BR_KLA_06", "Industrial Area", kampala, date(2022, time.January, 17), 48, 30, 70, 35, 960, []time.Weekday{time.Sunday}},
		{"BR_KLA_07", "Entebbe Road", kampala, date(2022, time.June, 1), 44, 95, 110, 60, 1_020, nil},
		{"BR_KLA_08", "Kira", kampala, date(2023, time.February, 20), 38, 110, 100, 55, 985, nil},
		{"BR_KLA_09", "Naalya", kampala, today.AddDays(-newcomerDays), 52, 0, 140, 95, 1_010, nil},
		{"BR_NBO_01", "Westlands", nairobi, date(2020, time.November, 9), 62, 70, 75, 42, 1_080, nil},
		{"BR_NBO_02", "Kilimani", nairobi, date(2022, time.March, 28), 50, 55, 95, 50, 1_095, nil},
		{"BR_NBO_03", "Thika Road Mall", nairobi, date(2023, time.July, 10), 42, -30, 130, 75, 1_090, nil},
	} {
		c.add(b.zone, sim.Profile{
			ClosedOn: b.closed, CostPermille: b.costPermille, DailyOrders: b.orders, GrowthPermille: b.growth, ID: b.id,
			LatePermille: b.late, Name: b.name, OpenedOn: b.opened, WastePermille: b.waste,
		})
	}
	return c
}

func otherCompany() *company {
	const manager = "USR_OTHER_MANAGER"
	c := &company{
		buyerID: manager, catalogue: catalog.Staging().In(shillingsPerCent), createdAt: time.Date(2023, time.May, 8, 14, 0, 0, 0, time.UTC),
		currency: "USD", managerID: manager, name: "Other Diners", orgID: OtherOrgID, tillID: manager,
		people: []person{{email: "manager@other.com", id: manager, name: "Laura Bennett", role: caller.RoleManager}},
	}
	for _, b := range []struct{ id, name string }{{"BR_NYC_01", "Atlantic Avenue"}, {"BR_NYC_02", "Astoria"}} {
		c.add(newYork, sim.Profile{
			CostPermille: 1_000, DailyOrders: 40, GrowthPermille: 50, ID: b.id, LatePermille: 100, Name: b.name,
			OpenedOn: civil.NewDate(2023, time.June, 1), WastePermille: 45,
		})
	}
	return c
}

// add opens a branch of the company.
func (c *company) add(zone string, p sim.Profile) {
	const target = 15 * time.Minute
	p.CutoffMinutes, p.Location, p.ServiceTarget = cutoffMinutes, location(zone), target
	c.branches = append(c.branches, branch{Profile: p, timeZone: zone})
}
