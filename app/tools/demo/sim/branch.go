package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
)

// Branch is a restaurant as it stands at the end of the last date that it was taken through. Only one goroutine may use it.
type Branch struct {
	carried daysales.Figures // of the next date, known already
	number  int              // among the branches
	profile *Profile
	shelves []shelf
	sink    Sink
	stocked bool
	world   *World

	// The current date.
	closing   time.Time // of the business date
	date      civil.Date
	figures   daysales.Figures
	followed  bool // by a date on which refunds can count
	midnight  time.Time
	minted    int
	now       time.Time
	random    *rand.Rand
	salesID   string
	wasteDone int // how many of wasteTimes

	// Records that are reused.
	day      Day
	delivery Delivery
	movement Movement
	party    Order
	used     []int64
	wastage  Wastage
}

// NewBranch returns a branch that never opened. Its number spreads the deliveries of a world's branches over the week.
func NewBranch(world *World, profile *Profile, number int, sink Sink) *Branch {
	items := len(world.catalogue.Items)
	return &Branch{
		number: number, profile: profile, shelves: make([]shelf, items), sink: sink, used: make([]int64, items), world: world,
	}
}

// Day takes the branch through its next date with so many orders. What would happen after now doesn't: those who are at
// table then have open orders. followed tells that the day after will be simulated too.
func (b *Branch) Day(date civil.Date, orders int64, now time.Time, followed bool) {
	b.begin(date, now, followed)
	morning := b.midnight.Add(deliveredAt)
	if morning.After(now) {
		if b.figures != (daysales.Figures{}) {
			b.report()
		}
		return
	}
	if !b.stocked {
		b.stockUp(morning.Add(-time.Hour))
	}
	b.discardExpired(morning.Add(-time.Minute))
	b.deliver(morning)
	b.serve(orders)
	b.wasteUntil(now)
	b.endDay(earlier(b.closing.Add(-time.Second), now))
	b.report()
}

// Finish hands out the batches that are left. The branch is done then.
func (b *Branch) Finish() {
	for item := range b.shelves {
		s := &b.shelves[item]
		for i := range s.open {
			b.sink.Batch(&s.open[i])
		}
		*s = shelf{}
	}
}

func (b *Branch) begin(date civil.Date, now time.Time, followed bool) {
	from, to := civil.Span(date, b.profile.Location, b.profile.CutoffMinutes)
	b.closing, b.date, b.followed, b.now = to, date, followed, now
	b.midnight = from.Add(-time.Duration(b.profile.CutoffMinutes) * time.Minute)
	b.figures, b.carried = b.carried, daysales.Figures{}
	b.random = b.world.random(b.profile.ID, date, dayStream)
	b.salesID = fmt.Sprintf("SALES_%04d%02d%02d", date.Year, date.Month, date.Day)
	b.minted, b.wasteDone = 0, 0
	for item := range b.shelves {
		b.shelves[item].used = 0
	}
}

// serve takes the day's orders in the order in which guests leave.
func (b *Branch) serve(orders int64) {
	hours, phase := shapeOf(b.date.Weekday()), b.random.Int64N(1_000)
	for slot := range slotsPerDay {
		count := hours.count(orders, slot, phase)
		start := b.midnight.Add(openingHour*time.Hour + time.Duration(slot)*slotDuration)
		daypart := catalog.DaypartOf(openingHour + slot/slotsPerHour)
		for i := range count {
			share := (i*1_000 + b.random.Int64N(1_000)) * int64(slotDuration/time.Millisecond) / (count * 1_000)
			leaving := start.Add(time.Duration(share) * time.Millisecond)
			if leaving.After(b.now.Add(longestStay)) {
				return
			}
			b.wasteUntil(earlier(leaving, b.now))
			b.guests(leaving, daypart, busy(slot))
		}
	}
}

// busy tells the slots in which kitchens fall behind.
func busy(slot int) bool {
	hour := openingHour + slot/slotsPerHour
	return hour == 12 || hour == 13 || hour == 19 || hour == 20
}

func (b *Branch) wasteUntil(at time.Time) {
	for b.wasteDone < len(wasteTimes) && !b.midnight.Add(wasteTimes[b.wasteDone]).After(at) {
		b.waste(b.midnight.Add(wasteTimes[b.wasteDone]))
		b.wasteDone++
	}
}

// report hands the day's figures out.
func (b *Branch) report() {
	for item := range b.shelves {
		b.used[item] = b.shelves[item].used
	}
	b.day = Day{Figures: b.figures, Date: b.date, Used: b.used}
	b.sink.Day(&b.day)
}

func (b *Branch) chance(permille int) bool { return b.random.IntN(1_000) < permille }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
