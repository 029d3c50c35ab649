package mutation

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Note is what a mutation leaves in its transaction for those who have to go on if its process dies after the commit.
type Note interface {
	Note(ctx context.Context, tx postgres.Querier) error
}

type noteKey struct{}

// WithNote has the mutations of a call leave a note.
func WithNote(ctx context.Context, note Note) context.Context {
	return context.WithValue(ctx, noteKey{}, note)
}

// Conclude leaves the call's note. [Run] does so; a handler with transactions of its own must as the last thing in each.
func Conclude(ctx context.Context, tx postgres.Querier) error {
	note, ok := ctx.Value(noteKey{}).(Note)
	if !ok {
		return nil
	}
	return note.Note(ctx, tx)
}
