package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
	pollInterval = 25 * time.Millisecond
)

// daemon is a server process that outlives the command that started it, known by its pid file.
type daemon struct {
	name    string
	pidFile string
	logFile string
	// stop is the signal that ends it in good order.
	stop syscall.Signal
}

// start starts the program in a session of its own, so that a Ctrl-C in the terminal doesn't reach it, and waits until
// it is up. user may be nil: this one.
func (d daemon) start(ctx context.Context, user *syscall.Credential, up func(context.Context) error, program string, args ...string) error {
	log, err := os.OpenFile(d.logFile, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644) //nolint:gosec // in the data folder
	if err != nil {
		return fmt.Errorf("open log of %s: %w", d.name, err)
	}
	defer log.Close()                         //nolint:errcheck // the daemon has a copy
	command := exec.Command(program, args...) //nolint:gosec,noctx // it must outlive ctx
	command.Dir = filepath.Dir(d.pidFile)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Credential: user, Setsid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start %s: %w", d.name, err)
	}
	if err := os.WriteFile(d.pidFile, []byte(strconv.Itoa(command.Process.Pid)+" "+program), 0o644); err != nil { //nolint:gosec // no secret
		return errors.Join(fmt.Errorf("write pid of %s: %w", d.name, err), command.Process.Kill())
	}
	exited := make(chan error, 1)
	go func() { exited <- command.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		if up(ctx) == nil {
			return nil
		}
		select {
		case <-exited: //nolint:errcheck // its log says more
			_ = os.Remove(d.pidFile)
			text, _ := os.ReadFile(d.logFile)
			return fmt.Errorf("%s did not start:\n%s", d.name, lastLines(string(text), 8))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s did not start in time, see %s: %w", d.name, d.logFile, ctx.Err()), d.end())
		case <-time.After(pollInterval):
		}
	}
}

// pid returns the process of the pid file, 0 if it isn't running. A number that the system has given to another program
// since doesn't count.
func (d daemon) pid() int {
	content, err := os.ReadFile(d.pidFile)
	if err != nil {
		return 0
	}
	number, program, _ := strings.Cut(string(content), " ")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 0 || syscall.Kill(pid, 0) != nil && !errors.Is(syscall.Kill(pid, 0), syscall.EPERM) {
		return 0
	}
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && !strings.Contains(string(line), filepath.Base(program)) {
		return 0
	}
	return pid
}

// end stops the daemon and waits until it is gone.
func (d daemon) end() error {
	pid := d.pid()
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, d.stop); err != nil {
		return fmt.Errorf("stop %s: %w", d.name, err)
	}
	for deadline := time.Now().Add(stopTimeout); d.running(pid); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				return fmt.Errorf("kill %s: %w", d.name, err)
			}
			break
		}
	}
	return os.Remove(d.pidFile)
}

// running reports whether the process is there and no zombie, which a child of ours is until it is waited for.
func (d daemon) running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !os.IsNotExist(err) || syscall.Kill(pid, 0) == nil
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}
