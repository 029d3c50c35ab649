package cache

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// noteDelay is how long a mutation has, from its note to the replacement of its stamps, before another node takes it for dead. If it wasn't,
// its reports are invalidated once too often.
const noteDelay = 2 * time.Second

// Note is an invalidation that is still to be carried out.
type Note struct {
	Busted    []Report
	ID, OrgID string
}

func newNote(orgID string, busted []Report) Note {
	return Note{Busted: busted, ID: rand.Text(), OrgID: orgID}
}

// Pending keeps notes where every node finds them.
type Pending interface {
	// Note writes a new note down in a transaction, nil for one of its own. It is due after a time.
	Note(ctx context.Context, tx postgres.Querier, note Note, after time.Duration) error
	// Due returns notes whose time has come, some thousand at most.
	Due(ctx context.Context) ([]Note, error)
	// Forget forgets notes that were carried out.
	Forget(ctx context.Context, done []Note) error
}

// settle carries out what is due, and forgets that, and what this node has carried out by itself.
func (c *Cache) settle(ctx context.Context) error {
	for {
		due, err := c.pending.Due(ctx)
		if err != nil {
			return err
		}
		for _, note := range due {
			if _, err := c.replace(ctx, note.OrgID, note.Busted); err != nil {
				return fmt.Errorf("settle cache bust of %s: %w", note.OrgID, err)
			}
		}
		done := append(c.done.take(), due...)
		if len(done) == 0 {
			return nil
		}
		if err := c.pending.Forget(ctx, done); err != nil {
			return err // they are carried out again, when they are due
		}
		if len(due) == 0 {
			return nil
		}
	}
}

// doneNotes are those that this node has carried out and not yet forgotten: it forgets many at a time.
type doneNotes struct {
	mu    sync.Mutex
	notes []Note
}

func (d *doneNotes) add(notes []Note) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, notes...)
}

func (d *doneNotes) take() []Note {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.notes
	d.notes = nil
	return taken
}
