package bench_test

import (
	"testing"
	"time"
)

// rounds is how often two sides take turns, so that a noisy neighbour meets both.
const rounds = 32

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
		for range rounds {
			ours += product(b, each)
			theirs += baseline(b, each)
		}
		calls := float64(rounds * each)
		b.ReportMetric(calls/ours.Seconds(), "product_calls/s")
		b.ReportMetric(calls/theirs.Seconds(), "baseline_calls/s")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
		b.ReportMetric(0, "ns/op") // two sides in turn
	})
}
