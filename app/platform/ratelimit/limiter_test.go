package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

// bare is for calls on which nothing waits but the test.
var bare = context.Background()

var somebody = OfCaller(Plan, caller.Caller{Kind: caller.KindUser, OrgID: "ORG_1", UserID: "usr_1"})

// line is the way to Valkey, which a test can cut.
type line struct {
	Connector

	asked atomic.Int64
	cut   atomic.Bool
}

// Client implements [Connector].
func (l *line) Client() (valkey.Client, error) {
	l.asked.Add(1)
	if l.cut.Load() {
		return nil, errors.New("connection refused")
	}
	return l.Connector.Client()
}

// node is one process.
type node struct {
	*Limiter

	line *line
}

// cluster starts limiters that share keys.
func cluster(t *testing.T, size int, now clock.Clock) []*node {
	t.Helper()
	connection, prefix := dbtest.Valkey(t)
	nodes := make([]*node, size)
	for i := range nodes {
		way := &line{Connector: connection}
		l := New(prefix, Limits{Address: 100, Enterprise: 240, Free: 10, Ingest: 120, Pro: 60}, way, now,
			NewMetrics(prometheus.NewRegistry()), zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel))
		l.Start(t.Context())
		t.Cleanup(l.Stop)
		nodes[i] = &node{Limiter: l, line: way}
	}
	return nodes
}

func (n *node) decisions(b Budget, outcome string, s Source) float64 {
	return testutil.ToFloat64(n.metrics.decisions.WithLabelValues(string(b), outcome, string(s)))
}

func TestNodesAdmitTheLimitTogether(t *testing.T) {
	t.Parallel()
	const limit = 60
	nodes := cluster(t, 3, clock.System)
	var admitted, refused atomic.Int64
	var running sync.WaitGroup
	for i := range 30 {
		running.Go(func() {
			for range 10 {
				d := nodes[i%len(nodes)].Allow(bare, somebody, limit)
				if d.Admitted {
					admitted.Add(1)
				} else if d.Remaining == 0 && d.Frees > 0 && d.Frees <= window {
					refused.Add(1)
				}
			}
		})
	}
	running.Wait()
	require.EqualValues(t, limit, admitted.Load())
	require.EqualValues(t, 300-limit, refused.Load())
}

func TestARefusalIsRememberedWithoutAsking(t *testing.T) {
	t.Parallel()
	n := cluster(t, 1, clock.System)[0]
	for range 3 {
		require.True(t, n.Allow(bare, somebody, 3).Admitted)
	}
	first := n.Allow(bare, somebody, 3)
	require.False(t, first.Admitted)
	require.Equal(t, SourceValkey, first.Source)
	asked := n.line.asked.Load()
	for range 20 {
		d := n.Allow(bare, somebody, 3)
		require.False(t, d.Admitted)
		require.Equal(t, SourceMemory, d.Source)
		require.LessOrEqual(t, d.Frees, first.Frees+time.Second)
	}
	require.LessOrEqual(t, n.line.asked.Load(), asked+1, "one heartbeat at most")
	require.InDelta(t, 20, n.decisions(Plan, outcomeRefused, SourceMemory), 0)

	raised := n.Allow(bare, somebody, 4)
	require.True(t, raised.Admitted, "another limit voids the memory")
	require.Zero(t, raised.Remaining)
	require.False(t, n.Allow(bare, somebody, 2).Admitted)
}

func TestBudgetsAndSubjectsAreApart(t *testing.T) {
	t.Parallel()
	n := cluster(t, 1, clock.System)[0]
	user := caller.Caller{Kind: caller.KindUser, OrgID: "ORG_1", UserID: "one"}
	key := caller.Caller{Kind: caller.KindAPIKey, APIKeyID: "one", OrgID: "ORG_1"}
	other := caller.Caller{Kind: caller.KindUser, OrgID: "ORG_2", UserID: "one"}
	for _, s := range []Subject{
		OfCaller(Plan, user), OfCaller(Plan, key), OfCaller(Plan, other), OfCaller(Ingest, user), OfCaller(Ingest, key),
		OfAddress("192.0.2.1"), OfAddress("192.0.2.2"), OfAddress("2001:db8::1"), OfAddress("2001:db8:0:1::1"),
	} {
		require.True(t, n.Allow(bare, s, 1).Admitted, s)
		require.False(t, n.Allow(bare, s, 1).Admitted, s)
	}
	require.False(t, n.Allow(bare, OfAddress("2001:db8::2"), 1).Admitted, "one network is one address")
	require.False(t, n.Allow(bare, OfAddress("::ffff:192.0.2.1"), 1).Admitted)
}

func TestLimitsGoByPlan(t *testing.T) {
	t.Parallel()
	limits := Limits{Address: 1, Enterprise: 2, Free: 3, Ingest: 4, Pro: 5}
	for plan, want := range map[string]int{"ENT": 2, "FREE": 3, "": 3, "GOLD": 3, "PRO": 5} {
		require.Equal(t, want, limits.Of(Plan, caller.Caller{Plan: plan}), plan)
		require.Equal(t, 4, limits.Of(Ingest, caller.Caller{Plan: plan}))
		require.Equal(t, 1, limits.Of(Address, caller.Caller{Plan: plan}))
	}
}

func TestWithoutValkey(t *testing.T) {
	t.Parallel()

	t.Run("NodesShareTheLimit", func(t *testing.T) {
		t.Parallel()
		nodes := cluster(t, 3, clock.System)
		for _, n := range nodes {
			n.look(bare) // now each knows of all
			n.line.cut.Store(true)
		}
		const limit = 20
		var admitted int
		for _, n := range nodes {
			require.Zero(t, testutil.ToFloat64(n.metrics.fallback))
			for range limit {
				if n.Allow(bare, somebody, limit).Admitted {
					admitted++
				}
			}
			require.InDelta(t, 1, testutil.ToFloat64(n.metrics.fallback), 0)
		}
		require.Equal(t, limit, admitted)
	})

	t.Run("WhatANodeAdmittedBeforeCounts", func(t *testing.T) {
		t.Parallel()
		n := cluster(t, 1, clock.System)[0]
		for range 6 {
			require.True(t, n.Allow(bare, somebody, 10).Admitted)
		}
		n.line.cut.Store(true)
		for range 4 {
			require.True(t, n.Allow(bare, somebody, 10).Admitted)
		}
		d := n.Allow(bare, somebody, 10)
		require.False(t, d.Admitted)
		require.Equal(t, SourceFallback, d.Source)
	})

	t.Run("ItIsAskedOnce", func(t *testing.T) {
		t.Parallel()
		n := cluster(t, 1, clock.System)[0]
		n.line.cut.Store(true)
		require.True(t, n.Allow(bare, somebody, 1_000).Admitted)
		asked := n.line.asked.Load()
		start := time.Now()
		for range 900 {
			require.True(t, n.Allow(bare, somebody, 1_000).Admitted)
		}
		require.LessOrEqual(t, n.line.asked.Load()-asked, int64(time.Since(start)/probeInterval)+2, "only the watch asks")
	})

	t.Run("ItComesBack", func(t *testing.T) {
		t.Parallel()
		n := cluster(t, 1, clock.System)[0]
		n.line.cut.Store(true)
		require.True(t, n.Allow(bare, somebody, 1).Admitted)
		require.False(t, n.Allow(bare, somebody, 1).Admitted)
		n.line.cut.Store(false)
		require.Eventually(t, func() bool { return testutil.ToFloat64(n.metrics.fallback) == 0 }, 5*time.Second, 10*time.Millisecond)
		d := n.Allow(bare, somebody, 1)
		require.Equal(t, SourceValkey, d.Source)
	})

	t.Run("TheWorkedExampleHoldsByTheNodesOwnClock", func(t *testing.T) {
		t.Parallel()
		at := clock.NewManual(nine)
		l := New("none", Limits{}, &line{}, at.Now, NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
		for second := range 10 {
			at.Set(nine.Add(time.Duration(second) * time.Second))
			require.True(t, l.Allow(bare, somebody, 10).Admitted)
		}
		at.Set(nine.Add(30 * time.Second))
		for range 2 {
			d := l.Allow(bare, somebody, 10)
			require.False(t, d.Admitted)
			require.Equal(t, 30*time.Second, d.Frees)
		}
		at.Set(nine.Add(window))
		require.True(t, l.Allow(bare, somebody, 10).Admitted)
		require.False(t, l.Allow(bare, somebody, 10).Admitted)
	})
}

func TestAQuestionIsDecidedMeanwhile(t *testing.T) {
	t.Parallel()
	n := cluster(t, 1, clock.System)[0]
	q := n.Begin(bare, somebody, 1, func() { t.Error("it is admitted") })
	require.True(t, q.Wait().Admitted)
	told := make(chan struct{})
	q = n.Begin(bare, somebody, 1, func() { close(told) })
	_, ok := q.Decided()
	require.False(t, ok)
	<-told
	require.False(t, q.Wait().Admitted)
	d, ok := n.Begin(bare, somebody, 1, nil).Decided()
	require.True(t, ok, "it is remembered")
	require.False(t, d.Admitted)
	d, ok = n.Refused(somebody, 1)
	require.True(t, ok)
	require.Equal(t, SourceMemory, d.Source)
	_, ok = n.Refused(somebody, 2)
	require.False(t, ok)
}

func TestADecisionDoesNotEndWithItsCall(t *testing.T) {
	t.Parallel()
	n := cluster(t, 1, clock.System)[0]
	ended, end := context.WithCancel(bare)
	end()
	require.Equal(t, SourceValkey, n.Allow(ended, somebody, 1).Source, "who hangs up takes nothing out of use")
	require.Zero(t, testutil.ToFloat64(n.metrics.fallback))
}

// slow answers when it is told to.
type slow struct {
	Connector

	arrived, answer chan struct{}
}

// Client implements [Connector].
func (s slow) Client() (valkey.Client, error) {
	s.arrived <- struct{}{}
	<-s.answer
	return s.Connector.Client()
}

func startSlow(t *testing.T) (*Limiter, slow) {
	t.Helper()
	connection, prefix := dbtest.Valkey(t)
	way := slow{Connector: connection, arrived: make(chan struct{}), answer: make(chan struct{})}
	l := New(prefix, Limits{}, way, clock.System, NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
	l.away.Store(false)
	return l, way
}

func TestCallsThatComeTogetherAskTogether(t *testing.T) {
	t.Parallel()
	l, way := startSlow(t)
	first := l.Begin(bare, somebody, 5, nil)
	<-way.arrived // the first round is under way
	var told atomic.Int64
	var waiting []*Question
	for range 7 {
		waiting = append(waiting, l.Begin(bare, somebody, 5, func() { told.Add(1) }))
	}
	close(way.answer)
	<-way.arrived
	require.Equal(t, 4, first.Wait().Remaining)
	for i, remaining := range []int{3, 2, 1, 0, 0, 0, 0} {
		d := waiting[i].Wait()
		require.Equal(t, i < 4, d.Admitted)
		require.Equal(t, remaining, d.Remaining, "each is told what was left after it")
	}
	require.Eventually(t, func() bool { return told.Load() == 3 }, 5*time.Second, time.Millisecond)
	select {
	case <-way.arrived:
		t.Fatal("two round trips are enough for eight calls")
	default:
	}
}

func TestACallByAnotherLimitAsksAlone(t *testing.T) {
	t.Parallel()
	l, way := startSlow(t)
	first := l.Begin(bare, somebody, 1, nil)
	<-way.arrived
	second := l.Begin(bare, somebody, 1, nil)
	other := l.Begin(bare, somebody, 3, nil) // the plan has changed
	<-way.arrived
	close(way.answer)
	require.Equal(t, 3, other.Wait().Limit)
	require.True(t, other.Wait().Admitted)
	<-way.arrived
	require.Equal(t, 1, first.Wait().Limit)
	require.False(t, second.Wait().Admitted)
}

func TestWhatADecisionTells(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	Decision{Admitted: true, Budget: Plan, Frees: 16_000_001 * time.Microsecond, Limit: 240, Remaining: 123}.SetHeaders(header)
	require.Equal(t, http.Header{"Ratelimit-Policy": {`"minute";q=240;w=60`}, "Ratelimit": {`"minute";r=123;t=17`}}, header)
	for budget, c := range map[Budget]struct{ plan, says string }{
		Plan:    {"PRO", "over the limit of 60 calls a minute of plan PRO"},
		Ingest:  {"PRO", "over the limit of 60 batches of orders a minute"},
		Address: {"", "over the limit of 60 calls a minute without valid credentials from one address"},
	} {
		refusal := Decision{Budget: budget, Frees: time.Second, Limit: 60}.Refusal(c.plan)
		require.Equal(t, c.says, refusal.Message)
		require.Equal(t, fault.KindResourceExhausted, refusal.Kind)
		require.Equal(t, Reason, refusal.Reason)
		require.Equal(t, time.Second, refusal.RetryAfter)
		require.Equal(t, c.plan, refusal.Metadata["plan"])
	}
}
