package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Demo credentials, which the demo data has.
const (
	demoOrg      = "ORG_STAGING"
	demoEmail    = "manager@staging.com"
	demoPassword = "staging123"
)

// UpOptions say how the product is run.
type UpOptions struct {
	// Addr is the address of the first server process; further ones take the ports after it.
	Addr string
	// Command is run once the product is up, with the variables of the env file, and ends it; empty: it stays up.
	Command []string
	// Checkout is the folder of the repository.
	Checkout string
	// Data is the instance's own folder: env file, secrets, logs. Its name is also the database's.
	Data string
	// LoadDemo loads the demo data into a database.
	LoadDemo func(ctx context.Context, databaseURL string) error
	// Nodes is the number of server processes.
	Nodes int
	// Say is told what is being done.
	Say Progress
	// ApplySchema brings a database to the declared state.
	ApplySchema func(ctx context.Context, databaseURL string) error
}

// Up runs the product until ctx ends or a server process does, or while a command runs, whose exit code it returns.
func Up(ctx context.Context, o UpOptions) (code int, err error) {
	if err := os.MkdirAll(o.Data, 0o755); err != nil { //nolint:gosec // nothing secret but the files in it
		return 1, fmt.Errorf("make data folder: %w", err)
	}
	for _, address := range addresses(o) {
		if err := available(ctx, address); err != nil {
			return 1, err
		}
	}
	services, err := Start(ctx, o.Checkout, o.Say)
	if err != nil {
		return 1, err
	}
	defer func() {
		o.Say("Stopping")
		err = errors.Join(err, services.Close())
	}()
	instance, err := newInstance(o, services)
	if err != nil {
		return 1, err
	}
	if err := instance.prepare(ctx, services); err != nil {
		return 1, err
	}
	nodes, err := instance.startNodes(ctx)
	defer func() { stopNodes(nodes) }()
	if err != nil {
		return 1, err
	}
	variables, err := instance.variables(ctx)
	if err != nil {
		return 1, err
	}
	if err := instance.writeEnv(variables); err != nil {
		return 1, err
	}
	if len(o.Command) == 0 {
		instance.greet()
		return 0, wait(ctx, nodes)
	}
	environment := make([]string, len(variables))
	for n, variable := range variables {
		environment[n] = variable[0] + "=" + variable[1]
	}
	return run(ctx, o.Command, environment)
}

// instance is one running product: its settings and where its files are.
type instance struct {
	UpOptions

	binary      string
	database    string
	databaseURL string
	secrets     secrets
	valkeyPort  int
}

func newInstance(o UpOptions, services *Services) (*instance, error) {
	kept, err := readSecrets(filepath.Join(o.Data, "secrets.json"))
	if err != nil {
		return nil, err
	}
	name := databaseName(o.Data)
	return &instance{
		UpOptions: o, binary: filepath.Join(o.Data, "bin", "chefcloud"), database: name, databaseURL: services.DatabaseURL(name),
		secrets: kept, valkeyPort: services.ValkeyPort(),
	}, nil
}

// databaseName makes a database name of a folder's: `.chefcloud` is chefcloud, `/tmp/second` is chefcloud_second.
func databaseName(data string) string {
	var name strings.Builder
	for _, r := range strings.ToLower(filepath.Base(data)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			name.WriteRune(r)
		}
	}
	if name.String() == "chefcloud" {
		return "chefcloud"
	}
	return "chefcloud_" + name.String()
}

// prefix keeps the caches of instances on one Valkey apart.
func (i *instance) prefix() string {
	return "staging" + strings.ReplaceAll(strings.TrimPrefix(i.database, "chefcloud"), "_", "-")
}

func (i *instance) prepare(ctx context.Context, services *Services) error {
	created, err := services.CreateDatabase(ctx, i.database)
	if err != nil {
		return err
	}
	if created {
		i.Say("Made database " + i.database)
	}
	i.Say("Applying the schema")
	if err := i.ApplySchema(ctx, i.databaseURL); err != nil {
		return fmt.Errorf("apply schema: %w", err)
	}
	i.Say("Loading the demo data")
	if err := i.LoadDemo(ctx, i.databaseURL); err != nil {
		return fmt.Errorf("load demo data: %w", err)
	}
	if err := buildDashboard(ctx, i.Checkout, i.Say); err != nil {
		return err
	}
	i.Say("Building the server")
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-X "+revisionVariable+"="+revision(ctx, i.Checkout), "-o", i.binary, "./cmd/chefcloud") //nolint:gosec // our own path
	build.Dir = i.Checkout
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, lastLines(string(out), 20))
	}
	return nil
}

// revisionVariable is what the linker tells the build's commit to.
const revisionVariable = "github.com/chefcloud/chefcloud/app/platform/observability.revision"

// revision returns the commit that is checked out.
func revision(ctx context.Context, checkout string) string {
	ask := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD")
	ask.Dir = checkout
	out, err := ask.Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// addresses are what the server processes listen on.
func addresses(o UpOptions) []string {
	host, text, err := net.SplitHostPort(o.Addr)
	if err == nil && host == "" { // the demo's passwords are in the README: nobody else should reach it by default
		host = "127.0.0.1"
	}
	if err != nil {
		return []string{o.Addr}
	}
	first, err := strconv.Atoi(text)
	if err != nil {
		return []string{o.Addr}
	}
	list := make([]string, o.Nodes)
	for n := range list {
		list[n] = net.JoinHostPort(host, strconv.Itoa(first+n))
	}
	return list
}

func available(ctx context.Context, address string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%s can't be listened on (%w): choose another with --addr", address, err)
	}
	return listener.Close()
}

// url is the address of a server process as a client on this machine writes it.
func url(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || host == "0.0.0.0" || host == "::" || host == "127.0.0.1" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (i *instance) greet() {
	list := addresses(i.UpOptions)
	i.Say("")
	i.Say("ChefCloud is up:  " + url(list[0]))
	for _, further := range list[1:] {
		i.Say("                  " + url(further))
	}
	i.Say("Sign in with      " + demoEmail + " / " + demoPassword)
	i.Say("For curl          source " + i.envFile())
	i.Say("Logs              " + filepath.Join(i.Data, "logs"))
	i.Say("Ctrl-C stops it.")
}

// wait returns when the user has had enough, or with an error when a server process ends by itself.
func wait(ctx context.Context, nodes []*node) error {
	ended := make(chan *node, len(nodes))
	for _, n := range nodes {
		go func() {
			<-n.exited
			ended <- n
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case n := <-ended:
		return fmt.Errorf("the server process on %s ended: %w, see %s", n.address, n.failure, n.log)
	}
}

const nodeStopTimeout = 25 * time.Second
