package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
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
	// Note writes a note down in a transaction, nil for one of its own. It is due after a time, which replaces the one before.
	Note(ctx context.Context, tx postgres.Querier, note Note, after time.Duration) error
	// Due returns notes whose time has come, some thousand at most.
	Due(ctx context.Context) ([]Note, error)
	// Forget forgets notes that were carried out.
	Forget(ctx context.Context, done []Note) error
}

// settle carries out what is due, once for each organisation however many notes it has, and forgets that, and what this node has carried out
// by itself. What was carried out before a failure is forgotten too, so that many notes are settled bit by bit.
func (c *Cache) settle(ctx context.Context) error {
	for {
		due, err := c.pending.Due(ctx)
		if err != nil {
			return err
		}
		done, failure := c.carry(ctx, due)
		done = append(done, c.done.take()...)
		if len(done) > 0 {
			if err := c.pending.Forget(ctx, done); err != nil {
				return errors.Join(failure, err) // they are carried out again, when they are due
			}
		}
		if failure != nil || len(due) == 0 {
			return failure
		}
	}
}

// carry replaces the stamps that notes are about, and returns those for which that was done.
func (c *Cache) carry(ctx context.Context, due []Note) (done []Note, err error) {
	for orgID, notes := range byOrganisation(due) {
		var busted []Report
		for _, note := range notes {
			busted = append(busted, note.Busted...)
		}
		slices.Sort(busted)
		if _, err := c.replace(ctx, orgID, slices.Compact(busted)); err != nil {
			return done, fmt.Errorf("settle cache bust of %s: %w", orgID, err)
		}
		done = append(done, notes...)
	}
	return done, nil
}

func byOrganisation(notes []Note) map[string][]Note {
	by := make(map[string][]Note)
	for _, note := range notes {
		by[note.OrgID] = append(by[note.OrgID], note)
	}
	return by
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
