package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// store reads and writes the table jobs. Only it knows tables.
type store struct{ queries *sqlc.Queries }

func newStore() store { return store{queries: sqlc.New()} }

func (s store) insert(ctx context.Context, tx postgres.Querier, j Job) (bool, error) {
	rows, err := s.queries.JobInsert(ctx, tx, &sqlc.JobInsertParams{
		OrgID: j.OrgID, ID: j.ID, Kind: j.Kind, Key: j.Key, Args: j.Args, RequestedBy: j.RequestedBy, CreatedAt: j.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert job: %w", err)
	}
	return rows == 1, nil
}

func (s store) get(ctx context.Context, q postgres.Querier, orgID, id string) (Job, error) {
	row, err := s.queries.JobGet(ctx, q, &sqlc.JobGetParams{OrgID: orgID, ID: id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Job{}, fault.NotFound("job", id)
	}
	if err != nil {
		return Job{}, fmt.Errorf("get job: %w", err)
	}
	return fromRow(row), nil
}

func (s store) getByKey(ctx context.Context, q postgres.Querier, orgID, kind, key string) (Job, error) {
	row, err := s.queries.JobGetByKey(ctx, q, &sqlc.JobGetByKeyParams{OrgID: orgID, Kind: kind, Key: key})
	if err != nil {
		return Job{}, fmt.Errorf("get job by key: %w", err)
	}
	return fromRow(row), nil
}

// filter says which jobs to list; empty fields match all.
type filter struct {
	kind   string
	status Status
}

// cursor is the last row of a page of jobs.
type cursor struct {
	CreatedAt time.Time
	ID        string
}

func (s store) list(ctx context.Context, q postgres.Querier, orgID string, f filter, before cursor, size int32) ([]Job, error) {
	rows, err := s.queries.JobList(ctx, q, &sqlc.JobListParams{
		OrgID: orgID, Kind: f.kind, Status: string(f.status), BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	jobs := make([]Job, len(rows))
	for i, row := range rows {
		jobs[i] = fromRow(row)
	}
	return jobs, nil
}

// begin marks a job as running. ok is false if it has ended or is gone.
func (s store) begin(ctx context.Context, q postgres.Querier, p pointer, attempt int32, now time.Time) (j Job, ok bool, err error) {
	row, err := s.queries.JobBegin(ctx, q, &sqlc.JobBeginParams{OrgID: p.OrgID, ID: p.JobID, Attempt: attempt, StartedAt: &now})
	if errors.Is(err, pgx.ErrNoRows) {
		return Job{}, false, nil
	}
	if err != nil {
		return Job{}, false, fmt.Errorf("begin job: %w", err)
	}
	return fromRow(row), true, nil
}

// setProgress returns false if the job runs no longer.
func (s store) setProgress(ctx context.Context, q postgres.Querier, j Job, done, total int) (bool, error) {
	rows, err := s.queries.JobSetProgress(ctx, q, &sqlc.JobSetProgressParams{OrgID: j.OrgID, ID: j.ID, Done: int64(done), Total: int64(total)})
	if err != nil {
		return false, fmt.Errorf("set progress of job: %w", err)
	}
	return rows == 1, nil
}

// finish returns false if the job has ended before.
func (s store) finish(ctx context.Context, q postgres.Querier, orgID, id string, status Status, summary json.RawMessage, problem string, now time.Time) (bool, error) {
	rows, err := s.queries.JobFinish(ctx, q, &sqlc.JobFinishParams{
		OrgID: orgID, ID: id, Status: string(status), Summary: summary, Error: problem, FinishedAt: &now,
	})
	if err != nil {
		return false, fmt.Errorf("finish job: %w", err)
	}
	return rows == 1, nil
}

func (s store) requeue(ctx context.Context, q postgres.Querier, j Job, problem string) error {
	if _, err := s.queries.JobRequeue(ctx, q, &sqlc.JobRequeueParams{OrgID: j.OrgID, ID: j.ID, Error: problem}); err != nil {
		return fmt.Errorf("queue job again: %w", err)
	}
	return nil
}

// failLost fails the jobs whose last attempt began before an instant and never ended.
func (s store) failLost(ctx context.Context, q postgres.Querier, orgID string, before, now time.Time) (int64, error) {
	lost, err := s.queries.JobFailLost(ctx, q, &sqlc.JobFailLostParams{OrgID: orgID, StartedBefore: &before, LastAttempt: maxAttempts, FinishedAt: &now})
	if err != nil {
		return 0, fmt.Errorf("fail lost jobs: %w", err)
	}
	return lost, nil
}

func (s store) deleteOld(ctx context.Context, q postgres.Querier, orgID string, before time.Time) (int64, error) {
	deleted, err := s.queries.JobDeleteOld(ctx, q, &sqlc.JobDeleteOldParams{OrgID: orgID, Before: before})
	if err != nil {
		return 0, fmt.Errorf("delete old jobs: %w", err)
	}
	return deleted, nil
}

func (s store) organisations(ctx context.Context, q postgres.Querier) ([]string, error) {
	orgIDs, err := s.queries.OrganisationIDList(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return orgIDs, nil
}

func fromRow(r *sqlc.Job) Job {
	j := Job{
		Args: r.Args, Attempt: r.Attempt, CreatedAt: r.CreatedAt, Done: r.Done, Error: r.Error, ID: r.ID, Key: r.Key, Kind: r.Kind, OrgID: r.OrgID,
		RequestedBy: r.RequestedBy, Status: Status(r.Status), Summary: r.Summary, Total: r.Total,
	}
	if r.StartedAt != nil {
		j.StartedAt = *r.StartedAt
	}
	if r.FinishedAt != nil {
		j.FinishedAt = *r.FinishedAt
	}
	return j
}
