package plans

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Database makes a database on a server, and returns its address and what drops it.
func Database(ctx context.Context, server string) (address string, drop func(), err error) {
	parsed, err := url.Parse(server)
	if err != nil {
		return "", nil, fmt.Errorf("the server must be a postgres:// address: %w", err)
	}
	name := "chefcloud_explain_" + strings.ToLower(rand.Text()[:8])
	do := func(ctx context.Context, statement string) error {
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer conn.Close(ctx) //nolint:errcheck // nothing to lose
		_, err = conn.Exec(ctx, statement)
		return err
	}
	if err := do(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	parsed.Path = "/" + name
	return parsed.String(), func() {
		_ = do(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}, nil
}
