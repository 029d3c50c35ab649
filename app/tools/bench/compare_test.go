package bench_test

import (
	"slices"
	"testing"
	"time"
)

// rounds is how often two sides take turns. The median round counts, so that what else the machine does in some of them doesn't.
const rounds = 15

// side does n calls and returns how long they took, without what it had to prepare.
type side func(b *testing.B, n int) time.Duration

// compare times the product and its baseline, each alone and then in turn.
func compare(b *testing.B, product, baseline side) {
	b.Helper()
	alone := func(s side) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			took := s(b, b.N)
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
			b.ReportMetric(float64(b.N)/took.Seconds(), "calls/s")
		}
	}
	b.Run("product", alone(product))
	b.Run("baseline", alone(baseline))
	b.Run("ratio", func(b *testing.B) {
		each := max(b.N/rounds, 1)
		var ours, theirs time.Duration
		ratios := make([]float64, rounds)
		for i := range ratios {
			p, q := product(b, each), baseline(b, each)
			ours, theirs = ours+p, theirs+q
			ratios[i] = q.Seconds() / p.Seconds()
		}
		slices.Sort(ratios)
		calls := float64(rounds * each)
		b.ReportMetric(calls/ours.Seconds(), "product_calls/s")
		b.ReportMetric(calls/theirs.Seconds(), "baseline_calls/s")
		b.ReportMetric(ratios[rounds/2], "ratio")
		b.ReportMetric(0, "ns/op") // two sides in turn
	})
}
