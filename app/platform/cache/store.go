package cache

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Notes keeps pending invalidations in PostgreSQL.
type Notes struct {
	db *postgres.DB
}

var _ Pending = (*Notes)(nil)

// NewNotes returns the notes of all nodes on one database.
func NewNotes(db *postgres.DB) *Notes { return &Notes{db: db} }

// Note implements [Pending].
func (n *Notes) Note(ctx context.Context, tx postgres.Querier, note Note, after time.Duration) error {
	if tx == nil {
		tx = n.db
	}
	reports := make([]string, len(note.Busted))
	for i, report := range note.Busted {
		reports[i] = string(report)
	}
	err := sqlc.New().CacheBustNote(ctx, tx, &sqlc.CacheBustNoteParams{
		OrgID: note.OrgID, ID: note.ID, Reports: reports, AfterSeconds: after.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("insert cache bust: %w", err)
	}
	return nil
}

// Due implements [Pending].
func (n *Notes) Due(ctx context.Context) ([]Note, error) {
	rows, err := sqlc.New().CacheBustList(ctx, n.db)
	if err != nil {
		return nil, fmt.Errorf("list cache busts: %w", err)
	}
	due := make([]Note, len(rows))
	for i, row := range rows {
		due[i] = Note{OrgID: row.OrgID, ID: row.ID, Busted: make([]Report, len(row.Reports))}
		for j, report := range row.Reports {
			due[i].Busted[j] = Report(report)
		}
	}
	return due, nil
}

// Forget implements [Pending].
func (n *Notes) Forget(ctx context.Context, done []Note) error {
	orgIDs, ids := make([]string, len(done)), make([]string, len(done))
	for i, note := range done {
		orgIDs[i], ids[i] = note.OrgID, note.ID
	}
	if err := sqlc.New().CacheBustForget(ctx, n.db, &sqlc.CacheBustForgetParams{OrgIds: orgIDs, Ids: ids}); err != nil {
		return fmt.Errorf("forget cache busts: %w", err)
	}
	return nil
}
