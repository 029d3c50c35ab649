package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// TaskGroup is the Fx tag under which domains provide their [Task].
const TaskGroup = `group:"tasks"`

const (
	defaultTaskAttempts = 25
	defaultTaskTimeout  = 30 * time.Second
)

// Task is work that is queued in the transaction that calls for it and tried again until it succeeds. Unlike a [Definition] it
// belongs to no organisation and shows in no list: what it works on keeps its own state.
type Task struct {
	TaskOptions
	Kind string
	work func(ctx context.Context, args json.RawMessage, attempt Attempt) error
}

// TaskOptions are what a kind of task may have besides its work.
type TaskOptions struct {
	// Backoff is how long to wait after a failed attempt, the first being 1; nil leaves it to River, which waits attempt⁴ seconds.
	Backoff func(attempt int) time.Duration
	// MaxAttempts is how often a task is tried; 0 stands for 25.
	MaxAttempts int
	// Timeout bounds an attempt; 0 stands for 30 seconds. A task of a node that died is begun again a minute after it.
	Timeout time.Duration
	// Workers is how many tasks of this kind a node does at a time, apart from all other work, so that neither holds up the other;
	// 0 stands for 1.
	Workers int
}

// Attempt tells a task which attempt it is.
type Attempt struct{ Number, Max int }

// Last says that no attempt follows.
func (a Attempt) Last() bool { return a.Number >= a.Max }

// DefineTask returns a kind of task. It gets its arguments as they were given to [Runner.Enqueue], a JSON struct. It may be cut off
// and begun again at any time, so doing it twice must be the same as doing it once. An error is tried again, unless it is of [Final].
func DefineTask[A any](kind string, work func(ctx context.Context, args A, attempt Attempt) error, options TaskOptions) Task {
	if options.MaxAttempts == 0 {
		options.MaxAttempts = defaultTaskAttempts
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTaskTimeout
	}
	options.Workers = max(options.Workers, 1)
	return Task{
		TaskOptions: options,
		Kind:        kind,
		work: func(ctx context.Context, encoded json.RawMessage, attempt Attempt) error {
			var args A
			if err := json.Unmarshal(encoded, &args); err != nil {
				return Final(fmt.Errorf("decode arguments: %w", err))
			}
			return work(ctx, args, attempt)
		},
	}
}

// Work does the task here and now, without the queue: for commands and tests.
func (t Task) Work(ctx context.Context, args any, attempt Attempt) error {
	encoded, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode arguments: %w", err)
	}
	return t.work(ctx, encoded, attempt)
}

// Row is what a statement inserts into River's own table to queue a task, as River's documentation has it: for where each statement counts.
// Nobody is notified of it, so a node finds it within a second.
type Row struct {
	Args        []byte // JSON
	Kind, Queue string
	MaxAttempts int32
}

// Row returns the task as a row.
func (t Task) Row(args any) (Row, error) {
	encoded, err := json.Marshal(args)
	if err != nil {
		return Row{}, fmt.Errorf("encode arguments: %w", err)
	}
	if encoded, err = json.Marshal(taskArgs{Args: encoded}); err != nil {
		return Row{}, fmt.Errorf("encode task: %w", err)
	}
	return Row{Args: encoded, Kind: t.Kind, MaxAttempts: int32(t.MaxAttempts), Queue: t.Kind}, nil
}

// Final marks an error after which no other attempt is made.
func Final(err error) error { return river.JobCancel(err) }

// Later puts a task off: it is begun again after d, and this attempt doesn't count.
func Later(d time.Duration) error { return river.JobSnooze(max(d, 0)) }

// taskArgs is what River keeps of a task.
type taskArgs struct {
	Args json.RawMessage `json:"args"`

	kind string
}

// Kind implements [river.JobArgs].
func (a taskArgs) Kind() string { return a.kind }

// taskWorker does the tasks of one kind.
type taskWorker struct {
	river.WorkerDefaults[taskArgs]

	task    Task
	workers *Workers
}

// NextRetry implements [river.Worker].
func (w *taskWorker) NextRetry(job *river.Job[taskArgs]) time.Time {
	if w.task.Backoff == nil {
		return time.Time{}
	}
	return time.Now().Add(w.task.Backoff(job.Attempt))
}

// Timeout implements [river.Worker].
func (w *taskWorker) Timeout(*river.Job[taskArgs]) time.Duration { return w.task.Timeout }

// Work implements [river.Worker].
func (w *taskWorker) Work(ctx context.Context, queued *river.Job[taskArgs]) error {
	began := w.workers.Clock()
	log := w.workers.Log.With().Str("kind", w.task.Kind).Int("attempt", queued.Attempt).Logger()
	err := w.task.work(log.WithContext(ctx), queued.Args.Args, Attempt{Number: queued.Attempt, Max: queued.MaxAttempts})
	var later *river.JobSnoozeError
	if errors.As(err, &later) {
		return err
	}
	w.workers.metrics.worked(w.task.Kind, err, w.workers.Clock().Sub(began))
	var final *river.JobCancelError
	if err != nil && !errors.As(err, &final) {
		log.Warn().Err(err).Msg("task failed")
	}
	return err
}
