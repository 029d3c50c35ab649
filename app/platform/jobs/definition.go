package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Group is the Fx tag under which domains provide their [Definition].
const Group = `group:"jobs"`

// defaultTimeout bounds an attempt.
const defaultTimeout = 10 * time.Minute

// Progress says how far a job is. It may be called as often as a step is done; a job that was cancelled finds its context
// ended afterwards.
type Progress func(done, total int)

// Options are what a kind of job may have besides its work.
type Options struct {
	// Busts are the reports that show what the job changed.
	Busts []cache.Report
	// Due is asked again and again for each organisation; nil if the job is never scheduled.
	Due Due
	// Timeout bounds an attempt; 0 stands for ten minutes.
	Timeout time.Duration
}

// Due says whether a scheduled job should be done now, and for what. Its key keeps it from being done twice: for a nightly
// job it is the date. An empty key says that nothing is due.
type Due func(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (args any, key string, err error)

// Definition is one kind of job.
type Definition struct {
	Options
	Kind string
	work func(ctx context.Context, orgID string, args json.RawMessage, progress Progress) (any, error)
}

// Define returns a kind of job. The work gets its arguments as they were given to [Runner.Start], and its summary is stored:
// both must be JSON structs. It may be cut off and begun again at any time, so doing it twice must be the same as doing it once.
// An error of package fault that the caller could mend ends the job; any other is tried again.
func Define[A any](kind string, work func(ctx context.Context, orgID string, args A, progress Progress) (summary any, err error), options Options) Definition {
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	return Definition{
		Options: options,
		Kind:    kind,
		work: func(ctx context.Context, orgID string, encoded json.RawMessage, progress Progress) (any, error) {
			var args A
			if err := json.Unmarshal(encoded, &args); err != nil {
				return nil, fmt.Errorf("decode arguments: %w", err)
			}
			return work(ctx, orgID, args, progress)
		},
	}
}

// Work does the job here and now, without the queue: for commands and tests.
func (d Definition) Work(ctx context.Context, orgID string, args any) (any, error) {
	encoded, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("encode arguments: %w", err)
	}
	return d.work(ctx, orgID, encoded, func(int, int) {})
}
