package webhooks

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Inbox looks at what was received, and lets it have its effect again. It is for operators; [Handler] shows owners their own part.
type Inbox struct {
	effects jobs.Task
	runner  *jobs.Runner
	store   store
}

// NewInbox returns an inbox that queues effects with runner.
func NewInbox(runner *jobs.Runner) *Inbox {
	// Only what the task is called and how often it is tried matters to who queues it.
	return &Inbox{effects: newEffects(nil, nil, nil, metrics{}).Task(), runner: runner}
}

// Filter says which events to list; empty fields match all.
type Filter struct {
	State State
	Type  string
}

// Cursor is the last event of a page.
type Cursor struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

// First is where the first page begins: after any event.
var First = Cursor{At: time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)}

// List returns up to size events before a cursor, of one organisation, or of all if that is empty.
func (i *Inbox) List(ctx context.Context, q postgres.Querier, orgID string, f Filter, before Cursor, size int32) ([]Event, error) {
	return i.store.list(ctx, q, orgID, f, before, size)
}

// Get returns an event, which must be of an organisation unless that is empty.
func (i *Inbox) Get(ctx context.Context, q postgres.Querier, orgID, id string) (Event, error) {
	e, err := i.store.get(ctx, q, id)
	if err == nil && orgID != "" && e.OrgID != orgID {
		return Event{}, fault.NotFound("webhook event", id)
	}
	return e, err
}

// Replay lets a dead or ignored event have its effect after all. Its state is received then, until it had it.
func (i *Inbox) Replay(ctx context.Context, tx postgres.Querier, orgID, id string) (Event, error) {
	e, err := i.store.lock(ctx, tx, id)
	if err == nil && orgID != "" && e.OrgID != orgID {
		err = fault.NotFound("webhook event", id)
	}
	if err != nil {
		return Event{}, err
	}
	switch {
	case e.State != StateDead && e.State != StateIgnored:
		return Event{}, fault.FailedPrecondition("NOT_REPLAYABLE", "webhook event "+id+" is "+string(e.State)+"; only DEAD and IGNORED ones are replayed")
	case e.OrgID == "":
		return Event{}, fault.FailedPrecondition("NO_ORGANISATION", "webhook event "+id+" names no organisation")
	}
	e.State, e.Note = StateReceived, ""
	if err := i.store.setState(ctx, tx, e); err != nil {
		return Event{}, err
	}
	return e, i.runner.Enqueue(ctx, tx, i.effects, effectArgs{EventID: id})
}
