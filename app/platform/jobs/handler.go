package jobs

import (
	"context"
	"net/http"
	"time"

	"connectrpc.com/connect"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/platform/page"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	jobsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/jobs/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/jobs/v1/jobsv1connect"
)

// Handler serves chefcloud.jobs.v1.
type Handler struct {
	clock clock.Clock
	db    *postgres.DB
	store store
}

var _ jobsv1connect.JobServiceHandler = (*Handler)(nil)

// NewHandler returns a handler.
func NewHandler(db *postgres.DB, now clock.Clock) *Handler {
	return &Handler{clock: now, db: db, store: newStore()}
}

// Registration returns the service for [rpc.Mount].
func Registration(h *Handler) rpc.Service {
	return rpc.Service{
		Name: jobsv1connect.JobServiceName,
		Build: func(options ...connect.HandlerOption) (string, http.Handler) {
			return jobsv1connect.NewJobServiceHandler(h, options...)
		},
	}
}

// wholeOrganisation refuses callers who are bound to a branch: jobs tell of all.
func wholeOrganisation(ctx context.Context) error {
	if caller.From(ctx).BranchID != "" {
		return fault.PermissionDenied("BRANCH_BOUND", "jobs are of the whole organisation; the caller is bound to a branch")
	}
	return nil
}

// GetJob implements [jobsv1connect.JobServiceHandler].
func (h *Handler) GetJob(ctx context.Context, req *jobsv1.GetJobRequest) (*jobsv1.GetJobResponse, error) {
	if err := wholeOrganisation(ctx); err != nil {
		return nil, err
	}
	job, err := h.store.get(ctx, h.db, caller.From(ctx).OrgID, req.GetJobId())
	if err != nil {
		return nil, err
	}
	encoded, err := ToProto(job)
	return &jobsv1.GetJobResponse{Job: encoded}, err
}

// farFuture is later than any job: where the first page begins.
var farFuture = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// ListJobs implements [jobsv1connect.JobServiceHandler].
func (h *Handler) ListJobs(ctx context.Context, req *jobsv1.ListJobsRequest) (*jobsv1.ListJobsResponse, error) {
	if err := wholeOrganisation(ctx); err != nil {
		return nil, err
	}
	before, err := page.Decode(req.GetPageToken(), cursor{CreatedAt: farFuture})
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	wanted := filter{kind: req.GetKind(), status: statusFromProto(req.GetStatus())}
	found, err := h.store.list(ctx, h.db, caller.From(ctx).OrgID, wanted, before, size+1)
	if err != nil {
		return nil, err
	}
	found, next := page.Cut(found, size, func(j Job) cursor { return cursor{CreatedAt: j.CreatedAt, ID: j.ID} })
	resp := &jobsv1.ListJobsResponse{NextPageToken: next}
	for _, job := range found {
		encoded, err := ToProto(job)
		if err != nil {
			return nil, err
		}
		resp.Jobs = append(resp.Jobs, encoded)
	}
	return resp, nil
}

// CancelJob implements [jobsv1connect.JobServiceHandler].
func (h *Handler) CancelJob(ctx context.Context, req *jobsv1.CancelJobRequest) (*jobsv1.CancelJobResponse, error) {
	return mutation.Run(ctx, h.db, req, func(ctx context.Context, tx postgres.Querier) (*jobsv1.CancelJobResponse, error) {
		orgID := caller.From(ctx).OrgID
		cancelled, err := h.store.finish(ctx, tx, orgID, req.GetJobId(), StatusCancelled, nil, "", h.clock())
		if err != nil {
			return nil, err
		}
		job, err := h.store.get(ctx, tx, orgID, req.GetJobId())
		if err != nil {
			return nil, err
		}
		if !cancelled {
			return nil, fault.FailedPrecondition("JOB_ENDED", "job "+job.ID+" has ended: it is "+string(job.Status))
		}
		encoded, err := ToProto(job)
		return &jobsv1.CancelJobResponse{Job: encoded}, err
	})
}
