package local

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// postgresServer is the private PostgreSQL server.
type postgresServer struct {
	daemon
	data     string
	portFile string
	port     int
	programs binaries
	user     *syscall.Credential
}

// settings trade safety for speed: the data can be made again.
var settings = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB", "max_prepared_transactions=10",
	"shared_buffers=512MB", "work_mem=16MB", "maintenance_work_mem=256MB", "max_connections=300", "listen_addresses=127.0.0.1",
	"unix_socket_directories=", "autovacuum_naptime=10s", "jit=off",
}

func newPostgres(folder string, programs binaries, user *syscall.Credential) *postgresServer {
	return &postgresServer{
		daemon: daemon{
			name: "PostgreSQL", pidFile: filepath.Join(folder, "postgres.pid"), logFile: filepath.Join(folder, "postgres.log"),
			stop: syscall.SIGINT, // the fast shutdown
		},
		data: filepath.Join(folder, "postgres"), portFile: filepath.Join(folder, "postgres.port"), programs: programs, user: user,
	}
}

// ensure makes the data folder if there is none and starts the server if it isn't running.
func (p *postgresServer) ensure(ctx context.Context, say Progress) (err error) {
	if p.pid() != 0 {
		if p.port, err = known(p.portFile); err == nil && p.up(ctx) == nil {
			return nil
		}
		if err := p.end(); err != nil {
			return err
		}
	}
	if err := p.init(ctx, say); err != nil {
		return err
	}
	// Left by a server that was killed; the pid in it may be another program's by now.
	_ = os.Remove(filepath.Join(p.data, "postmaster.pid"))
	if p.port, err = port(p.portFile); err != nil {
		return err
	}
	say(fmt.Sprintf("Starting PostgreSQL on 127.0.0.1:%d", p.port))
	args := []string{"-D", p.data, "-p", strconv.Itoa(p.port)}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	if p.hasStatements() {
		args = append(args, "-c", "shared_preload_libraries=pg_stat_statements")
	}
	return p.start(ctx, p.user, p.up, p.programs.postgres, args...)
}

func (p *postgresServer) init(ctx context.Context, say Progress) error {
	if _, err := os.Stat(filepath.Join(p.data, "PG_VERSION")); err == nil {
		return nil
	}
	say("Making a PostgreSQL data folder in " + p.data)
	if err := os.RemoveAll(p.data); err != nil { // half made
		return fmt.Errorf("clear data folder: %w", err)
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if p.user != nil {
		if err := os.Chown(p.data, int(p.user.Uid), int(p.user.Gid)); err != nil {
			return fmt.Errorf("hand data folder over: %w", err)
		}
	}
	command := exec.CommandContext(ctx, p.programs.initdb, "-D", p.data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync") //nolint:gosec // found above
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.user}
	command.Dir = filepath.Dir(p.data)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, lastLines(string(out), 5))
	}
	return nil
}

// hasStatements reports whether pg_stat_statements is installed beside the server.
func (p *postgresServer) hasStatements() bool {
	config := filepath.Join(filepath.Dir(p.programs.postgres), "pg_config")
	out, err := exec.Command(config, "--pkglibdir").Output() //nolint:gosec,noctx // prints a path
	if err != nil {
		out = []byte(filepath.Join(filepath.Dir(filepath.Dir(p.programs.postgres)), "lib"))
	}
	_, err = os.Stat(filepath.Join(string(bytes.TrimSpace(out)), "pg_stat_statements.so"))
	return err == nil
}

func (p *postgresServer) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

func (p *postgresServer) up(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// serverUser returns whom PostgreSQL runs as: nil is this user, and for root, whom it refuses, the package's own user
// or nobody.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is an answer
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("PostgreSQL refuses to run as root and there is no user postgres or nobody: run this as another user")
}

// CreateDatabase makes a database on the private server unless it is there.
func (s *Services) CreateDatabase(ctx context.Context, name string) (created bool, err error) {
	conn, err := pgx.Connect(ctx, s.DatabaseURL("postgres"))
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing to lose
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
		return false, err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return false, fmt.Errorf("create database: %w", err)
	}
	return true, nil
}
