package cache

import (
	"context"
	"fmt"

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
func (n *Notes) Note(ctx context.Context, orgID string, busted []Report) error {
	reports := make([]string, len(busted))
	for i, report := range busted {
		reports[i] = string(report)
	}
	if err := sqlc.New().CacheBustNote(ctx, n.db, &sqlc.CacheBustNoteParams{OrgID: orgID, Reports: reports}); err != nil {
		return fmt.Errorf("insert cache bust: %w", err)
	}
	return nil
}

// Settle implements [Pending].
func (n *Notes) Settle(ctx context.Context, replace func(ctx context.Context, orgID string, busted []Report) error) error {
	queries := sqlc.New()
	for {
		noted, err := queries.CacheBustList(ctx, n.db)
		if err != nil {
			return fmt.Errorf("list cache busts: %w", err)
		}
		if len(noted) == 0 {
			return nil
		}
		for _, note := range noted {
			if err := replace(ctx, note.OrgID, []Report{Report(note.Report)}); err != nil {
				return fmt.Errorf("settle cache bust of %s: %w", note.OrgID, err)
			}
			err := queries.CacheBustForget(ctx, n.db, &sqlc.CacheBustForgetParams{OrgID: note.OrgID, Report: note.Report, NotedAt: note.NotedAt})
			if err != nil {
				return fmt.Errorf("forget cache bust: %w", err)
			}
		}
	}
}
