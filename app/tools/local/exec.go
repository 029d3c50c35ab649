package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// Exec runs a command with the private servers up and their addresses in its environment, and returns its exit code.
func Exec(ctx context.Context, checkout string, command []string, say Progress) (code int, err error) {
	services, err := Start(ctx, checkout, say)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, services.Close()) }()
	return run(ctx, command, services.environment())
}

// run runs a command with additional environment variables and returns its exit code.
func run(ctx context.Context, command, environment []string) (code int, err error) {
	run := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // what the user asked for
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
	run.Env = append(os.Environ(), environment...)
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	run.WaitDelay = 10 * time.Second
	err = run.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("run %s: %w", command[0], err)
	}
	return 0, nil
}

// environment tells tests and tools where the servers are.
func (s *Services) environment() []string {
	port := strconv.Itoa(s.ValkeyPort())
	return []string{
		"TEST_DATABASE_URL=" + s.DatabaseURL("postgres"),
		"TEST_REDIS_ADDR=127.0.0.1:" + port,
		"DATABASE_URL=" + s.DatabaseURL("postgres"),
		"REDIS_HOST=127.0.0.1",
		"REDIS_PORT=" + port,
		"REDIS_TLS=false",
	}
}
