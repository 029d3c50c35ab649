package sim_test

import (
	"testing"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// nobody takes nothing down.
type nobody struct{}

func (nobody) Batch(*sim.Batch)       {}
func (nobody) Day(*sim.Day)           {}
func (nobody) Delivery(*sim.Delivery) {}
func (nobody) Movement(*sim.Movement) {}
func (nobody) Order(*sim.Order)       {}
func (nobody) Wastage(*sim.Wastage)   {}

// BenchmarkDay simulates dates of 137 orders, as many as a branch has when ten million are seeded.
func BenchmarkDay(b *testing.B) {
	const orders = 137
	now := time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
	from := civil.NewDate(2024, time.January, 1)
	world := sim.NewWorld(catalog.Bulk(), sim.Options{
		DetailedFrom: from.AddDays(1_000_000), ExpiryFrom: from.AddDays(1_000_000), NightlyUpload: true, Seed: 1, TicketPermille: 100, WastePermille: 80,
	})
	p := &sim.Profile{
		CostPermille: 1_000, CutoffMinutes: fourOClock, DailyOrders: orders, ID: "BR_1", LatePermille: 100, Location: time.UTC,
		OpenedOn: from, ServiceTarget: 15 * time.Minute, WastePermille: 40,
	}
	branch := sim.NewBranch(world, p, 1, nobody{})
	date := from
	b.ReportAllocs()
	for b.Loop() {
		branch.Day(date, orders, now, true)
		date = date.AddDays(1)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/orders, "ns/order")
}
