package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

// maxAttempts is how often a job is tried.
const maxAttempts = 5

// errNoTransaction is a job that is started outside of a transaction, which would let it run before what it is for is committed.
var errNoTransaction = errors.New("a job must be started in a transaction")

// pointer is what River keeps of a job: which row it is.
type pointer struct {
	JobID string `json:"job_id"`
	OrgID string `json:"org_id"`

	kind string
}

// Kind implements [river.JobArgs].
func (p pointer) Kind() string { return p.kind }

// Runner starts jobs. It works none itself: see [Workers].
type Runner struct {
	clock clock.Clock
	queue *river.Client[pgx.Tx]
	store store
}

// NewRunner returns a runner.
func NewRunner(db *postgres.DB, now clock.Clock) (*Runner, error) {
	queue, err := river.NewClient(riverpgxv5.New(db.Pool), &river.Config{Schema: schema.Jobs})
	if err != nil {
		return nil, fmt.Errorf("build job queue: %w", err)
	}
	return &Runner{clock: now, queue: queue, store: newStore()}, nil
}

// Start queues a job in the caller's transaction, for the caller's organisation: it is done once that is committed. If
// one with the same kind and key exists that did not fail, that one is returned and nothing is queued.
func (r *Runner) Start(ctx context.Context, tx postgres.Querier, kind, key string, args any) (Job, error) {
	c := caller.From(ctx)
	return r.start(ctx, tx, Job{Key: key, Kind: kind, OrgID: c.OrgID, RequestedBy: c.ActorID()}, args)
}

func (r *Runner) start(ctx context.Context, tx postgres.Querier, j Job, args any) (Job, error) {
	transaction, ok := tx.(pgx.Tx)
	if !ok {
		return Job{}, errNoTransaction
	}
	encoded, err := json.Marshal(args)
	if err != nil {
		return Job{}, fmt.Errorf("encode arguments: %w", err)
	}
	j.ID, j.Args, j.CreatedAt, j.Status = ids.New("job"), encoded, r.clock(), StatusQueued
	inserted, err := r.store.insert(ctx, tx, j)
	if err != nil {
		return Job{}, err
	}
	if !inserted {
		return r.store.getByKey(ctx, tx, j.OrgID, j.Kind, j.Key)
	}
	_, err = r.queue.InsertTx(ctx, transaction, pointer{JobID: j.ID, OrgID: j.OrgID, kind: j.Kind}, &river.InsertOpts{MaxAttempts: maxAttempts})
	if err != nil {
		return Job{}, fmt.Errorf("queue job: %w", err)
	}
	return j, nil
}

// Enqueue queues tasks of one kind in the caller's transaction, one for each of the arguments: they are done once that is committed.
func (r *Runner) Enqueue(ctx context.Context, tx postgres.Querier, t Task, args ...any) error {
	transaction, ok := tx.(pgx.Tx)
	if !ok {
		return errNoTransaction
	}
	batch := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		encoded, err := json.Marshal(a)
		if err != nil {
			return fmt.Errorf("encode arguments: %w", err)
		}
		batch[i] = river.InsertManyParams{
			Args:       taskArgs{Args: encoded, kind: t.Kind},
			InsertOpts: &river.InsertOpts{MaxAttempts: t.MaxAttempts, Queue: t.Kind},
		}
	}
	if _, err := r.queue.InsertManyFastTx(ctx, transaction, batch); err != nil {
		return fmt.Errorf("queue %s: %w", t.Kind, err)
	}
	return nil
}
