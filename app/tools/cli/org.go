package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/chefcloud/chefcloud/app/auth"
	"github.com/chefcloud/chefcloud/app/auth/password"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

type orgCommand struct {
	Create orgCreateCommand `cmd:"" help:"Add an organisation with its first owner; the owner's password is read from standard input."`
}

type orgCreateCommand struct {
	databaseURL
	Currency   string `required:"" help:"ISO 4217 code; it can't be changed later."`
	ID         string `required:"" help:"Identifier."`
	Name       string `required:"" help:"Name."`
	OwnerEmail string `required:"" help:"Email address of the owner."`
	OwnerName  string `help:"Full name of the owner."`
	Plan       string `default:"FREE" enum:"FREE,PRO,ENT" help:"Plan."`
}

// Run creates the organisation.
func (c orgCreateCommand) Run(ctx context.Context) error {
	secret, err := io.ReadAll(io.LimitReader(os.Stdin, 1024))
	if err != nil {
		return fmt.Errorf("read password: %w", err)
	}
	if len(secret) == 0 {
		return errors.New("write the owner's password to standard input, for example with --owner-email … < password.txt")
	}
	db, err := openDatabase(ctx, c.URL)
	if err != nil {
		return err
	}
	defer db.Close()
	hasher, err := password.NewHasher(password.Recommended(), 1)
	if err != nil {
		return err
	}
	owner, err := auth.CreateOrganisation(ctx, db, hasher, clock.System, auth.NewOrganisation{
		Currency: c.Currency, ID: c.ID, Name: c.Name, OwnerEmail: c.OwnerEmail, OwnerName: c.OwnerName,
		OwnerPassword: strings.TrimRight(string(secret), "\r\n"), Plan: c.Plan,
	})
	if err != nil {
		return err
	}
	fmt.Printf("Created organisation %s with owner %s (%s).\n", c.ID, owner.Email, owner.ID)
	return nil
}

// openDatabase opens a small pool for a tool.
func openDatabase(ctx context.Context, url string) (*postgres.DB, error) {
	const toolConnections = 4
	return postgres.Open(ctx, config.Database{PoolMax: toolConnections, URL: config.DSN(url)}, postgres.Options{})
}
