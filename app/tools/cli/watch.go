package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"golang.org/x/term"

	"github.com/chefcloud/chefcloud/app/tools/watch"
	authv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/auth/v1/authv1connect"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

type watchCommand struct {
	Branch   string `help:"One branch instead of all."`
	Branches bool   `help:"Show each branch."`
	Email    string `help:"Sign in, and again whenever the session needs it; the password is CHEFCLOUD_PASSWORD or asked for."`
	JSON     bool   `help:"One JSON document a line, also on a terminal."`
	Org      string `help:"Organisation; the caller's own if left out."`
	Password string `env:"CHEFCLOUD_PASSWORD" hidden:""`
	Token    string `env:"TOKEN" help:"Access token or API key (TOKEN)."`
	URL      string `default:"http://localhost:8080" env:"BASE" help:"Address of a server (BASE)."`

	signedIn bool
}

// Run shows live figures until it is interrupted.
func (c *watchCommand) Run(ctx context.Context) error {
	if err := c.askPassword(); err != nil {
		return err
	}
	f := watch.Follower{
		Client:  http.DefaultClient,
		Request: &kpiv1.StreamKpisRequest{BranchId: c.Branch, Branches: c.Branches, OrgId: c.Org},
		Token:   c.token, URL: c.URL,
	}
	if term.IsTerminal(int(os.Stdout.Fd())) && !c.JSON {
		screen := &watch.Screen{Out: os.Stdout, Height: func() int {
			_, height, _ := term.GetSize(int(os.Stdout.Fd())) // 0 if it can't be known
			return height
		}}
		f.Notice, f.Show = screen.Notice, screen.Show
	} else {
		lines := watch.Lines{Errors: os.Stderr, Out: os.Stdout}
		f.Notice, f.Show = lines.Notice, lines.Show
	}
	return f.Follow(ctx)
}

// askPassword reads the password without showing it.
func (c *watchCommand) askPassword() error {
	switch {
	case c.Email == "" && c.Token == "":
		return errors.New("give --token, --email, or TOKEN in the environment")
	case c.Email == "" || c.Password != "":
		return nil
	}
	fmt.Fprint(os.Stderr, "Password: ")
	password, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return fmt.Errorf("read the password (CHEFCLOUD_PASSWORD gives it without a terminal): %w", err)
	}
	c.Password = string(password)
	return nil
}

// token returns what to call with, and signs in for it where it can.
func (c *watchCommand) token(ctx context.Context, expired bool) (string, error) {
	if c.Email == "" {
		if expired {
			return "", errors.New("the token has expired: sign in with --email to go on for longer, or use an API key")
		}
		return c.Token, nil
	}
	if expired || !c.signedIn {
		in, err := authv1connect.NewAuthServiceClient(http.DefaultClient, c.URL).Login(ctx, &authv1.LoginRequest{Email: c.Email, Password: c.Password})
		if err != nil {
			return "", err
		}
		c.Token, c.signedIn = in.GetAccessToken(), true
	}
	return c.Token, nil
}
