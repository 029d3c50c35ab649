package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
	"github.com/chefcloud/chefcloud/app/tools/demo"
	"github.com/chefcloud/chefcloud/app/tools/local"
)

type localCommand struct {
	Exec execCommand `cmd:"" help:"Run a command with the servers' addresses in its environment."`
}

type execCommand struct {
	Command ownCommand `arg:"" passthrough:"" help:"The command, after --."`
}

// Run runs the command and takes over its exit code.
func (c execCommand) Run(ctx context.Context) error {
	ctx, cancel := withParent(ctx)
	defer cancel()
	root, err := checkout()
	if err != nil {
		return err
	}
	command := c.Command.words()
	if len(command) == 0 {
		return fmt.Errorf("local exec: name a command after --")
	}
	return ended(local.Exec(ctx, root, command, say))
}

// ownCommand is a command of the user's own, after --.
type ownCommand []string

func (c ownCommand) words() []string {
	if len(c) > 0 && c[0] == "--" {
		return c[1:]
	}
	return c
}

// ended turns how the user's command ended into how ours does.
func ended(code int, err error) error {
	if err == nil && code != 0 {
		return exitCode(code)
	}
	return err
}

type upCommand struct {
	AllowDestructive bool   `help:"Let data go that the declared schema has no place for, such as that of an earlier checkout."`
	Addr             string `default:"127.0.0.1:8080" help:"Address of the first server process; further ones take the ports after it."`
	Data             string `default:".chefcloud" help:"Folder of the instance; its name is also its database's."`
	Nodes            int    `default:"1" help:"Number of server processes."`

	Command ownCommand `arg:"" optional:"" passthrough:"" help:"A command to run with the env file's variables once the product is up, and then to end, after --."`
}

// Validate is called by kong.
func (c upCommand) Validate() error {
	if c.Nodes < 1 || c.Nodes > 32 {
		return fmt.Errorf("--nodes must be from 1 to 32")
	}
	return nil
}

// Run runs the product until Ctrl-C.
func (c upCommand) Run(ctx context.Context) error {
	ctx, cancel := withParent(ctx)
	defer cancel()
	root, err := checkout()
	if err != nil {
		return err
	}
	data := c.Data
	if !filepath.IsAbs(data) {
		data = filepath.Join(root, data)
	}
	return ended(local.Up(ctx, local.UpOptions{
		Addr:     c.Addr,
		Command:  c.Command.words(),
		Checkout: root,
		Data:     data,
		LoadDemo: loadDemo,
		Nodes:    c.Nodes,
		Say:      say,
		ApplySchema: func(ctx context.Context, url string) error {
			_, err := schema.Apply(ctx, url, schema.Options{AllowDestructive: c.AllowDestructive})
			return err
		},
	}))
}

func loadDemo(ctx context.Context, url string) error {
	db, err := openDatabase(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	return demo.Load(ctx, db, demo.Options{Now: time.Now(), Progress: os.Stderr, Seed: 1})
}

// checkout finds the repository's folder from the present one upwards.
func checkout() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "cmd", "chefcloud", "main.go")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in a checkout of ChefCloud: run this command from one", folder)
		}
	}
}
