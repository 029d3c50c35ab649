package jobs_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	jobsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/jobs/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/jobs/v1/jobsv1connect"
)

// patience bounds how long a test waits for the queue, far beyond what it takes.
const patience = 30 * time.Second

type args struct {
	Steps int `json:"steps"`
}

type summary struct {
	Steps int `json:"steps"`
}

// testBundle is a queue with one kind of job, `count`, that a test supplies the work of.
type testBundle struct {
	client      jobsv1connect.JobServiceClient
	db          *postgres.DB
	invalidated *invalidations
	owner       caller.Caller
	runner      *jobs.Runner
	server      *rpctest.Server
	workers     *jobs.Workers
}

type invalidations struct {
	mu      sync.Mutex
	reports []cache.Report
}

// Invalidate implements [jobs.Invalidator].
func (i *invalidations) Invalidate(_ context.Context, _ string, busted []cache.Report) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.reports = append(i.reports, busted...)
	return nil
}

func setup(t *testing.T, options jobs.Options, count func(ctx context.Context, orgID string, a args, progress jobs.Progress) (any, error)) *testBundle {
	t.Helper()
	db := dbtest.New(t)
	runner, err := jobs.NewRunner(db, clock.System)
	require.NoError(t, err)
	b := &testBundle{db: db, invalidated: &invalidations{}, owner: factory.Organisation(t, db, factory.OrgOpts{}), runner: runner}
	b.workers, err = jobs.NewWorkers(jobs.Dependencies{
		Clock: clock.System, DB: db, Definitions: []jobs.Definition{jobs.Define("count", count, options)}, Invalidator: b.invalidated,
		Log: zerolog.Nop(), Max: 2, Registerer: prometheus.NewRegistry(), Runner: runner,
	})
	require.NoError(t, err)
	b.server = rpctest.New(t, jobs.Registration(jobs.NewHandler(db, clock.System)))
	b.client = jobsv1connect.NewJobServiceClient(b.server.As(b.owner), b.server.URL)
	return b
}

func (b *testBundle) start(t *testing.T) {
	t.Helper()
	require.NoError(t, b.workers.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, b.workers.Stop(context.Background())) })
}

func (b *testBundle) queue(t *testing.T, key string, steps int) jobs.Job {
	t.Helper()
	var job jobs.Job
	require.NoError(t, b.db.InTx(caller.With(t.Context(), b.owner), func(ctx context.Context, tx postgres.Querier) (err error) {
		job, err = b.runner.Start(ctx, tx, "count", key, args{Steps: steps})
		return err
	}))
	return job
}

// await returns the job once it has the status.
func (b *testBundle) await(t *testing.T, id string, status jobsv1.JobStatus) *jobsv1.Job {
	t.Helper()
	var job *jobsv1.Job
	require.Eventually(t, func() bool {
		resp, err := b.client.GetJob(t.Context(), &jobsv1.GetJobRequest{JobId: id})
		require.NoError(t, err)
		job = resp.GetJob()
		return job.GetStatus() == status
	}, patience, 10*time.Millisecond)
	return job
}

func counted(_ context.Context, _ string, a args, progress jobs.Progress) (any, error) {
	for step := range a.Steps {
		progress(step+1, a.Steps)
	}
	return summary(a), nil
}

func TestJobs(t *testing.T) {
	t.Parallel()

	t.Run("AreDoneWithProgressSummaryAndInvalidation", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{Busts: []cache.Report{cache.Forecast}}, counted)
		b.start(t)
		job := b.await(t, b.queue(t, "", 3).ID, jobsv1.JobStatus_JOB_STATUS_SUCCEEDED)
		require.EqualValues(t, 3, job.GetDone())
		require.EqualValues(t, 3, job.GetTotal())
		require.Equal(t, map[string]any{"steps": 3.0}, job.GetSummary().AsMap())
		require.Equal(t, b.owner.UserID, job.GetRequestedBy())
		require.NotNil(t, job.GetFinishedAt())
		require.Equal(t, []cache.Report{cache.Forecast}, b.invalidated.reports)
	})

	t.Run("AreNotQueuedByATransactionThatRollsBack", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		failure := errors.New("no")
		require.ErrorIs(t, b.db.InTx(caller.With(t.Context(), b.owner), func(ctx context.Context, tx postgres.Querier) error {
			_, err := b.runner.Start(ctx, tx, "count", "", args{})
			require.NoError(t, err)
			return failure
		}), failure)
		listed, err := b.client.ListJobs(t.Context(), &jobsv1.ListJobsRequest{})
		require.NoError(t, err)
		require.Empty(t, listed.GetJobs())
		var queued int
		require.NoError(t, b.db.QueryRow(t.Context(), "SELECT count(*) FROM river.river_job").Scan(&queued))
		require.Zero(t, queued)
	})

	t.Run("WithOneKeyAreDoneOnceHoweverOftenAsked", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		ids := make([]string, 8)
		var all errgroup.Group
		for i := range ids {
			all.Go(func() error {
				return b.db.InTx(caller.With(t.Context(), b.owner), func(ctx context.Context, tx postgres.Querier) error {
					job, err := b.runner.Start(ctx, tx, "count", "2024-11-08", args{Steps: 1})
					ids[i] = job.ID
					return err
				})
			})
		}
		require.NoError(t, all.Wait())
		require.Len(t, slices.Compact(ids), 1)
		require.NotEqual(t, ids[0], b.queue(t, "2024-11-09", 1).ID)
	})

	t.Run("ThatFailAreTriedAgain", func(t *testing.T) {
		t.Parallel()
		var mu sync.Mutex
		attempts := 0
		b := setup(t, jobs.Options{}, func(ctx context.Context, orgID string, a args, progress jobs.Progress) (any, error) {
			mu.Lock()
			attempts++
			first := attempts == 1
			mu.Unlock()
			if first {
				panic("out of luck")
			}
			return counted(ctx, orgID, a, progress)
		})
		b.start(t)
		job := b.await(t, b.queue(t, "", 1).ID, jobsv1.JobStatus_JOB_STATUS_SUCCEEDED)
		require.EqualValues(t, 2, job.GetAttempt())
		require.Empty(t, job.GetError())
	})

	t.Run("ThatCantSucceedFailOnceWithTheReason", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, func(context.Context, string, args, jobs.Progress) (any, error) {
			return nil, fault.FailedPrecondition("NO_SALES", "there are no sales to learn from")
		})
		b.start(t)
		first := b.queue(t, "2024-11-08", 1)
		job := b.await(t, first.ID, jobsv1.JobStatus_JOB_STATUS_FAILED)
		require.EqualValues(t, 1, job.GetAttempt())
		require.Equal(t, "there are no sales to learn from", job.GetError())
		require.NotEqual(t, first.ID, b.queue(t, "2024-11-08", 1).ID, "a failed job gives its key back")
	})

	t.Run("AreCancelledBeforeAndDuringTheirWork", func(t *testing.T) {
		t.Parallel()
		working, ended := make(chan struct{}), make(chan error, 1)
		b := setup(t, jobs.Options{}, func(ctx context.Context, _ string, _ args, progress jobs.Progress) (any, error) {
			close(working)
			for {
				progress(1, 1)
				if ctx.Err() != nil {
					ended <- context.Cause(ctx)
					return nil, ctx.Err()
				}
			}
		})
		waiting := b.queue(t, "", 1)
		resp, err := b.client.CancelJob(t.Context(), &jobsv1.CancelJobRequest{JobId: waiting.ID})
		require.NoError(t, err)
		require.Equal(t, jobsv1.JobStatus_JOB_STATUS_CANCELLED, resp.GetJob().GetStatus())

		b.start(t)
		running := b.queue(t, "", 1)
		<-working
		_, err = b.client.CancelJob(t.Context(), &jobsv1.CancelJobRequest{JobId: running.ID})
		require.NoError(t, err)
		require.ErrorContains(t, <-ended, "cancelled")
		b.await(t, running.ID, jobsv1.JobStatus_JOB_STATUS_CANCELLED)

		_, err = b.client.CancelJob(t.Context(), &jobsv1.CancelJobRequest{JobId: running.ID})
		code, reason, _ := rpctest.Fault(t, err)
		require.Equal(t, connect.CodeFailedPrecondition, code)
		require.Equal(t, "JOB_ENDED", reason)
	})

	t.Run("OfOthersAreNotFound", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		job := b.queue(t, "", 1)
		stranger := factory.Organisation(t, b.db, factory.OrgOpts{})
		client := jobsv1connect.NewJobServiceClient(b.server.As(stranger), b.server.URL)
		_, err := client.GetJob(t.Context(), &jobsv1.GetJobRequest{JobId: job.ID})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
		_, err = client.CancelJob(t.Context(), &jobsv1.CancelJobRequest{JobId: job.ID})
		require.Equal(t, connect.CodeNotFound, connect.CodeOf(err))
	})

	t.Run("MustBeStartedInATransaction", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		_, err := b.runner.Start(caller.With(t.Context(), b.owner), b.db, "count", "", args{})
		require.ErrorContains(t, err, "in a transaction")
	})

	t.Run("AreListedNewestFirstInPages", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		var want, got []string
		for range 5 {
			want = append([]string{b.queue(t, "", 1).ID}, want...)
		}
		for token := ""; ; {
			resp, err := b.client.ListJobs(t.Context(), &jobsv1.ListJobsRequest{Kind: "count", Status: jobsv1.JobStatus_JOB_STATUS_QUEUED, PageSize: 2, PageToken: token})
			require.NoError(t, err)
			for _, job := range resp.GetJobs() {
				got = append(got, job.GetId())
			}
			if token = resp.GetNextPageToken(); token == "" {
				break
			}
		}
		require.Equal(t, want, got)
		none, err := b.client.ListJobs(t.Context(), &jobsv1.ListJobsRequest{Status: jobsv1.JobStatus_JOB_STATUS_FAILED})
		require.NoError(t, err)
		require.Empty(t, none.GetJobs())
	})
}

func TestSchedule(t *testing.T) {
	t.Parallel()

	t.Run("StartsWhatIsDueOncePerKey", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{Due: func(_ context.Context, _ postgres.Querier, _ string, now time.Time) (any, string, error) {
			return args{Steps: 1}, now.Format("2006"), nil
		}}, counted)
		for range 3 {
			require.NoError(t, b.workers.Schedule(t.Context()))
		}
		listed, err := b.client.ListJobs(t.Context(), &jobsv1.ListJobsRequest{})
		require.NoError(t, err)
		require.Len(t, listed.GetJobs(), 1)
		require.Equal(t, "schedule", listed.GetJobs()[0].GetRequestedBy())
		b.start(t)
		b.await(t, listed.GetJobs()[0].GetId(), jobsv1.JobStatus_JOB_STATUS_SUCCEEDED)
	})

	t.Run("FailsJobsWhoseProcessIsGone", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		job := b.queue(t, "", 1)
		_, err := b.db.Exec(t.Context(), "UPDATE jobs SET status = 'RUNNING', attempt = 5, started_at = now() - interval '2 hours' WHERE id = $1", job.ID)
		require.NoError(t, err)
		require.NoError(t, b.workers.Schedule(t.Context()))
		require.Contains(t, b.await(t, job.ID, jobsv1.JobStatus_JOB_STATUS_FAILED).GetError(), "process")
	})

	t.Run("LeavesJobsAloneThatAnotherProcessWillTakeOver", func(t *testing.T) {
		t.Parallel()
		b := setup(t, jobs.Options{}, counted)
		job := b.queue(t, "", 1)
		_, err := b.db.Exec(t.Context(), "UPDATE jobs SET status = 'RUNNING', attempt = 4, started_at = now() - interval '2 hours' WHERE id = $1", job.ID)
		require.NoError(t, err)
		require.NoError(t, b.workers.Schedule(t.Context()))
		b.start(t)
		b.await(t, job.ID, jobsv1.JobStatus_JOB_STATUS_SUCCEEDED)
	})
}

func TestWorkersThatStop(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{}, 2)
	b := setup(t, jobs.Options{}, func(ctx context.Context, _ string, _ args, _ jobs.Progress) (any, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	require.NoError(t, b.workers.Start(t.Context()))
	job := b.queue(t, "", 1)
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_ = b.workers.Stop(ctx)
	require.Equal(t, jobsv1.JobStatus_JOB_STATUS_QUEUED, b.await(t, job.ID, jobsv1.JobStatus_JOB_STATUS_QUEUED).GetStatus())
}

func TestHousekeepingForgetsWhatIsOld(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	owner := factory.Organisation(t, db, factory.OrgOpts{})
	runner, err := jobs.NewRunner(db, clock.System)
	require.NoError(t, err)
	workers, err := jobs.NewWorkers(jobs.Dependencies{
		Clock: clock.System, DB: db, Definitions: []jobs.Definition{jobs.Housekeeping(db, clock.System)}, Invalidator: &invalidations{},
		Log: zerolog.Nop(), Max: 1, Registerer: prometheus.NewRegistry(), Runner: runner,
	})
	require.NoError(t, err)
	for _, age := range []string{"0 days", "2 days", "100 days"} {
		_, err := db.Exec(t.Context(), `
			INSERT INTO idempotency_keys (org_id, key, procedure, request_hash, created_at) VALUES ($1, $2, 'p', '', now() - $2::text::interval)`, owner.OrgID, age)
		require.NoError(t, err)
		_, err = db.Exec(t.Context(), `
			INSERT INTO jobs (org_id, id, kind, status, args, requested_by, created_at)
			VALUES ($1, replace($2::text, ' ', ''), 'count', 'SUCCEEDED', '{}', '', now() - $2::text::interval)`, owner.OrgID, age)
		require.NoError(t, err)
	}
	require.NoError(t, workers.Schedule(t.Context()))
	require.NoError(t, workers.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, workers.Stop(context.Background())) })
	var summary string
	require.Eventually(t, func() bool {
		err := db.QueryRow(t.Context(), "SELECT coalesce(max(summary::text), '') FROM jobs WHERE kind = 'housekeeping'").Scan(&summary)
		require.NoError(t, err)
		return summary != ""
	}, patience, 10*time.Millisecond)
	require.JSONEq(t, `{"idempotency_keys": 2, "jobs": 1}`, summary)
}
