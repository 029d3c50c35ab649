package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

const (
	// lostAfter is how long after its attempt began a job is surely lost. It is more than any timeout.
	lostAfter = 30 * time.Minute
	// rescueAfter is how long after its attempt began a job or task is taken over from a node that died, if its kind's own timeout
	// has passed too.
	rescueAfter = time.Minute
	// fetchCooldown is the least time between two looks at a queue; each takes as many jobs as there are free workers.
	fetchCooldown = 20 * time.Millisecond
	// scheduleInterval is how often the schedule is looked at.
	scheduleInterval = 5 * time.Minute
	// startInterval is how long to wait for a database that is away.
	startInterval = time.Second
	// stopGrace is how long running jobs may go on when the process ends.
	stopGrace = 5 * time.Second
)

// Invalidator makes reports unusable for an organisation.
type Invalidator interface {
	Invalidate(ctx context.Context, orgID string, busted []cache.Report) error
}

// Dependencies are what workers are built from.
type Dependencies struct {
	Clock       clock.Clock
	DB          *postgres.DB
	Definitions []Definition
	Invalidator Invalidator
	Log         zerolog.Logger
	// Max is how many jobs this node does at a time; 0: none.
	Max        int
	Registerer prometheus.Registerer
	Runner     *Runner
	Tasks      []Task
}

// Workers do queued jobs on this node, and look after the schedule on one of all nodes.
type Workers struct {
	Dependencies
	metrics metrics
	river   *river.Client[pgx.Tx]
	store   store

	// begun is closed when Start has done its part; working says then whether River works.
	begun   chan struct{}
	stop    context.CancelFunc
	working bool
}

// NewWorkers returns workers that are at rest until [Workers.Start].
func NewWorkers(d Dependencies) (*Workers, error) {
	w := &Workers{Dependencies: d, begun: make(chan struct{}), metrics: newMetrics(d.Registerer), store: newStore()}
	kinds := river.NewWorkers()
	known := map[string]bool{}
	for _, definition := range d.Definitions {
		if known[definition.Kind] || definition.Timeout >= lostAfter {
			return nil, fmt.Errorf("job %s is defined twice or takes longer than %s", definition.Kind, lostAfter)
		}
		known[definition.Kind] = true
		river.AddWorkerArgs(kinds, pointer{kind: definition.Kind}, &worker{definition: definition, workers: w})
	}
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: max(d.Max, 1)}}
	for _, task := range d.Tasks {
		if known[task.Kind] {
			return nil, fmt.Errorf("task %s is defined twice", task.Kind)
		}
		known[task.Kind] = true
		queues[task.Kind] = river.QueueConfig{MaxWorkers: task.Workers}
		river.AddWorkerArgs(kinds, taskArgs{kind: task.Kind}, &taskWorker{task: task, workers: w})
	}
	river.AddWorker(kinds, &scheduler{workers: w})
	config := &river.Config{
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    time.Second,
		JobTimeout:           rescueAfter / 2, // of what names none
		Logger:               slog.New(zerolog.NewSlogHandler(d.Log.Level(zerolog.ErrorLevel))),
		Queues:               queues,
		RescueStuckJobsAfter: rescueAfter,
		Schema:               schema.Jobs,
		Workers:              kinds,
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(
			river.PeriodicInterval(scheduleInterval),
			func() (river.JobArgs, *river.InsertOpts) {
				return scheduleArgs{}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: scheduleInterval}}
			},
			&river.PeriodicJobOpts{RunOnStart: true},
		)},
	}
	client, err := river.NewClient(riverpgxv5.New(d.DB.Pool), config)
	if err != nil {
		return nil, fmt.Errorf("build job workers: %w", err)
	}
	w.river = client
	return w, nil
}

// Start begins to work in the background, until [Workers.Stop]. It doesn't wait for the database: while that is away, it
// tries again.
func (w *Workers) Start(ctx context.Context) error {
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(w.begun)
		for w.Max > 0 && ctx.Err() == nil {
			err := w.river.Start(context.WithoutCancel(ctx))
			if err == nil {
				w.working = true
				return
			}
			w.Log.Warn().Err(err).Msg("start job workers")
			pause(ctx, startInterval)
		}
	}()
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Stop lets jobs finish for a moment and then ends them: another node, or this one later, begins them again.
func (w *Workers) Stop(ctx context.Context) error {
	w.stop()
	<-w.begun
	if !w.working {
		return nil
	}
	graceful, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	if err := w.river.Stop(graceful); err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return w.river.StopAndCancel(ctx)
}
