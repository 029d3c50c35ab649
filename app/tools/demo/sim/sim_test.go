package sim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

// recorder keeps all that happens.
type recorder struct {
	batches    []sim.Batch
	days       []sim.Day
	deliveries []sim.Delivery
	movements  []sim.Movement
	orders     []sim.Order
	wastage    []sim.Wastage
}

func (r *recorder) Batch(b *sim.Batch)       { r.batches = append(r.batches, *b) }
func (r *recorder) Movement(m *sim.Movement) { r.movements = append(r.movements, *m) }
func (r *recorder) Wastage(w *sim.Wastage)   { r.wastage = append(r.wastage, *w) }

func (r *recorder) Day(d *sim.Day) {
	day := *d
	day.Used = slices.Clone(d.Used)
	r.days = append(r.days, day)
}

func (r *recorder) Delivery(d *sim.Delivery) {
	delivery := *d
	delivery.Lines = slices.Clone(d.Lines)
	r.deliveries = append(r.deliveries, delivery)
}

func (r *recorder) Order(o *sim.Order) {
	order := *o
	order.Adjustments, order.Lines, order.Tickets = slices.Clone(o.Adjustments), slices.Clone(o.Lines), slices.Clone(o.Tickets)
	r.orders = append(r.orders, order)
}

const fourOClock = 4 * 60

// run describes a simulation of one branch; what is zero is ordinary.
type run struct {
	from  civil.Date
	days  int
	now   time.Time
	seed  uint64
	world sim.Options
	zone  string
}

var opened = civil.NewDate(2020, time.January, 1)

func profile(t *testing.T, zone string) *sim.Profile {
	location, err := time.LoadLocation(zone)
	require.NoError(t, err)
	return &sim.Profile{
		CostPermille: 1_000, CutoffMinutes: fourOClock, DailyOrders: 60, GrowthPermille: 50, ID: "BR_1", LatePermille: 100,
		Location: location, OpenedOn: opened, ServiceTarget: 15 * time.Minute, WastePermille: 40,
	}
}

// simulate returns what happened, and the catalogue.
func simulate(t *testing.T, r run) (*recorder, catalog.Catalogue) {
	t.Helper()
	if r.now.IsZero() {
		r.now = time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	if r.zone == "" {
		r.zone = "Africa/Kampala"
	}
	r.world.Seed, r.world.TicketPermille, r.world.WastePermille = r.seed, 900, 1_000
	goods := catalog.Staging()
	world, p, seen := sim.NewWorld(goods, r.world), profile(t, r.zone), &recorder{}
	b := sim.NewBranch(world, p, 3, seen)
	for i := range r.days {
		date := r.from.AddDays(i)
		b.Day(date, (world.Weight(p, date)+500)/1_000, r.now, i+1 < r.days)
	}
	b.Finish()
	return seen, goods
}

func TestDay(t *testing.T) {
	t.Parallel()
	from := civil.NewDate(2024, time.October, 20)
	month, goods := simulate(t, run{from: from, days: 30, seed: 1})

	t.Run("HasTheOrdersThatWereAskedFor", func(t *testing.T) {
		t.Parallel()
		p, world := profile(t, "Africa/Kampala"), sim.NewWorld(goods, sim.Options{Seed: 1})
		want := int64(0)
		for i := range 30 {
			want += (world.Weight(p, from.AddDays(i)) + 500) / 1_000
		}
		require.Len(t, month.orders, int(want))
	})

	t.Run("CountsWhatItSums", func(t *testing.T) {
		t.Parallel()
		want := map[civil.Date]daysales.Figures{}
		add := func(date civil.Date, f daysales.Figures) { want[date] = want[date].Plus(f) }
		for _, o := range month.orders {
			if o.Status == "VOIDED" {
				add(o.BusinessDate, daysales.Figures{Voids: 1, VoidsValue: o.Gross})
				continue
			}
			f := daysales.Figures{COGS: o.COGS, Comps: o.Comp, Covers: int64(o.Covers), Discounts: o.Discount, Gross: o.Gross, Orders: 1, Tax: o.Tax}
			for _, ticket := range o.Tickets {
				f.Tickets++
				if ticket.ReadyAt.Sub(ticket.SentAt) <= 15*time.Minute {
					f.TicketsOnTime++
				}
			}
			add(o.BusinessDate, f)
			for _, a := range o.Adjustments {
				if a.Kind == "REFUND" {
					add(a.BusinessDate, daysales.Figures{Refunds: a.Amount, Tax: -a.Tax})
				}
			}
		}
		for _, w := range month.wastage {
			add(w.BusinessDate, daysales.Figures{WasteCost: w.Cost})
		}
		for _, d := range month.deliveries {
			add(d.BusinessDate, daysales.Figures{Purchases: d.Cost})
		}
		require.Len(t, month.days, 30)
		for _, day := range month.days {
			require.Equal(t, want[day.Date], day.Figures, day.Date.String())
		}
	})

	t.Run("LooksLikeARestaurant", func(t *testing.T) {
		t.Parallel()
		var sum daysales.Figures
		weekday := map[time.Weekday]int64{}
		for _, day := range month.days {
			sum = sum.Plus(day.Figures)
			weekday[day.Date.Weekday()] += day.Net()
		}
		require.Greater(t, weekday[time.Saturday], weekday[time.Tuesday]*5/4)
		share := func(part, whole int64) float64 { return float64(part) / float64(whole) }
		require.InDelta(t, 0.29, share(sum.COGS, sum.Net()), 0.04, "food cost")
		require.InDelta(t, 0.86, share(sum.TicketsOnTime, sum.Tickets), 0.08, "service level")
		require.InDelta(t, 0.014, share(sum.WasteCost, sum.Net()), 0.012, "waste")
		require.InDelta(t, 0.015, share(sum.Voids, sum.Orders), 0.012, "voids")
		require.InDelta(t, 1, share(sum.Purchases, sum.COGS+sum.WasteCost), 0.25, "purchases")
		for name, amount := range map[string]int64{"comps": sum.Comps, "discounts": sum.Discounts, "refunds": sum.Refunds} {
			require.InDelta(t, 0.01, share(amount, sum.Gross), 0.0099, name)
		}
	})
}

func TestDayIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	from := civil.NewDate(2024, time.November, 1)
	first, _ := simulate(t, run{from: from, days: 6, seed: 7})
	second, _ := simulate(t, run{from: from, days: 6, seed: 7})
	require.Equal(t, first, second)
	other, _ := simulate(t, run{from: from, days: 6, seed: 8})
	require.NotEqual(t, first.orders, other.orders)
}

func TestNowCutsADayShort(t *testing.T) {
	t.Parallel()
	from := civil.NewDate(2024, time.November, 7)
	now := time.Date(2024, time.November, 8, 16, 40, 0, 0, time.UTC)
	whole, _ := simulate(t, run{from: from, days: 2, seed: 5})
	cut, _ := simulate(t, run{from: from, days: 2, seed: 5, now: now})
	require.NotEmpty(t, cut.orders)

	t.Run("LeavesWhatHappenedBeforeAsItWas", func(t *testing.T) {
		t.Parallel()
		var want []sim.Order
		for _, o := range whole.orders {
			if o.ClosedAt.After(now) || o.VoidedAt.After(now) {
				continue
			}
			if o.UpdatedAt.After(now) { // closed before, but paid back after
				o.Adjustments = slices.DeleteFunc(o.Adjustments, func(a sim.Adjustment) bool { return a.Kind == "REFUND" })
				o.Refunded, o.UpdatedAt = 0, o.ClosedAt
			}
			want = append(want, o)
		}
		var got []sim.Order
		for _, o := range cut.orders {
			if o.Status == "CLOSED" || o.Status == "VOIDED" {
				require.False(t, o.UpdatedAt.After(now))
				got = append(got, o)
			}
		}
		require.Equal(t, want, got)
		for _, m := range cut.movements {
			require.False(t, m.OccurredAt.After(now))
		}
	})

	t.Run("LeavesOrdersOpenThatAreAtTable", func(t *testing.T) {
		t.Parallel()
		open := 0
		for _, o := range cut.orders {
			if o.Status == "CLOSED" || o.Status == "VOIDED" {
				continue
			}
			open++
			require.True(t, o.BusinessDate.IsZero())
			require.True(t, o.ClosedAt.IsZero())
			require.Zero(t, o.COGS)
			require.False(t, o.OpenedAt.After(now))
			for _, ticket := range o.Tickets {
				require.False(t, ticket.SentAt.After(now) || ticket.ReadyAt.After(now))
			}
		}
		require.Positive(t, open)
	})

	t.Run("LeavesADayOutThatHasNotBegun", func(t *testing.T) {
		t.Parallel()
		early, _ := simulate(t, run{from: from, days: 1, seed: 5, now: time.Date(2024, time.November, 7, 2, 0, 0, 0, time.UTC)})
		require.Empty(t, early.days)
		require.Empty(t, early.orders)
	})
}

func TestInstantsBelongToTheirBusinessDate(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]civil.Date{
		"clocks go back":    civil.NewDate(2024, time.November, 1),
		"clocks go forward": civil.NewDate(2024, time.March, 8),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen, _ := simulate(t, run{from: from, days: 4, seed: 3, zone: "America/New_York"})
			location := profile(t, "America/New_York").Location
			check := func(at time.Time, date civil.Date) {
				require.Equal(t, date, civil.BusinessDate(at, location, fourOClock), at.String())
			}
			for _, o := range seen.orders {
				if o.Status == "CLOSED" {
					check(o.ClosedAt, o.BusinessDate)
				} else {
					check(o.VoidedAt, o.BusinessDate)
				}
				for _, a := range o.Adjustments {
					if a.Kind == "REFUND" {
						check(a.CreatedAt, a.BusinessDate)
					}
				}
			}
			for _, m := range seen.movements {
				check(m.OccurredAt, m.BusinessDate)
			}
			for _, d := range seen.deliveries {
				check(d.ReceivedAt, d.BusinessDate)
			}
		})
	}
}
