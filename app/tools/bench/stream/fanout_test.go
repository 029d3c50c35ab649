package stream

import (
	"flag"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

var (
	organisations = flag.Int("organisations", 100, "organisations that are watched")
	subscribers   = flag.Int("watchers", 10_000, "streams that are open, spread over the organisations")
	turns         = flag.Int("turns", 5, "how often the servers of BenchmarkFanOut take turns; an odd number")
	turnTime      = flag.Duration("turn", 2*time.Second, "how long a turn takes")
)

// fanOut is one server with its watchers.
type fanOut struct {
	*server

	target             func(i int) string
	began              time.Time
	done               chan struct{}
	remaining, revenue atomic.Int64
	took               latencies

	residentBefore int64
	// By turn.
	framesPerProcessor, framesPerSecond, residentPerWatcher []float64
}

// BenchmarkFanOut publishes to all watchers of three servers.
func BenchmarkFanOut(b *testing.B) {
	databaseURL := dbtest.URL(b)
	found(b, dbtest.Open(b, databaseURL))
	plain := func(prefix string) func(*testing.B, *server) func(int) string {
		return func(*testing.B, *server) func(int) string {
			return func(i int) string { return prefix + orgID(i%*organisations) + " HTTP/1.1" }
		}
	}
	targets := map[string]func(*testing.B, *server) func(int) string{
		"bare":    plain("/?orgId="),
		"mercure": plain("/.well-known/mercure?topic="),
		"chefcloud": func(b *testing.B, s *server) func(int) string {
			tokens := signIn(b, s)
			return func(i int) string { return targetOf(i%len(tokens), tokens[i%len(tokens)]) }
		},
	}
	names := []string{"bare", "mercure", "chefcloud"}
	sides := make(map[string]*fanOut)
	for _, name := range names {
		f := &fanOut{server: start(b, name, environment(b, databaseURL)...), done: make(chan struct{}, 1)}
		f.target = targets[name](b, f.server)
		f.residentBefore = f.resident(b)
		sides[name] = f
	}
	for range *turns {
		for _, name := range names {
			sides[name].turn(b)
		}
	}
	for _, name := range names {
		f := sides[name]
		ms, _ := f.took.quantiles(0.5, 0.99)
		b.ReportMetric(median(f.framesPerSecond), name+"_frames/s")
		b.ReportMetric(1e6/median(f.framesPerProcessor), name+"_cpu-µs/frame")
		b.ReportMetric(ms[0], name+"_p50-ms")
		b.ReportMetric(ms[1], name+"_p99-ms")
		b.ReportMetric(median(f.residentPerWatcher)/1024, name+"_KiB/watcher")
		f.requireNoGoroutines(b)
	}
	for _, rival := range []string{"bare", "mercure"} {
		ratios := make([]float64, *turns)
		for i := range ratios {
			ratios[i] = sides["chefcloud"].framesPerProcessor[i] / sides[rival].framesPerProcessor[i]
		}
		b.ReportMetric(median(ratios), rival+"_ratio")
	}
	b.ReportMetric(0, "ns/op")
}

// heard is told of each event.
func (f *fanOut) heard(_ int, revenue int64) {
	if revenue != f.revenue.Load() || f.remaining.Load() <= 0 {
		return // the first event of a stream, which isn't a round's
	}
	f.took.add(time.Since(f.began), 1)
	if f.remaining.Add(-1) == 0 {
		f.done <- struct{}{}
	}
}

// round publishes once and waits until all watchers have it.
func (f *fanOut) round(b *testing.B) {
	b.Helper()
	f.began = time.Now()
	revenue := f.revenue.Add(1)
	f.remaining.Store(int64(*subscribers))
	f.publish(b, revenue)
	select {
	case <-f.done:
	case <-time.After(time.Minute):
		b.Fatalf("%d watchers didn't get event %d", f.remaining.Load(), revenue)
	}
}

// turn opens the streams and does rounds for a while.
func (f *fanOut) turn(b *testing.B) {
	b.Helper()
	f.remaining.Store(0) // the first events of a stream aren't a round's
	all := watch(b, f.server, *subscribers, f.target, "revenue", f.heard)
	f.round(b) // all are there
	start, processor, rounds := time.Now(), f.processorTime(b), 0
	for ; time.Since(start) < *turnTime; rounds++ {
		f.round(b)
	}
	frames := float64(rounds * *subscribers)
	f.framesPerSecond = append(f.framesPerSecond, frames/time.Since(start).Seconds())
	f.framesPerProcessor = append(f.framesPerProcessor, frames/(f.processorTime(b)-processor).Seconds())
	f.residentPerWatcher = append(f.residentPerWatcher, float64(f.resident(b)-f.residentBefore)/float64(*subscribers))
	require.Zero(b, all.ended.Load(), "no stream may end by itself")
	require.NotZero(b, f.goroutines(b))
	all.hangUp()
}
