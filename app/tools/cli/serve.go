package cli

import (
	"context"

	"github.com/chefcloud/chefcloud/app"
)

type serveCommand struct{}

// Run serves until the process is told to end.
func (serveCommand) Run(ctx context.Context) error {
	loaded, err := settings()
	if err != nil {
		return err
	}
	return app.Serve(ctx, loaded)
}
