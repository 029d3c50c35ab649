package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

const (
	// progressInterval is how often progress is written at most.
	progressInterval = 500 * time.Millisecond
	// internalProblem is what users read of a failure that is none of theirs; the log has the rest.
	internalProblem = "internal error"
)

// worker does the jobs of one kind.
type worker struct {
	river.WorkerDefaults[pointer]

	definition Definition
	workers    *Workers
}

// Timeout implements [river.Worker].
func (w *worker) Timeout(*river.Job[pointer]) time.Duration { return w.definition.Timeout }

// Work implements [river.Worker].
func (w *worker) Work(ctx context.Context, queued *river.Job[pointer]) error {
	all := w.workers
	log := all.Log.With().Str("job_id", queued.Args.JobID).Str("kind", w.definition.Kind).Str("org_id", queued.Args.OrgID).Logger()
	ctx = log.WithContext(caller.With(ctx, caller.Caller{Kind: caller.KindJob, OrgID: queued.Args.OrgID, UserID: queued.Args.JobID}))
	began := all.Clock()
	job, ok, err := all.store.begin(ctx, all.DB, queued.Args, int32(queued.Attempt), began)
	if err != nil || !ok {
		return err
	}
	summary, err := w.do(ctx, job)
	// What happened is written down even if the attempt ran out of time or the process is ending.
	ctx = context.WithoutCancel(ctx)
	// Also what failed may have changed something before.
	if failure := all.Invalidator.Invalidate(ctx, job.OrgID, w.definition.Busts); err == nil {
		err = failure
	}
	all.metrics.worked(w.definition.Kind, err, all.Clock().Sub(began))
	if err == nil {
		log.Info().RawJSON("summary", summary).Dur("took", all.Clock().Sub(began)).Msg("job done")
		_, err = all.store.finish(ctx, all.DB, job.OrgID, job.ID, StatusSucceeded, summary, "", all.Clock())
		return err
	}
	return w.failed(ctx, job, err, queued.Attempt >= queued.MaxAttempts)
}

// do calls the work. A panic is an error like any other.
func (w *worker) do(ctx context.Context, job Job) (summary json.RawMessage, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v\n%s", problem, debug.Stack())
		}
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	result, err := w.definition.work(ctx, job.OrgID, job.Args, w.progress(ctx, job, cancel))
	if err != nil {
		if errors.Is(context.Cause(ctx), errCancelled) {
			return nil, errCancelled
		}
		return nil, err
	}
	return json.Marshal(result)
}

// errCancelled ends a job that a user cancelled.
var errCancelled = fault.FailedPrecondition("JOB_CANCELLED", "the job was cancelled")

// progress writes progress down now and then, and at the last step. It ends the attempt if the job was cancelled.
func (w *worker) progress(ctx context.Context, job Job, cancel context.CancelCauseFunc) Progress {
	var mu sync.Mutex
	var last time.Time
	return func(done, total int) {
		mu.Lock()
		defer mu.Unlock()
		now := w.workers.Clock()
		if now.Sub(last) < progressInterval && done < total {
			return
		}
		last = now
		running, err := w.workers.store.setProgress(ctx, w.workers.DB, job, done, total)
		if err != nil {
			zerolog.Ctx(ctx).Warn().Err(err).Msg("write progress")
		} else if !running {
			cancel(errCancelled)
		}
	}
}

// failed writes a failed attempt down and says to River whether there will be another.
func (w *worker) failed(ctx context.Context, job Job, failure error, last bool) error {
	problem, final := internalProblem, last
	var known *fault.Error
	if errors.As(failure, &known) && known.Kind != fault.KindInternal {
		problem = known.Message
		final = final || (known.Kind != fault.KindUnavailable && known.Kind != fault.KindAborted)
	}
	if errors.Is(failure, errCancelled) {
		return river.JobCancel(failure)
	}
	zerolog.Ctx(ctx).Error().Err(failure).Bool("final", final).Msg("job failed")
	if !final {
		return errors.Join(failure, w.workers.store.requeue(ctx, w.workers.DB, job, problem))
	}
	if _, err := w.workers.store.finish(ctx, w.workers.DB, job.OrgID, job.ID, StatusFailed, nil, problem, w.workers.Clock()); err != nil {
		return err
	}
	return river.JobCancel(failure)
}
